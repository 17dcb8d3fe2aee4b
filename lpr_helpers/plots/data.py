"""Pictures of a data set: its tracks, how many, how large, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.plots.style import GREY, HEAT, SERIES, YELLOW, legend, new_figure, note, read_image


def track_sheet(rows: pd.DataFrame, n: int = 8, hr: bool = False, seed: int | None = None) -> Figure:
    """The frames of the first ``n`` tracks, one track a row, enlarged without smoothing, in their true aspect.

    rows: from `TrackSet.table` or from results. hr: a second row a track with its HR frames, which show other moments
    of the same vehicle. seed: draw the tracks at random instead of taking the first. Corners are drawn where ``rows``
    has them; a file that cannot be read leaves its place marked.
    """
    rows = rows.head(n) if seed is None else rows.sample(min(n, len(rows)), random_state=seed)
    kinds = ["lr", "hr"] if hr else ["lr"]
    strips = [(row, kind) for row in rows.to_dict("records") for kind in kinds]
    columns = max((len(row[kind]) for row, kind in strips), default=0)
    if not columns:
        return note("No frames to show: the table is empty.")
    with new_figure(len(strips), columns, height=1.3 * len(strips), squeeze=False) as (figure, axes):
        for (row, kind), line in zip(strips, axes, strict=True):
            caption = _caption(row) if kind == "lr" else "HR"
            # a long title would widen its column: the text takes no room, the empty title keeps the line's height
            line[0].text(0, 1.1, caption, transform=line[0].transAxes, fontsize=10, in_layout=False)
            line[0].set_title(" ")
            for place, axis in enumerate(line):
                axis.axis("off")
                if place < len(row[kind]):
                    _frame(axis, row[kind][place], row.get("corners") or {})
    return figure


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
        axis.invert_yaxis()
        axis.grid(axis="y", visible=False)
        axis.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=number.shape[1])
    return figure


def sizes(table: pd.DataFrame, limit: int = 20_000) -> Figure:
    """Width against height of LR and HR frames, and their aspect, by scenario (at most ``limit`` dots each).

    Sizes are whole pixels; each dot is spread over its pixel, so that equal sizes do not hide each other.
    """
    named = _named(table)
    with new_figure(1, 3, height=3.6) as (figure, axes):
        for kind, axis, line in zip(("lr", "hr"), axes, ("-", "--"), strict=False):
            axis.set(title=f"{kind.upper()} frames", xlabel="width [px]", ylabel="height [px]")
            for colour, (scenario, part) in zip(SERIES, named.groupby("scenario"), strict=False):
                pairs = np.array([pair for row in part[f"{kind}_sizes"] for pair in row], float).reshape(
                    -1, 2
                )
                if not len(pairs):
                    continue
                random = np.random.default_rng(0)
                drawn = pairs[random.permutation(len(pairs))[:limit]]
                drawn = drawn + random.uniform(-0.4, 0.4, drawn.shape)
                axis.scatter(*drawn.T, s=7, alpha=0.4, color=colour, linewidths=0, label=scenario)
                ratio = np.clip(pairs[:, 0] / np.maximum(pairs[:, 1], 1), 0, 5)
                share = np.full(len(ratio), 1 / len(ratio))
                axes[2].hist(
                    ratio, np.arange(0.95, 5.1, 0.1), weights=share, histtype="step", color=colour, ls=line
                )
                axes[2].plot([], [], color=colour, ls=line, label=f"{kind.upper()}, {scenario}")
            if not axis.collections:
                axis.text(0.5, 0.5, "none here", transform=axis.transAxes, ha="center", color=GREY)
        axes[2].set(title="Aspect", xlabel="width / height", ylabel="share of frames")
        axes[2].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes[2].set_ylim(top=1.8 * axes[2].get_ylim()[1])  # room for the legend above the curves
        for axis in axes:
            legend(axis, markerscale=2, loc="upper right" if axis is axes[2] else "upper left")
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
            figure.colorbar(image, ax=axis, format=PercentFormatter(1), pad=0.01, label="share")
    return figure


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """``table`` with `scenario` and `layout` as a reader wants to see them."""
    scenario = [f"Scenario {name}" if name else "unknown scenario" for name in table["scenario"]]
    return table.assign(scenario=scenario, layout=[name or "unknown layout" for name in table["layout"]])


def _caption(row: Mapping) -> str:
    names = [row["track_id"], row["text"] or "text unknown", row["layout"]]
    if row["scenario"]:
        names.append(f"Scenario {row['scenario']}")
    if "reading" in row:
        names.append(f"read {row['reading'] or 'nothing'}")
    return " · ".join(name for name in names if name)


def _frame(axis: Axes, path: str | Path, corners: Mapping[str, Sequence]) -> None:
    """Draw one frame, and the plate's outline where ``corners`` knows it."""
    if (image := read_image(path)) is None:
        axis.text(
            0.5,
            0.5,
            f"cannot be read:\n{Path(path).name}",
            transform=axis.transAxes,
            ha="center",
            va="center",
        )
        return
    axis.imshow(image, interpolation="nearest")
    if outline := corners.get(Path(path).name):
        closed = np.array([*outline, outline[0]], float)
        axis.plot(*closed.T, color=YELLOW, lw=1.5, marker=".", ms=4)
