"""What a text prior wins on plates that it expects, and what it costs on others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lpr_helpers.decoding.text_prior import TextPrior
from lpr_helpers.evaluation.comparison import compare

NAMES = ("without", "with the prior")
BANDS = ("a third it expects least", "the middle third", "a third it expects most")


def prior_effects(before: pd.DataFrame, after: pd.DataFrame, prior: TextPrior) -> pd.DataFrame:
    """The same tracks read without and with a prior, all of them and by how likely it thought their true texts.

    before, after: results of the same tracks, in the same order. The thirds hold equally many plates.

    Columns: ``tracks``; ``without`` and ``with the prior``, shares of plates read, and ``difference``, each with its
    ``_low`` and ``_high`` (95 %, paired, over plates); ``won`` and ``lost``, tracks that only one of them reads.
    """
    expected = pd.Series(prior.log_probability(before["text"]), index=before["text"])
    rank = expected[~expected.index.duplicated()].rank(method="first", pct=True)
    place = before["text"].map(rank).to_numpy()
    bands = {"all": np.ones(len(before), bool)}
    bands |= {name: (place > i / 3) & (place <= (i + 1) / 3) for i, name in enumerate(BANDS)}
    return pd.DataFrame.from_dict(
        {name: _row(before[chosen], after[chosen]) for name, chosen in bands.items() if chosen.any()},
        orient="index",
    ).rename_axis("plates")


def _row(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, float]:
    found = compare(before, after, NAMES)
    rates = found.rates.loc["recognition rate"]
    columns = {"first": NAMES[0], "second": NAMES[1], "difference": "difference"}
    row: dict[str, float] = {"tracks": len(before)}
    for own, name in columns.items():
        row |= {f"{name}{end}": rates[f"{own}{end}"] for end in ("", "_low", "_high")}
    return row | {"won": len(found.only(NAMES[1])), "lost": len(found.only(NAMES[0]))}
