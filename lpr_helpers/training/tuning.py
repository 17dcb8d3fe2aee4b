"""Which settings train best: the report's grid, tried out in short runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import nan, prod
from pathlib import Path
from shutil import rmtree
from typing import Any

import optuna
import pandas as pd
import torch
from optuna.trial import Trial, TrialState
from tqdm.std import tqdm

from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.registry import ARCHITECTURES
from lpr_helpers.plates import PlateFormat
from lpr_helpers.training import provenance
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import Phase
from lpr_helpers.training.study import UnfitError, attempts, open_study, quiet, run_name, told, work
from lpr_helpers.utils.progress import bar

PHASE_GRID = {"batch_size": (32, 48, 64, 128), "learning_rate": (1e-4, 1e-3, 1e-2)}
"""Of the report's grid (10.1) the fields of `Phase`; what is tried of a network, its `Architecture` says."""

STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}

ENDED = ("complete", "pruned", "failed")


def grid(kind: str = "crnn") -> dict[str, tuple]:
    """The settings of a network that `tune` tries, by name: `PHASE_GRID`, and arguments of the network."""
    return PHASE_GRID | ARCHITECTURES[kind].tuned


def tune(
    data: TrackData,
    phase: Phase,
    folder: str | Path,
    *,
    trials: int,
    kind: str = "crnn",
    storage: str | None = None,
    progress: bool = True,
) -> optuna.Study:
    """Train ``phase`` with up to ``trials`` settings of `grid` in all, and return the study.

    Each trial trains a fresh network, the one of `registry.ARCHITECTURES` that ``kind`` names, with `fit` in a run
    folder of its own, ``folder/trial-0007``, of which the best checkpoint and the history stay. It is judged by its
    highest character accuracy on the validation tracks, never on test tracks: short runs may not read one whole
    plate, and characters still tell them apart. From a third of the epochs on, a trial is pruned whose best epoch
    lies below the median of the complete trials at the same epoch, once there are five of them. One whose loss is no
    number, or that outgrows the GPU's memory, is recorded as failed; the study goes on.

    The grid is walked in a seeded random order, without repeats. A sampler that learns, such as TPE, has little to
    learn from in so few trials of so coarse a grid, tries the same settings twice, and with one seed sends several
    workers to the same place; here the number of a trial says which settings it gets.

    The study is kept in ``folder/study.db`` or at ``storage``, a database URL as Optuna takes it. Calling again
    continues it. Any number of processes and machines may call at once; together they may run a trial each too many.
    The call returns when no trial is left to run. One that was interrupted or killed is taken up again, where its run
    folder is found: at once after an interruption, after `study.GRACE` seconds without a sign of life otherwise.

    Raises TrainingError if there is nothing to train or validate on, if study or checkpoint cannot be written, or if
    the study is about other data, another network or another phase.
    """
    settings = grid(kind)
    folder, trials = Path(folder), min(trials, prod(map(len, settings.values())))
    folder.mkdir(parents=True, exist_ok=True)
    if not len(data.rows("train", scenarios=phase.scenarios)) or not len(data.rows("val")):
        raise TrainingError("Tuning needs training and validation tracks. Check the split (notebook 01).")
    sampler = optuna.samplers.GridSampler(settings, seed=phase.seed)
    pruner = optuna.pruners.MedianPruner(n_warmup_steps=max(1, phase.epochs // 3))
    shown = bar(total=trials, description="Tuning", disable=not progress)
    with quiet(), told(storage or folder), shown:
        study = open_study(storage or folder / "study.db", sampler, pruner)
        _claim(study, data, phase, kind, storage or folder)
        objective = _Objective(data, phase, folder, shown, kind)
        more = True
        while more:
            shown.n = int(trials_table(study)["state"].isin(ENDED).sum())
            shown.refresh()
            more = work(study, objective, trials)
    return study


def trials_table(study: optuna.Study) -> pd.DataFrame:
    """One row a trial: `trial` (its run folder's name), `state`, figures so far, settings, and what went wrong.

    `state` is "complete", "pruned", "failed", "running" or "waiting"; `character_accuracy` and `recognition_rate` are
    the highest of its epochs, in 0…1, or NaN. A trial that was taken up again is one row.
    """
    columns = [
        "trial",
        "state",
        "character_accuracy",
        "recognition_rate",
        "epochs",
        *grid(study.user_attrs.get("about", {}).get("kind", "crnn")),
        "seconds",
        "problem",
    ]
    rows = [
        {
            "recognition_rate": nan,
            "character_accuracy": nan,
            "epochs": 0,
            "seconds": nan,
            **trial.user_attrs.get("figures", {}),
            **trial.params,
            "problem": trial.user_attrs.get("problem", ""),
            "trial": run_name(trial),
            "state": STATES[trial.state],
        }
        for trial in attempts(study)
    ]
    return pd.DataFrame(rows, columns=columns)


def with_settings(
    settings: Mapping[str, Any],
    plate: PlateFormat,
    phase: Phase,
    channels: int = 1,
    kind: str = "crnn",
    frame_format: FrameFormat | None = None,
) -> tuple[Recogniser, Phase]:
    """A fresh recogniser and its phase with one point of a `grid`, such as ``study.best_params``, ready for `fit`.

    frame_format: what its frames are made of; None for light alone, of so many ``channels``.
    """
    network = {name: settings[name] for name in ARCHITECTURES[kind].tuned}
    made_of = frame_format or FrameFormat(colour=channels == 3)
    recogniser = Recogniser.new(plate, seed=phase.seed, kind=kind, frame_format=made_of, **network)
    return recogniser, replace(phase, **{name: settings[name] for name in PHASE_GRID})


@dataclass
class _Objective:
    """Trains one trial after another; what a worker needs for all of them."""

    data: TrackData
    phase: Phase
    folder: Path
    shown: tqdm
    kind: str

    def __call__(self, trial: Trial) -> float:
        """Train one trial and return its value; raises TrialPruned or UnfitError where it ends early."""
        tried = grid(self.kind).items()
        settings = {name: trial.suggest_categorical(name, values) for name, values in tried}
        lr = self.data.lr
        recogniser, phase = with_settings(
            settings, self.data.plate, self.phase, lr.images.shape[2], self.kind, lr.frame_format
        )
        run = self.folder / run_name(trial)

        def on_epoch(history: pd.DataFrame) -> None:
            self._report(trial, history)

        try:
            history = fit(recogniser, self.data, phase, run, on_epoch=on_epoch, progress=False)
        except (TrainingError, torch.cuda.OutOfMemoryError) as error:
            if error.__cause__ is not None:  # of a disk, and no fault of the settings
                raise
            trial.set_user_attr("problem", str(error))
            _forget_state(run)
            raise UnfitError from error
        except optuna.TrialPruned:
            _forget_state(run)
            raise
        _forget_state(run)
        return float(history["character_accuracy"].max())

    def _report(self, trial: Trial, history: pd.DataFrame) -> None:
        """Tell the study what is new, show it, and stop a trial that does worse than most."""
        told = trial.user_attrs.get("figures", {"epochs": 0})["epochs"]
        for row in history.iloc[told:].itertuples():
            trial.report(row.character_accuracy, row.epoch)
        figures = history[["recognition_rate", "character_accuracy"]].max().to_dict()
        figures |= {"epochs": len(history), "seconds": float(history["seconds"].sum())}
        trial.set_user_attr("figures", figures)
        last = history.iloc[-1]
        epoch = f"{run_name(trial)}, epoch {len(history)} of {self.phase.epochs}"
        self.shown.set_postfix_str(f"{epoch}: {last.character_accuracy:.1%}")
        if len(history) < self.phase.epochs and trial.should_prune():
            raise optuna.TrialPruned


def _forget_state(run: Path) -> None:
    """Nobody continues a trial that has ended, and twenty states to continue from fill a Drive."""
    rmtree(run / "last", ignore_errors=True)


def _claim(study: optuna.Study, data: TrackData, phase: Phase, kind: str, place: Path | str) -> None:
    """Note what the study is about, or check that it is about the same."""
    used = data.table[data.table["trainable"] & data.table["split"].isin(["train", "val"])]
    now = {name: str(value) for name, value in asdict(phase).items() if name not in PHASE_GRID}
    now |= {"data": provenance.table_digest(used), "channels": str(data.lr.images.shape[2]), "kind": kind}
    if data.lr.frame_format and not data.lr.frame_format.plain:
        now["frames"] = str(data.lr.frame_format)
    old = study.user_attrs.get("about")
    if old is None:
        study.set_user_attr("about", now)
    elif changed := [
        f"{name} was {old.get(name)}, is {new}"
        for name, new in now.items()
        if new != old.get(name, "crnn" if name == "kind" else None)
    ]:
        raise TrainingError(
            f"{place} holds a study of something else ({'; '.join(changed)}). Delete it to tune anew, or choose "
            "another place."
        )
