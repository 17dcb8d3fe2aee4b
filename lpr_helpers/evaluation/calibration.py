"""What makes a confidence mean what it says, learnt from readings whose truth is known.

What is fitted is judged on other plates: `cross_fitted` gives each track the confidence that a calibration which never
saw its plate has for it.
"""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lpr_helpers.decoding.layouts import imposed_patterns
from lpr_helpers.decoding.text_prior import TextPrior
from lpr_helpers.evaluation import calibrators
from lpr_helpers.evaluation.calibrators import NOT_LEARNT, Calibrator, LabelledConfidences
from lpr_helpers.evaluation.metrics import confidences
from lpr_helpers.evaluation.review import review_threshold
from lpr_helpers.plates import PlateFormat
from lpr_helpers.utils.files import write_json

CALIBRATION_FILE = "calibration.json"

# With fewer plates read right, or misread, no two ways of calibrating could be told apart.
FEWEST = 10


@dataclass(frozen=True)
class Calibration:
    """What the validation tracks taught about one reader's confidences.

    plate, character: the maps for whole plates and for single characters. threshold: of the calibrated confidence,
    below which a plate is for a human if at most `error_rate` of the others may be wrong; inf: all are. tie_break: the
    map that widens the confidence gap most, and means nothing beyond that. reader: which reader it is for. layouts: the
    patterns that were tried on its tracks (see `layouts.imposed_patterns`), it holds for these alone; none where nobody
    said. prior: the digest of the text prior that they were read with, "" for none. tracks, plates: how many taught it.
    notes: what could not be learnt, in words.

    Plates keep their order, and no two become one (`Calibrator` says how close they may lie). The characters of a plate
    keep theirs, and become one only where the plate leaves less than 1e-4 of doubt. None is less sure than the plate:
    where the map of characters says otherwise, they are raised above it, because a plate is right only where all its
    characters are.
    """

    plate: Calibrator = NOT_LEARNT
    character: Calibrator = NOT_LEARNT
    tie_break: Calibrator = NOT_LEARNT
    threshold: float = math.inf
    error_rate: float = 0.0
    reader: str = ""
    layouts: tuple[str, ...] = ()
    prior: str = ""
    tracks: int = 0
    plates: int = 0
    notes: tuple[str, ...] = ()

    @property
    def learnt(self) -> bool:
        """Whether the tracks were enough to say what a plate's confidence is worth."""
        return self.plate.method != NOT_LEARNT.method

    def characters_of(self, confidence: float, characters: ArrayLike) -> np.ndarray:
        """Calibrated confidences of a plate's characters, float64 [L], from those of the reader and the plate's."""
        if not (self.plate.changes or self.character.changes):
            return np.asarray(characters, float)
        return _agreeing(characters, self.character(characters), float(self.plate(confidence)))

    def __str__(self) -> str:
        learnt = f"plates: {self.plate.method}; characters: {self.character.method}"
        return "\n".join([f"{learnt}; from {self.tracks} tracks of {self.plates} plates", *self.notes])


def fit_calibration(
    results: pd.DataFrame,
    method: str | None = None,
    *,
    error_rate: float = 0.05,
    reader: str = "",
    plate: PlateFormat | None = None,
    prior: TextPrior | None = None,
) -> Calibration:
    """Learn what the confidences of these results are worth.

    Parameters
    ----------
    results: tracks that were not trained on, with ``confidence``; if they have ``char_confidences``, those are
        calibrated too.
    method: for the plates, one of `calibrators.fit_calibrator`; None takes what `calibrators.compare_calibrators`
        chooses, which characters always do.
    error_rate: of the plates that no human looks at, 0…1; see `review_threshold`.
    plate: the format whose layouts were all tried ("any"): a `PlateReader` applies the calibration to such readings
        alone, and to none where this is None.
    prior: the text prior that the tracks were read with; it is applied to readings with the same prior alone.

    Where fewer than 10 plates are right, or fewer than 10 wrong, confidences stay as they are, and `notes` say so.
    """
    kinds = _evidence(results)
    found = {kind: _learn(part, kind, method) for kind, part in kinds.items() if not _too_few(part, kind)}
    of_plates = found.get("plates", NOT_LEARNT)
    seen = results.assign(confidence=of_plates(confidences(results)))
    return Calibration(
        of_plates,
        found.get("characters", NOT_LEARNT),
        calibrators.fit_calibrator("step", kinds["plates"]) if "plates" in found else NOT_LEARNT,
        review_threshold(seen, error_rate).threshold,
        error_rate,
        reader,
        imposed_patterns(list(plate.layouts), plate) if plate else (),
        prior.digest if prior else "",
        tracks=len(results),
        plates=results["text"].nunique(),
        notes=tuple(note for kind, part in kinds.items() if (note := _too_few(part, kind))),
    )


def calibrate(results: pd.DataFrame, calibration: Calibration, *, tie_break: bool = False) -> pd.DataFrame:
    """A copy of the results, whose truth need not be known, with calibrated confidences.

    ``confidence`` and, where there, ``char_confidences`` change as `Calibration` says; readings do not. New:
    ``to_review`` (bool), whether a human should look at the plate. tie_break: write 0 or 1 into ``confidence``,
    whichever widens the confidence gap, the competition's tie-break, instead of the probability that the plate is
    right; the others stay the same.
    """
    before = pd.to_numeric(results["confidence"]).to_numpy(float)
    values = calibration.plate(before)
    told = calibration.tie_break(before) if tie_break else values
    changed = results.assign(confidence=told, to_review=~(values >= calibration.threshold))
    if "char_confidences" in results:
        pairs = zip(before, results["char_confidences"], strict=True)
        rows = [calibration.characters_of(*pair).tolist() for pair in pairs]
        changed["char_confidences"] = pd.Series(rows, index=results.index, dtype=object)
    return changed


def cross_fitted(results: pd.DataFrame, method: str | None = None) -> pd.DataFrame:
    """A copy of the results whose every confidence was calibrated by what the plates of other folds taught.

    Fit to judge a calibration by: its ECE, confidence gap and reliability. Arguments as in `fit_calibration`; the
    method is chosen anew without each fold. Confidences stay as they are where there is too little to learn from.
    """
    found = {
        kind: calibrators.cross_fit(part, partial(_learn, kind=kind, method=method))
        for kind, part in _evidence(results).items()
        if not _too_few(part, kind)
    }
    changed = results.copy()
    if "plates" in found:
        changed["confidence"] = found["plates"]
    if "char_confidences" in results and found:
        rows = results["char_confidences"].tolist()
        values = found.get("characters", np.concatenate(rows))
        calibrated = np.split(values, np.cumsum([len(row) for row in rows])[:-1])
        agreed = map(_agreeing, rows, calibrated, confidences(changed))
        changed["char_confidences"] = pd.Series(
            [row.tolist() for row in agreed], index=results.index, dtype=object
        )
    return changed


def _agreeing(before: ArrayLike, characters: np.ndarray, plate: float) -> np.ndarray:
    """Calibrated characters of a plate, float64 [L], raised where they would be less sure than the plate.

    Those raised keep the order that they had before, in a thousandth of what the plate leaves.
    """
    if not (characters < plate).any():
        return characters
    return np.fmax(characters, plate + calibrators.RISE * (1 - plate) * np.asarray(before, float))


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
        threshold = math.inf if content["threshold"] is None else float(content["threshold"])
        lists = {name: tuple(map(str, content[name])) for name in ("layouts", "notes")}
        counts = {name: int(content[name]) for name in ("tracks", "plates")}
        told = {"threshold": threshold, "prior": str(content.get("prior", ""))}
        found = Calibration(**content | maps | lists | counts | told)
    except (OSError, RecursionError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is no calibration ({error}); run 04_error_analysis again") from error
    if reader is not None and reader != found.reader:
        raise ValueError(
            f"{file} is for the reader {found.reader!r}, not {reader!r}; run 04_error_analysis again"
        )
    return found


def calibration_file(prior: TextPrior | None = None) -> str:
    """The name of the file that holds the calibration for readings without a text prior, or with this one."""
    return f"calibration-{prior.digest}.json" if prior and prior.digest else CALIBRATION_FILE


def find_calibration(folder: Path, reader: str, prior: TextPrior | None = None) -> Calibration:
    """The calibration of the reader whose checkpoint lies in ``folder``; an empty one where there is none.

    prior: the text prior it is used with. Looked for beside the checkpoint, then in the run folder and in the results
    folder around it, where notebook 04 leaves it. A warning tells of one that cannot be used; another reader's further
    up is none of ours.
    """
    for place in (folder, *folder.absolute().parents[:2]):
        file = place / calibration_file(prior)
        if not file.is_file():
            continue
        try:
            found = load_calibration(file)
            if found.reader == reader:
                return found
            if place == folder:
                load_calibration(file, reader)
        except ValueError as error:
            warnings.warn(f"{error}; until then its readings are uncalibrated", stacklevel=3)
    return Calibration()


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
