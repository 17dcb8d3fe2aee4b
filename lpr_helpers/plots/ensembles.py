"""A picture of an ensemble: how unlike its members are, and what each of them brings."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lpr_helpers.plots.style import BLUE, GREY, HEAT, ORANGE, VERMILLION, legend, new_figure


def ensemble(disagreements: pd.DataFrame, rates: pd.DataFrame, gains: pd.DataFrame) -> Figure:
    """Left, how often each two members differ; right, what they read alone, together, and what an oracle would.

    disagreements, rates, gains: from `diversity.disagreements`, `diversity.oracle` and `diversity.member_gains`. Bars
    are 95 % intervals over plates.
    """
    with new_figure(1, 2, height=3.8, gridspec_kw={"width_ratios": [3, 4]}) as (figure, axes):
        _pairs(axes[0], disagreements, list(gains.index))
        _growth(axes[1], rates, gains)
    return figure


def _pairs(axis: Axes, disagreements: pd.DataFrame, names: list[str]) -> None:
    table = np.full((len(names), len(names)), np.nan)
    for row in disagreements.itertuples():
        low, high = sorted((names.index(row.first), names.index(row.second)))
        table[high, low] = row.differ
    axis.imshow(table[1:, :-1], cmap=HEAT, vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(table[1:, :-1]):
        if np.isfinite(value):
            colour = "white" if value > 0.6 else "black"
            axis.text(column, row, f"{value:.0%}", ha="center", va="center", color=colour, fontsize=9)
    axis.set_xticks(range(len(names) - 1), names[:-1], rotation=30, ha="right")
    axis.set_yticks(range(len(names) - 1), names[1:])
    axis.grid(visible=False)
    axis.set_title("Tracks that two members read differently")


def _growth(axis: Axes, rates: pd.DataFrame, gains: pd.DataFrame) -> None:
    places = np.arange(len(gains))
    alone = rates["value"].reindex(gains.index)
    axis.plot(places, alone, "D", color=ORANGE, ms=6, label="this one alone")
    ends = [
        gains["recognition_rate"] - gains["recognition_rate_low"],
        gains["recognition_rate_high"] - gains["recognition_rate"],
    ]
    axis.errorbar(
        places, gains["recognition_rate"], ends, fmt="o-", color=BLUE, capsize=4, label="all so far together"
    )
    for name, colour, dash in (("the oracle", VERMILLION, "--"), ("all agree on the truth", GREY, ":")):
        if name in rates.index:
            axis.axhline(rates.loc[name, "value"], color=colour, ls=dash, lw=1.5, label=name)
    axis.set_xticks(places, [f"+ {name}" if place else name for place, name in enumerate(gains.index)])
    axis.tick_params("x", rotation=20)
    axis.set(title="Recognition rate as members join", ylim=(-0.02, 1.02))
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    legend(axis, loc="lower right")
