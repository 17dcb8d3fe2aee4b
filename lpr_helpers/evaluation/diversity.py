"""How unlike the members of an ensemble are, what the best choice among them could read, and what each brings.

All functions take tables of results of the same tracks in the same order, by the members' names, each with at least the
columns ``text`` and ``reading``.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from lpr_helpers.evaluation.bootstrap import Metric, checked, columns_of, estimates
from lpr_helpers.evaluation.comparison import bounded
from lpr_helpers.evaluation.metrics import character_accuracy, long_table, ratio, recognition_rate


def disagreements(members: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """How often each two members differ: a row a pair, shares of tracks with ``_low`` and ``_high`` (95 % over plates).

    Columns: ``first``, ``second``; ``differ``, the two readings are not the same; ``one_right``, just one of the two
    reads the plate, which is what an ensemble lives on; ``both_wrong``, neither does (the *double fault* of Giacinto
    and Roli, 2001), which nothing can mend.
    """
    right, tables = _right(members), list(members.values())
    rows = []
    for (a, one), (b, two) in combinations(enumerate(members), 2):
        read = [table["reading"].fillna("").to_numpy() for table in (tables[a], tables[b])]
        shares = {
            "differ": read[0] != read[1],
            "one_right": right[a] != right[b],
            "both_wrong": ~(right[a] | right[b]),
        }
        found = columns_of(tables[0], {name: _share(of) for name, of in shares.items()})
        rows.append({"first": one, "second": two} | found)
    return pd.DataFrame(rows)


def oracle(members: Mapping[str, pd.DataFrame], joined: pd.DataFrame | None = None) -> pd.DataFrame:
    """What an ensemble could read: recognition rates, a row each, with ``value``, ``low``, ``high`` (95 % over plates).

    Rows: each member alone; "all agree on the truth"; "the oracle", that takes a member that is right wherever there is
    one; and "together", what the ensemble itself reads (``joined``). Between the best member and the oracle lies all
    that joining them can win.
    """
    right = _right({**members, **({"together": joined} if joined is not None else {})})
    alone = right[: len(members)]
    shares = dict(zip(members, alone, strict=True))
    shares |= {"all agree on the truth": alone.all(0), "the oracle": alone.any(0)}
    if joined is not None:
        shares["together"] = right[-1]
    table = next(iter(members.values()))
    return long_table(estimates(table, {name: _share(of) for name, of in shares.items()}), "reader")


def member_gains(grown: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What the second, the third … member brings: a row each, with ``_low`` and ``_high`` (95 % over plates).

    grown: by the name of the member that joins last, what it and all before it read together. Columns:
    ``recognition_rate`` and ``character_accuracy`` of these together, and ``gain``, the recognition rate's difference
    to the row above, on the same resampled plates; NaN in the first row.
    """
    right, rows = _right(grown), []
    for count, table in enumerate(grown.values()):
        rates = {"recognition_rate": recognition_rate, "character_accuracy": character_accuracy}
        rows.append({"readers": count + 1} | columns_of(table, rates))
        if count:
            change = _share(right[count].astype(float) - right[count - 1], share=False)
            found = bounded(estimates(table, {"gain": change})["gain"])
            rows[-1] |= {"gain": found.value, "gain_low": found.low, "gain_high": found.high}
    return pd.DataFrame(rows, index=pd.Index(list(grown), name="joins"))


def _right(members: Mapping[str, pd.DataFrame]) -> np.ndarray:
    """Which member reads which track: bool [members, tracks]."""
    if not members:
        raise ValueError("no members to compare")
    tables = [checked(table) for table in members.values()]
    for name, table in zip(members, tables, strict=True):
        if table["text"].tolist() != tables[0]["text"].tolist():
            raise ValueError(
                f"{name} has read other tracks than {next(iter(members))}, or in another order; the members of an "
                "ensemble are compared on the same ones"
            )
    return np.stack([(table["text"] == table["reading"].fillna("")).to_numpy(bool) for table in tables])


def _share(of: np.ndarray, *, share: bool = True) -> Metric:
    """The mean of a value a track, as a metric that resamples plates."""
    terms = np.stack([np.asarray(of, float), np.ones(len(of))], axis=1)
    return Metric(lambda _: terms, ratio, share)
