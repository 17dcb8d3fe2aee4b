"""Semi-supervised learning (report, 10.3): a tenth of the tracks with labels, all others without.

Our reader spends all looks on the tenth; or half of them, and goes on at half its rate: with pseudo-labels for the
rest; or with a quarter of the looks at the tenth and a quarter at the rest, by consistency with a mean teacher.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.registry import OURS
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training.pretraining import PHASE
from lpr_helpers.training.pseudo_labels import pseudo_label, with_pseudo_labels
from lpr_helpers.training.unlabelled import Unlabelled
from lpr_helpers.utils.locks import sole_writer
from tests.benchmarks.systems.ensembles import ONE, Joined, after
from tests.benchmarks.systems.system import Budget, System

PART = "semi-supervised"
EXPECTED = "+3–5 % (10.3)"
TENTH = "our reader, a tenth of the labels"
SLOWER = {"learning_rate": PHASE.learning_rate / 2, "spaced_steps": 0}
"""How a reader goes on that has learnt before."""


def divided(data: TrackData) -> tuple[TrackData, TrackData]:
    """The data with a tenth of its training tracks, and the other nine, of which nobody tells the texts."""
    train = data.rows("train")
    rest = train[-(-len(train) // 10) :]
    table = data.table.copy()
    table.loc[table.index[rest], "split"] = ""
    others = data.table.iloc[rest].assign(text="", split="", trainable=False).reset_index(drop=True)
    packed = Packed(np.asarray(data.lr.images[rest]), data.lr.valid[rest])
    return replace(data, table=table), TrackData(others, data.plate, packed)


def fresh(budget: Budget) -> Recogniser:
    """Our reader from nothing."""
    return Recogniser.new(BRAZIL, seed=budget.seed, kind=OURS)


def tenth(budget: Budget) -> Joined:
    """It learns from the tenth alone."""
    labelled, _ = divided(budget.data)
    return Joined(
        [after(fresh(budget), labelled, budget.looks, budget.run / "tenth", seed=budget.seed)], [1.0]
    )


def halfway(budget: Budget, labelled: TrackData) -> Recogniser:
    """It has learnt from the tenth for half of the looks; both lines that go on from there share the run."""
    run = budget.run.parent / f"tenth-{budget.seed}"
    with sole_writer(run.with_name(f"{run.name}-shared"), wait=True):
        return after(fresh(budget), labelled, budget.looks // 2, run, seed=budget.seed)


def pseudo(budget: Budget) -> Joined:
    """It labels the rest by itself, and goes on with all that it is sure of."""
    labelled, others = divided(budget.data)
    reader = halfway(budget, labelled)
    found = pseudo_label([reader], others, labelled, progress=False)
    print(f"pseudo-labels, {found}")
    both, run = with_pseudo_labels(labelled, found), budget.run / "joined"
    return Joined([after(reader, both, budget.looks // 2, run, seed=budget.seed, **SLOWER)], [1.0])


def consistent(budget: Budget) -> Joined:
    """It goes on with the tenth, and learns of the rest to read ruined frames as its teacher reads whole ones."""
    labelled, others = divided(budget.data)
    reader, run = halfway(budget, labelled), budget.run / "consistency"
    unlabelled = Unlabelled(others, decay=0.99)  # of so few steps a slower teacher would never catch up
    going_on = {"seed": budget.seed, **SLOWER}
    return Joined([after(reader, labelled, budget.looks // 4, run, unlabelled, **going_on)], [1.0])


SYSTEMS = (
    System(TENTH, PART, tenth, "", ONE),
    System("a tenth of the labels, and pseudo-labels", PART, pseudo, EXPECTED, TENTH),
    System("a tenth of the labels, and consistency", PART, consistent, EXPECTED, TENTH),
)
