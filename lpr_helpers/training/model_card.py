"""Weights as they come with the package: in half precision, calibrated, with a card that says how they were made."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd

from lpr_helpers.data.track_data import TrackData
from lpr_helpers.evaluation.calibration import cross_fitted, fit_calibration, save_calibration
from lpr_helpers.evaluation.metrics import recognition_rate, summaries
from lpr_helpers.inference.tables import read_split
from lpr_helpers.models.checkpoints import load_recogniser, save_recogniser
from lpr_helpers.synthetic.fresh import FreshTracks
from lpr_helpers.training import runs
from lpr_helpers.utils.files import write_whole

TRAIN = FreshTracks(100_000, seed=11)
"""Both scenarios in equal shares; half of the plates say any seven characters, so that shapes are learned."""
VALIDATION = FreshTracks(400, seed=12, scenarios=("B",), free=0.0)

CARD = """\
# The weights in the package

Our reader of whole tracks (`lpr_helpers/models/multiframe.py`), trained on synthetic tracks and on nothing else: it has
seen no frame of a real plate. Weights in half precision (safetensors), MIT like the code.

- **Data**: {tracks:,} tracks drawn by the recipe of `lpr_helpers/synthetic/recipe.py`, Scenarios A and B in equal
  shares, half of the plates with any seven characters; seed {TRAIN.seed}.
- **Command**: {commands}.
- **Training**: {tracks_seen:,} tracks seen in {minutes:.0f} minutes, {speed:.0f} a second, precision
{around[precision]};
  {around[device]}, {around[machine]}.
- **Frames**: grey, 32 × 128, one or more of a track. **Plates**: seven of A–Z and 0–9.

On {held} other synthetic tracks of Scenario B (seed {VALIDATION.seed}), whose layout it was not told. They
chose the best pass, so this flatters a little. Intervals are 95 %, over plates.

| | as it comes | calibrated, judged on other plates |
|---|---|---|"""

LAST_WORD = "It will be wrong, and sometimes sure of it: look at the confidence, and have a human look too.\n"


def ship(run: Path, data: TrackData, folder: Path, start: Path | None = None) -> Path:
    """Write the best checkpoint of ``run`` into ``folder`` as it comes with the package; returns ``folder``.

    Weights in half precision, what their confidences are worth on the validation tracks, and a model card, which also
    tells of the run that this one went on from, ``start``.
    """
    recogniser = load_recogniser(run / "best")
    halves = copy.deepcopy(recogniser.model).half()
    recogniser.model.load_state_dict(halves.state_dict())
    results, _ = read_split(recogniser, data, "val")
    learnt = fit_calibration(results, reader=recogniser.digest)
    judged = {"before": results, "after": cross_fitted(results)}
    about = {"epoch": recogniser.about["epoch"], "recognition_rate": recognition_rate(results)}
    save_recogniser(replace(recogniser, model=halves), folder, about)
    save_calibration(learnt, folder / "calibration.json")
    write_whole(folder / "README.md", model_card([start, run] if start else [run], judged, len(results)))
    return folder


def model_card(made: list[Path], judged: dict[str, pd.DataFrame], held: int) -> str:
    """The model card of the last of the runs, each of which went on from the one before; ``held`` tracks judged all."""
    configs = [json.loads((run / "config.json").read_text(encoding="utf-8")) for run in made]
    history, around = pd.concat(map(runs.read_history, made)), configs[-1]["circumstances"]
    learned = [config["identity"]["tracks"] - held for config in configs]
    phases = [config["identity"]["phase"] for config in configs]
    tracks_seen = sum(count * phase["epochs"] for count, phase in zip(learned, phases, strict=True))
    commands = ", then\n  ".join(map(_command, learned, phases, [None, *made]))
    speed, minutes = history["tracks_per_s"].median(), history["seconds"].sum() / 60
    table = summaries(judged)
    lines = [
        f"| {name} | {' | '.join(row)} |" for name, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    facts = locals() | {"tracks": max(learned), "TRAIN": TRAIN, "VALIDATION": VALIDATION}
    return "\n".join([CARD.format(**facts), *lines, "", LAST_WORD])


def _command(tracks: int, phase: dict, start: Path | None) -> str:
    """What was typed for one run."""
    options = f"--tracks {tracks} --epochs {phase['epochs']} --seed {phase['seed']}"
    begun = f" --start artifacts/weights/{start.name}" if start else ""
    return f"`python -m lpr_helpers weights {options}{begun}`"
