"""What makes a confidence mean what it says, learnt from readings whose truth is known.

What is fitted is judged on other plates: `cross_fitted` gives each track the confidence that a calibration which never
saw its plate has for it.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from lpr_helpers.decoding.layouts import imposed_patterns
from lpr_helpers.decoding.text_prior import TextPrior
from lpr_helpers.evaluation import calibrators
from lpr_helpers.evaluation.calibrators import LabelledConfidences
from lpr_helpers.evaluation.confidence_maps import NOT_LEARNT, Calibrator
from lpr_helpers.evaluation.kept_calibration import Calibration, agreeing
from lpr_helpers.evaluation.metrics import confidences
from lpr_helpers.evaluation.review import review_threshold
from lpr_helpers.plates import PlateFormat

# With fewer plates read right, or misread, no two ways of calibrating could be told apart.
FEWEST = 10


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
        agreed = map(agreeing, rows, calibrated, confidences(changed))
        changed["char_confidences"] = pd.Series(
            [row.tolist() for row in agreed], index=results.index, dtype=object
        )
    return changed


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
