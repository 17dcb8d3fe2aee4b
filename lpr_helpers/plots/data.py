"""Pictures of a data set: how many tracks, how large, and what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from lpr_helpers.data.overview import group_names
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.plots.domain import mixed, spread
from lpr_helpers.plots.style import GREY, HEAT, SERIES, legend, new_figure, note
from lpr_helpers.synthetic.recipe import RECIPE


def counts(table: pd.DataFrame) -> Figure:
    """How many tracks each split holds of each scenario and layout: stacked bars with their numbers."""
    named = _named(table)
    number = named.groupby(["split", "scenario", "layout"]).size().unstack(fill_value=0)
    if number.empty:
        return note("No tracks to count: the table is empty.")
    order = {name: place for place, name in enumerate(["train", "val", "held_out", "test"])}
    number = number.sort_index(
        key=lambda names: [order.get(n, 9) for n in names] if names.name == "split" else names
    )
    names = [f"{split} · {scenario}" for split, scenario in number.index]
    with new_figure(height=1.2 + 0.45 * len(number)) as (figure, axis):
        start = np.zeros(len(number))
        for colour, layout in zip(SERIES, number, strict=False):
            axis.barh(names, number[layout], left=start, color=colour, label=layout, height=0.65)
            start += number[layout].to_numpy()
        for place, (_, row) in enumerate(number.iterrows()):
            parts = " + ".join(f"{value:,} {layout}" for layout, value in row.items() if value)
            total = f"{row.sum():,} = " if (row > 0).sum() > 1 else ""
            axis.text(row.sum(), place, f"  {total}{parts}", va="center", fontsize=9)
        axis.set(xlabel="tracks", xlim=(0, start.max() * 1.55), title=f"{len(table):,} tracks")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.invert_yaxis()
        axis.grid(axis="y", visible=False)
        axis.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=number.shape[1])
    return figure


def sizes(table: pd.DataFrame, limit: int = 4_000) -> Figure:
    """Width against height of LR and HR frames, and their aspect, by scenario (at most ``limit`` dots each).

    Sizes are whole pixels; each dot is spread over its pixel, so that equal sizes do not hide each other.
    """
    table = table.assign(group=group_names(table))
    aspects = {}
    with new_figure(1, 3, height=3.6) as (figure, axes):
        for kind, axis in zip(("lr", "hr"), axes, strict=False):
            axis.set(title=f"{kind.upper()} frames", xlabel="width [px]", ylabel="height [px]")
            dots = {}
            for colour, (group, part) in zip(SERIES, table.groupby("group"), strict=False):
                pairs = np.array([pair for row in part[f"{kind}_sizes"] for pair in row], float)
                if not len(pairs):
                    continue
                random = np.random.default_rng(0)
                drawn = pairs[random.permutation(len(pairs))[:limit]]
                dots[group] = (colour, drawn + random.uniform(-0.4, 0.4, drawn.shape))
                aspects[f"{kind.upper()}, {group}"] = (colour, pairs[:, 0] / np.maximum(pairs[:, 1], 1))
            mixed(axis, dots)
            if not dots:
                axis.text(0.5, 0.5, "none here", transform=axis.transAxes, ha="center", color=GREY)
            for side in (axis.xaxis, axis.yaxis):
                side.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
            legend(axis, markerscale=3, loc="upper left")
        spread(axes[2], aspects)
        axes[2].set(title="Aspect", xlabel="width / height")
        if set(table["layout"]) & set(BRAZIL.layouts):
            width, height = RECIPE.plates.size
            axes[2].axvline(width / height, color=GREY, lw=1.2, ls="--")
            axes[2].set_xlabel(f"width / height (dashed: {width / height:.2f}, the plate's)")
    return figure


def characters(table: pd.DataFrame, plate: PlateFormat = BRAZIL) -> Figure:
    """How often each character stands at each place, one panel a layout, as a share of that layout's tracks.

    Texts that are unknown, of another length or outside the alphabet are left out; each title says how many count.
    """
    fits = table[[plate.misfit(text, None) is None for text in table["text"].fillna("")]]
    groups = list(_named(fits).groupby("layout"))
    if not groups:
        return note("No texts to count: no track has a known text that fits the plate format.")
    with new_figure(len(groups), 1, height=2.6 * len(groups), squeeze=False) as (figure, axes):
        for axis, (layout, part) in zip(axes[:, 0], groups, strict=True):
            share = np.zeros((plate.length, len(plate.alphabet)))
            for text in part["text"]:
                share[np.arange(plate.length), plate.encode(text)] += 1 / len(part)
            image = axis.imshow(np.ma.masked_equal(share, 0), cmap=HEAT, aspect="auto", vmin=0)
            pattern = plate.layouts.get(layout, "*" * plate.length)
            axis.set_xticks(range(len(plate.alphabet)), list(plate.alphabet))
            axis.set_yticks(range(plate.length), [f"{i + 1} ({s})" for i, s in enumerate(pattern)])
            axis.set(title=f"{layout} {pattern}: {len(part):,} texts", ylabel="place")
            axis.grid(visible=False)
            ticks = MaxNLocator(5, steps=[1, 2, 5, 10])
            figure.colorbar(
                image, ax=axis, ticks=ticks, format=PercentFormatter(1, decimals=0), pad=0.01, label="share"
            )
    return figure


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """``table`` with `scenario` and `layout` as a reader wants to see them."""
    scenario = [f"Scenario {name}" if name else "unknown scenario" for name in table["scenario"]]
    return table.assign(scenario=scenario, layout=[name or "unknown layout" for name in table["layout"]])
