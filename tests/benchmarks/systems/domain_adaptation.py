"""From Scenario A to B: ways to order the same looks, to weigh them, to change A's frames, to take on B's statistics.

All are our reader from nothing. The line beside them sees both scenarios alike, in one phase.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.registry import OURS as KIND
from lpr_helpers.training.batch_norm import adapt_batch_norm, target_rows
from lpr_helpers.training.model_card import TRAIN
from lpr_helpers.training.phases import Phase
from lpr_helpers.training.pretraining import PHASE
from tests.benchmarks.systems.system import Budget, System
from tests.benchmarks.systems.temporal import OURS, Reading, learn

Plan = tuple[tuple[Phase, float], ...]
"""Phases, and the share of the looks that each has."""
BOTH = replace(PHASE, scenarios=("A", "B"))
LATER = replace(PHASE, spaced_steps=0)
PLANS: dict[str, Plan] = {
    "one phase": ((BOTH, 1.0),),
    "two phases": (
        (BOTH, 2 / 3),
        (replace(LATER, name="b", scenarios=("B",), learning_rate=PHASE.learning_rate / 3), 1 / 3),
    ),
    "three phases": (
        (replace(PHASE, name="a", scenarios=("A",)), 1 / 3),
        (replace(LATER, name="b", scenarios=("B",)), 1 / 3),
        (replace(LATER, name="b-low", scenarios=("B",), learning_rate=PHASE.learning_rate / 10), 1 / 3),
    ),
    "weighted": ((replace(BOTH, scenario_weights=(("B", 3.0),)), 1.0),),
    "transfer": ((replace(BOTH, transfer=("A", "B")), 1.0),),
}


def with_scenarios(data: TrackData) -> TrackData:
    """The same tracks, with the scenario that each training track was filmed like, which the drawn data do not tell."""
    scenario = np.full(len(data.table), "B", dtype=object)
    rows = np.flatnonzero(data.table["split"].eq("train"))
    scenario[rows] = [TRAIN.scenario(place) for place in range(len(rows))]
    return replace(data, table=data.table.assign(scenario=scenario))


def planned(plan: str, budget: Budget) -> Recogniser:
    """Our reader after all phases of one of `PLANS`, each from the best of the one before."""
    data, (channels, *_) = with_scenarios(budget.data), budget.data.lr.images.shape[2:]
    recogniser = Recogniser.new(data.plate, budget.seed, kind=KIND, channels=channels)
    for number, (phase, share) in enumerate(PLANS[plan]):
        run, looks = budget.run / plan / phase.name, max(1, round(share * budget.looks))
        learn(recogniser, data, replace(phase, seed=budget.seed), run, looks, last=number > 0)
    return recogniser


def make(plan: str, budget: Budget) -> Reading:
    """Train by one of `PLANS`."""
    return Reading(planned(plan, budget), budget.device)


def with_statistics(budget: Budget) -> Reading:
    """One phase, and then the statistics of B's training tracks."""
    reader, data = planned("one phase", budget), with_scenarios(budget.data)
    return Reading(
        adapt_batch_norm(reader, data, target_rows(data, "B"), device=budget.device), budget.device
    )


def _system(name: str, make: Callable[[Budget], Reading], expected: str = "") -> System:
    return System(name, "domain adaptation", make, expected, OURS)


SYSTEMS = (
    _system("two phases, A and B then B", partial(make, "two phases"), "+5 % (7.1)"),
    _system("three phases, A then B then B slowly", partial(make, "three phases"), "+3–5 % (10.1)"),
    _system("B drawn three times as often", partial(make, "weighted")),
    _system("A made to look like B", partial(make, "transfer")),
    _system("batch statistics of B", with_statistics),
)
