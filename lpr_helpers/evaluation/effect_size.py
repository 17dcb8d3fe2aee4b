"""How far two groups of tracks lie apart."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata


def cliffs_delta(one: np.ndarray, other: np.ndarray) -> np.ndarray | float:
    """How often a value of ``other`` exceeds one of ``one``, minus how often it falls short: −1 to 1.

    one, other: float [..., n] and [..., m]; returns [...]. 0 where both lie alike, ±1 where they do not overlap
    (Cliff, "Dominance statistics", 1993).
    """
    n, m = one.shape[-1], other.shape[-1]
    ranks = rankdata(np.concatenate([one, other], axis=-1), axis=-1)[..., n:]
    return 2 * (ranks.sum(axis=-1) - m * (m + 1) / 2) / (n * m) - 1
