"""Which plates a human should look at, so that of the others at most a stated share is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import beta

from lpr_helpers.evaluation.bootstrap import Metric, columns_of
from lpr_helpers.evaluation.calibrators import LabelledConfidences, folds
from lpr_helpers.evaluation.metrics import recognition_rate

ERROR_RATES = (0.01, 0.02, 0.05, 0.1)


@dataclass(frozen=True)
class Review:
    """A threshold of confidence and what passes it.

    threshold: plates below it are for a human; inf if that is all of them. error_rate: what was asked for, 0…1.
    tracks: how many there are, `passed` of them at or above the threshold, `wrong` of those misread. upper: what the
    share of errors among them may really be, the end of its one-sided interval at `level`.
    """

    threshold: float
    error_rate: float
    tracks: int
    passed: int
    wrong: int
    upper: float
    level: float

    @property
    def to_review(self) -> int:
        """How many tracks a human has to look at."""
        return self.tracks - self.passed

    def __str__(self) -> str:
        if not self.passed:
            return (
                f"No threshold keeps errors to {self.error_rate:.1%}: a human has to look at all "
                f"{self.tracks} tracks."
            )
        return (
            f"{self.passed} of {self.tracks} tracks pass with a confidence of {self.threshold:.4g} or more, and "
            f"{self.wrong} of them misread: {self.wrong / self.passed:.1%}, and in truth up to {self.upper:.1%} "
            f"(one-sided {self.level:.0%} bound). A human looks at the other {self.to_review}."
        )


def review_threshold(results: pd.DataFrame, error_rate: float, *, level: float = 0.95) -> Review:
    """The lowest confidence from which on at most ``error_rate`` of the tracks are wrong.

    What it lets pass was counted on the very tracks that chose it, so it flatters: `review_table` counts on other
    plates. Its `upper` end is the exact binomial bound (Clopper & Pearson 1934) for as many plates as pass, since the
    tracks of one plate are one piece of evidence; it does not know of the choice either.

    Raises ValueError where error_rate is no share, or the results cannot be judged.
    """
    if not 0 <= error_rate <= 1:
        raise ValueError(f"an error rate is a share from 0 to 1, not {error_rate}")
    evidence = LabelledConfidences.of_plates(results)
    threshold = _lowest(evidence, error_rate)
    passes = evidence.part(evidence.values >= threshold)
    passed, wrong, plates = len(passes.right), int((1 - passes.right).sum()), len(np.unique(passes.plates))
    upper = _upper(wrong / passed, plates, level) if passed else math.nan
    return Review(threshold, error_rate, len(results), passed, wrong, upper, level)


def review_table(results: pd.DataFrame, error_rates: Sequence[float] = ERROR_RATES) -> pd.DataFrame:
    """What it costs to keep errors to each rate, with thresholds from other plates than those they are judged on.

    A row a rate. Columns: ``to_review`` (tracks that a human looks at) and ``share`` of all; ``passed``, ``wrong`` of
    those; ``error_rate`` of what passed with its ``_low`` and ``_high``, NaN where nothing did.
    """
    evidence, rows = LabelledConfidences.of_plates(results), {}
    fold_of = folds(evidence)
    for rate in error_rates:
        passes = np.zeros(len(results), bool)
        for fold in np.unique(fold_of):
            inside = fold_of == fold
            passes[inside] = evidence.values[inside] >= _lowest(evidence.part(~inside), rate)
        found, looked_at = columns_of(results[passes], {"error_rate": _error_rate}), int((~passes).sum())
        counts = {"passed": int(passes.sum()), "wrong": int((1 - evidence.right[passes]).sum())}
        rows[f"{rate:.1%}"] = {"to_review": looked_at, "share": looked_at / len(results), **counts, **found}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("errors asked for")


def _lowest(evidence: LabelledConfidences, error_rate: float) -> float:
    """The lowest threshold that keeps to the rate; inf where none does."""
    order = np.argsort(-evidence.values, kind="stable")
    values, errors = evidence.values[order], np.cumsum(1 - evidence.right[order])
    last_of_its_value = np.append(values[1:] < values[:-1], True)[: len(values)]
    keeps = last_of_its_value & (errors <= error_rate * np.arange(1, len(values) + 1) + 1e-9)
    return float(values[np.flatnonzero(keeps)[-1]]) if keeps.any() else math.inf


def _upper(rate: float, plates: int, level: float) -> float:
    return 1.0 if rate >= 1 else float(beta.ppf(level, rate * plates + 1, plates * (1 - rate)))


def _errors(results: pd.DataFrame) -> np.ndarray:
    """Tracks that were misread / all tracks."""
    return np.abs(recognition_rate.terms(results) - [1, 0])


_error_rate = Metric(_errors, recognition_rate.combine, share=True)
