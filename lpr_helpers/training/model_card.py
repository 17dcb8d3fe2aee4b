"""Weights as they come with the package: in half precision, calibrated, with a card that says how they were made."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from textwrap import fill

import pandas as pd

from lpr_helpers import __version__
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.decoding.ensembles import ensemble
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.evaluation.calibration import calibrate, cross_fitted, fit_calibration
from lpr_helpers.evaluation.kept_calibration import (
    CALIBRATION_FILE,
    joint_calibration_file,
    joint_digest,
    save_calibration,
)
from lpr_helpers.evaluation.metrics import recognition_rate, summaries
from lpr_helpers.inference.export import export_reader
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.inference.results import results_table
from lpr_helpers.inference.tables import read_split
from lpr_helpers.models.checkpoints import load_recogniser, save_recogniser
from lpr_helpers.synthetic.dataset import VERSION
from lpr_helpers.synthetic.fresh import FreshTracks
from lpr_helpers.synthetic.unlike import UNLIKE
from lpr_helpers.training import runs
from lpr_helpers.utils.files import write_whole

TRAIN = FreshTracks(100_000, seed=11)
"""Both scenarios in equal shares; half of the plates say any seven characters, so that shapes are learned."""
VALIDATION = FreshTracks(400, seed=12, scenarios=("B",), free=0.0)
TRIALS = {
    name: FreshTracks(1200, seed=15 + number, scenarios=("B",), free=0.0, recipe=recipe)
    for number, (name, recipe) in enumerate(UNLIKE.items())
}
"""What teaches how much a confidence is worth: tracks that chose no checkpoint, most of them unlike the training's."""

CARD = """\
# The weights in the package

Our reader of whole tracks (`lpr_helpers/models/multiframe.py`), trained on synthetic tracks and on nothing else: it has
seen no frame of a real plate. Weights in half precision (safetensors), MIT like the code.

- **Version**: `lpr-helpers` {version}, {date}; weights `{digest}`; recipe version {recipe} in the last run.
- **Data**: tracks drawn by the recipe of `lpr_helpers/synthetic/recipe.py`, Scenarios A and B in equal shares, half of
  the plates with any seven characters.
- **Training**: {seen:,} tracks seen, in {count}:
{stages}
{teachers}- **Frames**: grey, 32 × 128, one or more of a track. **Plates**: seven of A–Z and 0–9.

On synthetic tracks of Scenario B whose layout it was not told. The {held} of the validation (seed {seed}) chose the
best pass, so they flatter a little. The {trials:,} trials taught what a confidence is worth, and each is judged by what
the plates of other trials taught: a quarter of them is drawn as usual, a quarter in typefaces that it seldom saw, a
quarter by a worse camera, and a quarter by both (`lpr_helpers/synthetic/unlike.py`). Intervals are 95 %, over plates.

| | {columns} |
|---{rule}|"""

STAGE = (
    "`{command}`: {tracks:,} tracks of recipe version {recipe}, {epochs} times, in {minutes:.0f} minutes "
    "({tracks_per_s:,.0f} tracks a second); precision {precision}; {machine}."
)

TEACHERS = """\
- **Teachers**: beside the truth it learned what these readers made of the same frames together
  (`lpr_helpers/training/teachers.py`), each from nothing:"""

LAST_WORD = "It will be wrong, and sometimes sure of it: look at the confidence, and have a human look too.\n"


@dataclass(frozen=True)
class Edition:
    """Which card this is. version: of the package that wrote it. date: the day, as in 2026-11-26, UTC.

    digest: of the weights that it is about, see `Recogniser.digest`.
    """

    version: str
    date: str
    digest: str

    @classmethod
    def today(cls, digest: str) -> Edition:
        """Written now, by this package."""
        return cls(__version__, f"{datetime.now(UTC):%Y-%m-%d}", digest)


@dataclass(frozen=True)
class Stage:
    """One run of those that made the weights: what was typed, what it learned from, what it took and on what."""

    command: str
    tracks: int
    epochs: int
    recipe: int
    minutes: float
    tracks_per_s: float
    precision: str
    machine: str


def stages_of(checkpoint: Path) -> list[Stage]:
    """The runs that made a checkpoint, oldest first; none where it does not tell."""
    return [Stage(**stage) for stage in load_recogniser(checkpoint).about.get("made", [])]


def teachers_of(checkpoint: Path) -> list[list[Stage]]:
    """The runs that made each of a checkpoint's teachers; none where it had none."""
    told = load_recogniser(checkpoint).about.get("teachers", [])
    return [[Stage(**stage) for stage in stages] for stages in told]


def ship(
    run: Path,
    data: TrackData,
    folder: Path,
    command: str,
    earlier: Sequence[Stage] = (),
    *,
    trials: TrackData,
    teachers: Sequence[Sequence[Stage]] = (),
) -> Path:
    """Write the best checkpoint of ``run`` into ``folder`` as it comes with the package; returns ``folder``.

    Weights in half precision, what their confidences are worth on the ``trials`` (`TRIALS`, drawn), and a model card,
    which tells of this run by its ``command``, of those ``earlier`` ones that it went on from, and of those that made
    each of its ``teachers``.
    """
    recogniser = load_recogniser(run / "best")
    halves = copy.deepcopy(recogniser.model).half()
    recogniser.model.load_state_dict(halves.state_dict())
    results, _ = read_split(recogniser, data, "val")
    made = [*earlier, _stage(run, command, held=len(results))]
    taught = {"teachers": [[*map(asdict, stages)] for stages in teachers]} if teachers else {}
    about = {"epoch": recogniser.about["epoch"], "recognition_rate": recognition_rate(results)}
    save_recogniser(
        replace(recogniser, model=halves), folder, about | {"made": [*map(asdict, made)]} | taught
    )
    return calibrated_anew(folder, data, trials)


def calibrated_anew(folder: Path, data: TrackData, trials: TrackData) -> Path:
    """Learn on the ``trials`` what the confidences of a shipped checkpoint are worth, and write its card.

    Then it is exported, calibration and all, for readers without torch. data: with the validation tracks. Returns
    ``folder``.
    """
    recogniser = load_recogniser(folder)
    validated, _ = read_split(recogniser, data, "val")
    tried, _ = read_split(recogniser, trials, *TRIALS)
    learnt = fit_calibration(tried, reader=recogniser.digest, plate=data.plate)
    judged = {
        "validation": validated,
        "validation, calibrated": calibrate(validated, learnt),
        "trials": tried,
        "trials, calibrated": cross_fitted(tried),
    }
    save_calibration(learnt, folder / CALIBRATION_FILE)
    edition = Edition.today(recogniser.digest)
    write_whole(folder / "README.md", model_card(edition, stages_of(folder), judged, teachers_of(folder)))
    export_reader(folder)
    return folder


def calibrated_together(checkpoints: Sequence[Path], trials: TrackData) -> Path:
    """Learn on the ``trials`` what the confidences of readers that count alike are worth; kept beside the last one."""
    members, rows = [load_recogniser(one) for one in checkpoints], trials.rows(*TRIALS)
    read = ensemble([recognise(member, trials.lr, rows) for member in members])
    results = results_table(trials.table.iloc[rows], read, fuse(read, plate=trials.plate, layouts="any"))
    digests = [member.digest for member in members]
    learnt = fit_calibration(results, reader=joint_digest(digests), plate=trials.plate)
    return save_calibration(learnt, checkpoints[-1] / joint_calibration_file(digests))


def model_card(
    edition: Edition,
    made: Sequence[Stage],
    judged: dict[str, pd.DataFrame],
    teachers: Sequence[Sequence[Stage]] = (),
) -> str:
    """The model card of what the last of the runs made; ``judged``: results of the validation and of the trials."""
    lessons = "".join(f"{_bullet(stage)}\n" for stages in teachers for stage in stages)
    facts = asdict(edition) | {
        "recipe": made[-1].recipe,
        "seen": sum(stage.tracks * stage.epochs for stage in made),
        "count": f"{len(made)} runs, each from where the one before ended" if len(made) > 1 else "one run",
        "stages": "\n".join(map(_bullet, made)),
        "teachers": f"{TEACHERS}\n{lessons}" if lessons else "",
        "held": len(judged["validation"]),
        "trials": len(judged["trials"]),
        "seed": VALIDATION.seed,
        "columns": " | ".join(judged),
        "rule": "|---" * len(judged),
    }
    table = summaries(judged)
    lines = [
        f"| {name} | {' | '.join(row)} |" for name, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return "\n".join([CARD.format(**facts), *lines, "", LAST_WORD])


def _bullet(stage: Stage) -> str:
    told = STAGE.format(**asdict(stage))
    return fill(
        told,
        119,
        initial_indent="    - ",
        subsequent_indent="      ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def _stage(run: Path, command: str, held: int) -> Stage:
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    identity, around = config["identity"], config["circumstances"]
    history = runs.read_history(run)
    return Stage(
        command=command,
        tracks=identity["tracks"] - held,
        epochs=identity["phase"]["epochs"],
        recipe=VERSION,
        minutes=round(history["seconds"].sum() / 60, 1),
        tracks_per_s=round(history["tracks_per_s"].median(), 1),
        precision=around["precision"],
        machine=f"{around['device']}, {around['machine']}",
    )
