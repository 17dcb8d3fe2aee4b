"""What a second phase of training brings, and what it costs: the same tracks read before and after."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lpr_helpers.data.track_data import TrackData
from lpr_helpers.evaluation.comparison import verdict
from lpr_helpers.inference.tables import read_rows
from lpr_helpers.models.checkpoints import Recogniser

LEARNED = ("A",)
"""The scenarios that Phase 2 leaves behind, so that they may be forgotten."""
NEW, KNOWN, UNSEEN = "validation", "trained on", "never seen"


def before_after_groups(data: TrackData) -> pd.Series:
    """Which tracks to read before and after: position → group, such as "B, validation" and "A, trained on".

    These are all validation tracks, and of the scenarios `LEARNED` that have none as many training tracks, drawn at
    random: those tell what is forgotten, not how good a reader is.
    """
    scenario, val = data.table["scenario"], data.rows("val")
    groups = {row: f"{scenario.iloc[row] or 'unknown'}, {NEW}" for row in val}
    missing = [name for name in LEARNED if not scenario.iloc[val].eq(name).any()]
    rows = data.rows("train")
    rows = rows[scenario.iloc[rows].isin(missing).to_numpy()]
    drawn = np.random.default_rng(0).permutation(rows)[: len(val)]
    return pd.Series(groups | {row: f"{scenario.iloc[row]}, {KNOWN}" for row in drawn}, dtype=object)


def unseen_groups(data: TrackData) -> pd.Series:
    """What no phase was trained on or chosen by, of the evaluation set, grouped as in `before_after_groups`; perhaps
    nothing.

    These are the tracks of `LEARNED` that were held out, and those that were drawn afresh ("more"). What they tell, of
    gains and of forgetting, holds for other plates too.
    """
    rows = data.rows("held_out", "more")
    known = data.table.iloc[rows]
    rows = rows[(known["scenario"].isin(LEARNED) | known["split"].eq("more")).to_numpy()]
    return pd.Series({row: f"{data.table['scenario'].iloc[row]}, {UNSEEN}" for row in rows}, dtype=object)


def read_groups(recogniser: Recogniser, groups: Sequence[tuple[TrackData, pd.Series]]) -> pd.DataFrame:
    """Read the tracks that `before_after_groups` and `unseen_groups` name of some data.

    Returns a table of results with columns ``group``, and ``part`` for group and layout, in the order of the groups.
    """
    read = [_read(recogniser, data, named) for data, named in groups if len(named)]
    return pd.concat(read, ignore_index=True).sort_values("group", kind="stable", ignore_index=True)


def _read(recogniser: Recogniser, data: TrackData, groups: pd.Series) -> pd.DataFrame:
    rows = np.array(groups.index)  # a copy, since the index may not be written to
    results, _ = read_rows(recogniser, data, rows)
    layouts = results["layout"].replace("", "unknown layout")
    return results.assign(
        group=groups.to_numpy(), part=[f"{g}, {n}" for g, n in zip(groups, layouts, strict=True)]
    )


def verdicts(before: pd.DataFrame, after: pd.DataFrame, phase: str = "Phase 2") -> str:
    """`verdict` of every group that `read_groups` named, a line each; ``phase`` is what lies between."""
    parts = [
        (name, before[before["group"] == name], after[after["group"] == name])
        for name in before["group"].unique()
    ]
    return "\n".join(f"{name}: {phase} {verdict(first, second)}." for name, first, second in parts)
