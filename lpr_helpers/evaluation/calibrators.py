"""Maps from a confidence to the probability that it is right, learnt from readings whose truth is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression

from lpr_helpers.evaluation.confidence_maps import LIMIT, UNCHANGED, Calibrator, expit, log_features
from lpr_helpers.evaluation.metrics import confidences, recognition_rate

FOLDS = 5

# How the three weights of `Calibrator` follow from those that are fitted, one row each.
_WEIGHTS = {
    "temperature": np.array([[1.0, 1.0, 0.0]]),
    "Platt": np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    "beta": np.eye(3),
}


CALIBRATORS = ("none", *_WEIGHTS, "isotonic")


@dataclass(frozen=True)
class LabelledConfidences:
    """N confidences whose truth is known.

    values: float64 [N], 0…1. right: float64 [N], 1 or 0. plates: int64 [N], the plate that each belongs to.
    """

    values: np.ndarray
    right: np.ndarray
    plates: np.ndarray

    @classmethod
    def of_plates(cls, results: pd.DataFrame) -> LabelledConfidences:
        """One confidence a track, right where the whole plate is."""
        values, right = confidences(results), recognition_rate.terms(results)[:, 0]
        return cls(values, right, np.unique(results["text"], return_inverse=True)[1])

    @classmethod
    def of_characters(cls, results: pd.DataFrame) -> LabelledConfidences:
        """One confidence a place of each track, from ``char_confidences``."""
        plates, found = cls.of_plates(results).plates, []
        rows = zip(results["text"], results["reading"].fillna(""), results["char_confidences"], strict=True)
        for plate, (text, reading, values) in zip(plates, rows, strict=True):
            hits = (text[i : i + 1] == reading[i : i + 1] != "" for i in range(len(values)))
            found += [(value, hit, plate) for value, hit in zip(values, hits, strict=True)]
        values, right, plates = np.array(found, float).reshape(-1, 3).T
        return cls(values, right, plates.astype(np.int64))

    def part(self, chosen: np.ndarray) -> LabelledConfidences:
        """Those for which ``chosen``, bool [N], holds."""
        return LabelledConfidences(self.values[chosen], self.right[chosen], self.plates[chosen])

    def table(self) -> pd.DataFrame:
        """A row a confidence, in the form of results, so that `evaluation` judges characters as it does tracks."""
        names = np.array([f"plate {plate}" for plate in self.plates], object)
        readings = np.where(self.right > 0.5, names, "")
        return pd.DataFrame({"text": names, "reading": readings, "confidence": self.values})

    def counts(self) -> tuple[int, int]:
        """How many plates have something right, and how many something wrong."""
        right = self.right > 0.5
        return len(np.unique(self.plates[right])), len(np.unique(self.plates[~right]))


def fit_calibrator(method: str, evidence: LabelledConfidences) -> Calibrator:
    """The calibrator of this method under which the evidence is likeliest.

    ``temperature``: one divisor of the log-odds (Guo et al., ICML 2017). ``Platt``: a shift as well (Platt 1999).
    ``beta``: a slope for either end (Kull et al., AISTATS 2017). ``isotonic``: any rising function (Zadrozny & Elkan,
    KDD 2002), straight between the centres of its steps (Oron & Flournoy 2017), and beyond the last of them half way to
    certainty. ``step``: 1 from the best threshold on, 0 below, which widens the confidence gap as far as this order of
    the tracks allows and means nothing beyond that. ``none`` changes nothing.

    Raises ValueError for another method, or no evidence.
    """
    if method not in (*CALIBRATORS, "step"):
        raise ValueError(f"no calibration method {method!r}; choose one of {', '.join(CALIBRATORS)}, step")
    if not len(evidence.values):
        raise ValueError("there is nothing to calibrate on: no track has a known text")
    if method == "none":
        return UNCHANGED
    if method in _WEIGHTS:
        a, b, c = map(float, _fit_weights(_WEIGHTS[method], evidence))
        return Calibrator(method, a, b, c)
    knots = (_isotonic if method == "isotonic" else _step)(evidence)
    return Calibrator(method, knots=tuple((x, y) for x, y in knots.tolist()))


def _fit_weights(weights: np.ndarray, evidence: LabelledConfidences) -> np.ndarray:
    """a, b and c by maximum likelihood, [3]; slopes are not negative, so that the order stays."""
    features, right = log_features(evidence.values), evidence.right
    # Platt's targets, a little short of 0 and 1: without them all right, or all wrong, would have no best weights
    hits = right.sum()
    targets = np.where(right > 0.5, (hits + 1) / (hits + 2), 1 / (len(right) - hits + 2))

    def loss(free: np.ndarray) -> tuple[float, np.ndarray]:
        odds = features @ (free @ weights)
        slope = weights @ ((expit(odds) - targets) @ features)
        return (np.logaddexp(0, odds) - targets * odds).mean(), slope / len(right)

    shifts = weights[:, 2] > 0
    bounds = [(None, None) if shift else (0, None) for shift in shifts]
    return minimize(loss, np.where(shifts, 0.0, 1.0), jac=True, method="L-BFGS-B", bounds=bounds).x @ weights


def _isotonic(evidence: LabelledConfidences) -> np.ndarray:
    """The centres of the steps that rise, no surer than N confidences can show, and an end on either side."""
    least = 1 / (len(evidence.values) + 2)
    # "clip": of two values that are all but one it forgets one, which then lies out of bounds.
    regression = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip")
    fitted = regression.fit_transform(evidence.values, evidence.right)
    levels, steps = np.unique(fitted.round(12), return_inverse=True)
    centres = np.bincount(steps, weights=evidence.values) / np.bincount(steps)
    knots = [(0.0, levels[0] / 2), *zip(centres, levels, strict=True), (1.0, (1 + levels[-1]) / 2)]
    return np.array(knots[int(centres[0] <= 0) : len(knots) - int(centres[-1] >= 1)])


def _step(evidence: LabelledConfidences) -> np.ndarray:
    """The threshold that parts right from wrong best (Youden 1950), as two knots side by side."""
    thresholds = np.unique(evidence.values)
    right, wrong = (np.sort(evidence.values[evidence.right == sign]) for sign in (1, 0))
    kept, passed = (
        1 - np.searchsorted(part, thresholds) / max(len(part), 1) if len(part) else np.zeros(len(thresholds))
        for part in (right, wrong)
    )
    best = thresholds[np.argmax(kept - passed)]
    return np.array([(np.nextafter(best, -1), 0.0), (best, 1.0)])


def folds(evidence: LabelledConfidences, count: int = FOLDS, seed: int = 0) -> np.ndarray:
    """The fold of each confidence, int64 [N]: whole plates, those with an error dealt out evenly."""
    plates, codes = np.unique(evidence.plates, return_inverse=True)
    flawed = np.bincount(codes, weights=1 - evidence.right) > 0
    order = np.lexsort((np.random.default_rng(seed).random(len(plates)), flawed))
    dealt = np.empty(len(plates), np.int64)
    dealt[order] = np.arange(len(plates)) % count
    return dealt[codes]


def cross_fit(
    evidence: LabelledConfidences, learn: Callable[[LabelledConfidences], Calibrator]
) -> np.ndarray:
    """The evidence's probabilities, each from a calibrator that saw none of its fold's plates, float64 [N]."""
    fold_of, values = folds(evidence), evidence.values.copy()
    for fold in np.unique(fold_of):
        inside = fold_of == fold
        if not inside.all():
            values[inside] = learn(evidence.part(~inside))(evidence.values[inside])
    return values


def log_losses(values: np.ndarray, right: np.ndarray) -> np.ndarray:
    """−ln of the probability given to what was the case, float64 [N]."""
    values = np.clip(values, LIMIT, 1 - LIMIT)
    return -np.log(np.where(right > 0.5, values, 1 - values))


def compare_calibrators(evidence: LabelledConfidences, methods: Sequence[str] = CALIBRATORS) -> pd.DataFrame:
    """Each method's cross-fitted worth, a row a method.

    Columns: ``log_loss``; ``behind``, how much it exceeds the lowest, and ``standard_error`` of that, over plates;
    ``gap``, the mean confidence of the right less that of the wrong; ``chosen``: of those within one standard error
    of the lowest log loss, the one with the widest gap (the rule of Breiman et al., "CART", 1984).
    """
    found = {method: cross_fit(evidence, partial(fit_calibrator, method)) for method in methods}
    losses = {method: log_losses(values, evidence.right) for method, values in found.items()}
    best = min(losses, key=lambda method: losses[method].mean())
    right, rows = evidence.right > 0.5, {}
    for method, values in found.items():
        behind = losses[method] - losses[best]
        gap = values[right].mean() - values[~right].mean() if 0 < right.sum() < len(right) else np.nan
        error = _standard_error(behind, evidence.plates)
        rows[method] = (losses[method].mean(), behind.mean(), error, gap)
    names = ["log_loss", "behind", "standard_error", "gap"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=names).rename_axis("calibration")
    close = table.loc[table["behind"] <= table["standard_error"], "gap"].fillna(0)
    return table.assign(chosen=table.index == close.idxmax())


def _standard_error(values: np.ndarray, plates: np.ndarray) -> float:
    """Of the mean over tracks, all tracks of a plate being one observation."""
    sums = np.bincount(np.unique(plates, return_inverse=True)[1], weights=values - values.mean())
    return float(np.sqrt(len(sums) / max(len(sums) - 1, 1) * (sums**2).sum()) / len(values))
