"""Work timed in turns, so that a noisy machine disturbs all of it alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch

WARM_UP = 2
"""Rounds that do not count."""


def in_turns(rounds: int, **works: Callable[[], object]) -> dict[str, float]:
    """Median seconds of each piece of work, done one after another in every round; the first two rounds warm up."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds + WARM_UP):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(seconds[WARM_UP:]) for name, seconds in taken.items()}
