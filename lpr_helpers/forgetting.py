"""What a second phase of training brings, and what it costs: the same tracks read before and after."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lpr_helpers.checkpoints import Recogniser
from lpr_helpers.comparing import compare
from lpr_helpers.fusion import fuse
from lpr_helpers.reading import recognise, results_table
from lpr_helpers.validation import TrainingData

LEARNED = ("A",)
"""The scenarios that Phase 2 leaves behind, so that they may be forgotten."""
NEW, KNOWN, UNSEEN = "validation", "trained on", "never seen"


def judged(data: TrainingData) -> pd.Series:
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


def unseen(data: TrainingData) -> pd.Series:
    """The tracks of `LEARNED` that were held out of `examined.examined` data, grouped as in `judged`; perhaps none.

    Nothing was trained on them or chosen by them: what they tell of forgetting holds for other plates too.
    """
    rows = data.rows("held_out")
    scenario = data.table["scenario"].iloc[rows]
    return pd.Series(
        {row: f"{s}, {UNSEEN}" for row, s in zip(rows, scenario, strict=True) if s in LEARNED}, dtype=object
    )


def read_groups(recogniser: Recogniser, groups: Sequence[tuple[TrainingData, pd.Series]]) -> pd.DataFrame:
    """Read the tracks that `judged` and `unseen` name of some data.

    Returns a table of results with columns ``group``, and ``part`` for group and layout, in the order of the groups.
    """
    read = [_read(recogniser, data, named) for data, named in groups if len(named)]
    return pd.concat(read, ignore_index=True).sort_values("group", kind="stable", ignore_index=True)


def _read(recogniser: Recogniser, data: TrainingData, groups: pd.Series) -> pd.DataFrame:
    rows = np.array(groups.index)  # a copy, since the index may not be written to
    frames = recognise(recogniser, data.lr, rows)
    results = results_table(data.table.iloc[rows], frames, fuse(frames, plate=data.plate, layouts="any"))
    layouts = results["layout"].replace("", "unknown layout")
    return results.assign(
        group=groups.to_numpy(), part=[f"{g}, {n}" for g, n in zip(groups, layouts, strict=True)]
    )


def verdict(before: pd.DataFrame, after: pd.DataFrame) -> str:
    """Whether the second reader reads fewer of the same tracks, more, or neither that these data show.

    before, after: tables of results. The word rests on the 95 % interval of the difference of the recognition rates,
    from a paired bootstrap over plates (`comparing.compare`). Of tracks that share an id the first counts.
    """
    before, after = (results.drop_duplicates("track_id") for results in (before, after))
    found = compare(before, after, ("before", "after"))
    row = found.rates.loc["recognition rate"]
    low, high = row["difference_low"], row["difference_high"]
    word = "more" if low > 0 else "fewer" if high < 0 else ""
    said = f"reads {word} plates" if word else "shows no change that these data can prove"
    return (
        f"{said}: {row['first']:.1%} before, {row['second']:.1%} after, {100 * row['difference']:+.1f} points "
        f"(95 %: {100 * low:+.1f} to {100 * high:+.1f}; {len(found.tracks)} tracks, "
        f"{found.tracks['text'].nunique()} plates)"
    )


def verdicts(before: pd.DataFrame, after: pd.DataFrame) -> str:
    """`verdict` of every group that `read_groups` named, a line each."""
    parts = [
        (name, before[before["group"] == name], after[after["group"] == name])
        for name in before["group"].unique()
    ]
    return "\n".join(f"{name}: Phase 2 {verdict(first, second)}." for name, first, second in parts)
