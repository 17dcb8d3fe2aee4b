"""What makes a confidence mean what it says, learnt from readings whose truth is known.

What is fitted is judged on other plates: `cross_fitted` gives each track the confidence that a calibration which never
saw its plate has for it.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from lpr_helpers.evaluation import calibrators
from lpr_helpers.evaluation.calibrators import UNCHANGED, Calibrator, LabelledConfidences
from lpr_helpers.evaluation.metrics import confidences
from lpr_helpers.evaluation.review import review_threshold
from lpr_helpers.utils.files import write_json

# With fewer plates read right, or misread, no two ways of calibrating could be told apart.
FEWEST = 10


@dataclass(frozen=True)
class Calibration:
    """What the validation tracks taught about one reader's confidences.

    plate, character: the maps for whole plates and for single characters. threshold: of the calibrated confidence,
    below which a plate is for a human if at most `error_rate` of the others may be wrong; inf: all are. tie_break: the
    map that widens the confidence gap most, and means nothing beyond that. reader: which reader it is for. tracks,
    plates: how many taught it. notes: what could not be learnt, in words.
    """

    plate: Calibrator = UNCHANGED
    character: Calibrator = UNCHANGED
    tie_break: Calibrator = UNCHANGED
    threshold: float = math.inf
    error_rate: float = 0.0
    reader: str = ""
    tracks: int = 0
    plates: int = 0
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        learnt = f"plates: {self.plate.method}; characters: {self.character.method}"
        return "\n".join([f"{learnt}; from {self.tracks} tracks of {self.plates} plates", *self.notes])


def fit_calibration(
    results: pd.DataFrame, method: str | None = None, *, error_rate: float = 0.05, reader: str = ""
) -> Calibration:
    """Learn what the confidences of these results are worth.

    Parameters
    ----------
    results: tracks that were not trained on, with ``confidence``; if they have ``char_confidences``, those are
        calibrated too.
    method: for the plates, one of `calibrators.fit_calibrator`; None takes what `calibrators.compare_calibrators`
        chooses, which characters always do.
    error_rate: of the plates that no human looks at, 0…1; see `review_threshold`.

    Where fewer than 10 plates are right, or fewer than 10 wrong, confidences stay as they are, and `notes` say so.
    """
    kinds = _evidence(results)
    found = {kind: _learn(part, kind, method) for kind, part in kinds.items() if not _too_few(part, kind)}
    plate = found.get("plates", UNCHANGED)
    seen = results.assign(confidence=plate(confidences(results)))
    return Calibration(
        plate,
        found.get("characters", UNCHANGED),
        calibrators.fit_calibrator("step", kinds["plates"]) if "plates" in found else UNCHANGED,
        review_threshold(seen, error_rate).threshold,
        error_rate,
        reader,
        tracks=len(results),
        plates=results["text"].nunique(),
        notes=tuple(note for kind, part in kinds.items() if (note := _too_few(part, kind))),
    )


def calibrate(results: pd.DataFrame, calibration: Calibration, *, tie_break: bool = False) -> pd.DataFrame:
    """A copy of the results, whose truth need not be known, with calibrated confidences.

    ``confidence`` and, where there, ``char_confidences`` change; readings do not. New: ``to_review`` (bool), whether a
    human should look at the plate. tie_break: write 0 or 1 into ``confidence``, whichever widens the confidence gap,
    the competition's tie-break, instead of the probability that the plate is right; ``to_review`` stays the same.
    """
    values = calibration.plate(pd.to_numeric(results["confidence"]).to_numpy(float))
    told = calibration.tie_break(pd.to_numeric(results["confidence"])) if tie_break else values
    changed = results.assign(confidence=told, to_review=~(values >= calibration.threshold))
    if "char_confidences" in results:
        rows = [calibration.character(row).tolist() for row in results["char_confidences"]]
        changed["char_confidences"] = pd.Series(rows, index=results.index, dtype=object)
    return changed


def cross_fitted(results: pd.DataFrame, method: str | None = None) -> pd.DataFrame:
    """A copy of the results whose every confidence was calibrated by what the plates of other folds taught.

    Fit to judge a calibration by: its ECE, confidence gap and reliability. Arguments as in `fit_calibration`; the
    method is chosen anew without each fold. Confidences stay as they are where there is too little to learn from.
    """
    changed = results.copy()
    for kind, part in _evidence(results).items():
        if _too_few(part, kind):
            continue
        values = calibrators.cross_fit(part, partial(_learn, kind=kind, method=method))
        if kind == "plates":
            changed["confidence"] = values
        else:
            ends = np.cumsum(results["char_confidences"].str.len())[:-1]
            rows = [row.tolist() for row in np.split(values, ends)]
            changed["char_confidences"] = pd.Series(rows, index=results.index, dtype=object)
    return changed


def save_calibration(calibration: Calibration, file: Path) -> Path:
    """Keep a calibration as JSON."""
    threshold = calibration.threshold if math.isfinite(calibration.threshold) else None
    return write_json(file, asdict(calibration) | {"threshold": threshold})


def load_calibration(file: Path, reader: str | None = None) -> Calibration:
    """What `save_calibration` wrote.

    Raises ValueError where the file holds something else, or a calibration for another ``reader``.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        maps = {kind: Calibrator(**content[kind]) for kind in ("plate", "character", "tie_break")}
        threshold = math.inf if content["threshold"] is None else content["threshold"]
        found = Calibration(**content | maps | {"threshold": threshold, "notes": tuple(content["notes"])})
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is no calibration ({error}); run 04_error_analysis again") from error
    if reader is not None and reader != found.reader:
        raise ValueError(
            f"{file} is for the reader {found.reader!r}, not {reader!r}; run 04_error_analysis again"
        )
    return found


def _evidence(results: pd.DataFrame) -> dict[str, LabelledConfidences]:
    kinds = {"plates": LabelledConfidences.of_plates(results)}
    return kinds | (
        {"characters": LabelledConfidences.of_characters(results)} if "char_confidences" in results else {}
    )


def _learn(evidence: LabelledConfidences, kind: str, method: str | None) -> Calibrator:
    chosen = method if kind == "plates" else None
    return calibrators.fit_calibrator(
        chosen or calibrators.compare_calibrators(evidence)["chosen"].idxmax(), evidence
    )


def _too_few(evidence: LabelledConfidences, kind: str) -> str:
    """Why nothing can be learnt from so little, in words; empty where enough can."""
    right, wrong = evidence.counts()
    if min(right, wrong) >= FEWEST:
        return ""
    what = {"plates": "read right", "characters": "with a right character"}[kind]
    flaw = {"plates": "misread", "characters": "with a wrong character"}[kind]
    return (
        f"Confidences of {kind} stay as they are: {right} plates {what} and {wrong} {flaw} cannot teach what one is "
        f"worth; it takes {FEWEST} of each."
    )
