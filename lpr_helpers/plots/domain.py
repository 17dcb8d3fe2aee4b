"""Pictures of how frames look: the gap between scenarios, what its numbers mean, and how a track's frames differ."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, MultipleLocator, PercentFormatter

from lpr_helpers.evaluation.domain_gap import against_first, domain_gaps, per_track
from lpr_helpers.evaluation.frame_measures import MEASURES
from lpr_helpers.plots.style import SERIES, new_figure, note
from lpr_helpers.utils.images import read_image

DOTS = 400
"""Dots of a row; more would only blacken it."""
CHANGES = {
    "width": ("size: width", True),
    "light": ("light: mean grey", False),
    "contrast": ("contrast", True),
    "sharpness": ("sharpness", True),
    "likeness": ("likeness, once aligned", None),
}
"""What `changes` draws by frame: name, and whether it is a share of the first frame's (None: no change at all)."""


def spread(axis: Axes, rows: Mapping[str, tuple[str, np.ndarray]]) -> None:
    """Draw values as rows of dots, with a bar over the middle half and a mark at the median.

    rows: name → (colour, float [n]), from top to bottom; NaN is left out, and at most `DOTS` dots are drawn of each.
    """
    random = np.random.default_rng(0)
    for place, (colour, values) in enumerate(rows.values()):
        values = values[np.isfinite(values)]
        if not len(values):
            continue
        shown = random.permutation(values)[:DOTS]
        heights = place + random.uniform(-0.3, 0.3, len(shown))
        axis.scatter(shown, heights, s=12, alpha=0.5, color=colour, linewidths=0)
        low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
        axis.plot([low, high], [place, place], color="black", lw=2.5, solid_capstyle="butt")
        axis.plot(middle, place, color="black", marker="o", ms=7, mfc="white", mew=1.6)
    axis.set_yticks(range(len(rows)), list(rows))
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.grid(axis="y", visible=False)


def mixed(axis: Axes, groups: Mapping[str, tuple[str, np.ndarray]]) -> None:
    """Draw the dots of several groups in random order, so that none lies on top of the others.

    groups: name → (colour, float [n, 2] of x and y).
    """
    colours = [colour for colour, dots in groups.values() for _ in dots]
    dots = np.concatenate([dots for _, dots in groups.values()]) if groups else np.empty((0, 2))
    order = np.random.default_rng(0).permutation(len(dots))
    shown: dict[str, Any] = {"s": 9, "alpha": 0.5, "linewidths": 0}
    axis.scatter(*dots[order].T, color=[colours[place] for place in order], **shown)
    for name, (colour, _) in groups.items():
        axis.scatter([], [], color=colour, label=name, **shown)


def domain_gap(measures: pd.DataFrame) -> Figure:
    """How groups of tracks differ in each of the `MEASURES`, one panel each, with the size of each gap.

    measures: from `domain_gap.measure_frames`. A dot is one track (the mean of its frames), a bar the middle half of
    them, the mark their median; titles give Cliff's delta from each group to the next.
    """
    if measures.empty:
        return note("No frame could be measured.")
    tracks, told = per_track(measures), domain_gaps(measures)
    names = sorted(tracks["group"].unique())
    with new_figure(2, 3, height=1.9 + 1.3 * len(names), sharey=True) as (figure, axes):
        for axis, (measure, title) in zip(axes.flat, MEASURES.items(), strict=True):
            rows = {
                name: (colour, tracks.loc[tracks["group"] == name, measure].to_numpy())
                for colour, name in zip(SERIES, names, strict=False)
            }
            spread(axis, rows)
            deltas = told.loc[told["measure"] == measure]
            lines = [_told(row) for row in deltas.itertuples()]
            axis.set_title("\n".join([title, *lines]), fontsize=10)
            axis.xaxis.set_major_locator(MaxNLocator(5))
    return figure


def extremes(measures: pd.DataFrame, columns: int = 6) -> Figure:
    """What the numbers mean: frames from the lowest to the highest of each measure but size, evenly by rank.

    measures: from `domain_gap.measure_frames`; a track shows its first usable frame. Titles give the value and the
    group.
    """
    firsts = measures.drop_duplicates("track")
    names = [name for name in MEASURES if name != "width" and firsts[name].notna().any()]
    if not names:
        return note("No frame could be measured.")
    with new_figure(len(names), 1 + columns, height=1.1 * len(names), squeeze=False) as (figure, axes):
        for line, name in zip(axes, names, strict=True):
            ranked = firsts.dropna(subset=[name]).sort_values(name, kind="stable")
            picks = np.unique(np.linspace(0, len(ranked) - 1, columns).round().astype(int))
            for axis in line:
                axis.axis("off")
            heading, what = MEASURES[name].split(": ")
            line[0].text(0, 0.6, heading, fontsize=11, va="center")
            line[0].text(0, 0.35, fill(what, 18), fontsize=9, va="top")
            for axis, row in zip(line[1:], ranked.iloc[picks].to_dict("records"), strict=False):
                if (image := read_image(row["file"])) is not None:
                    axis.imshow(image, interpolation="nearest")
                axis.set_title(f"{row[name]:.2f} · {_short(row['group'])}", fontsize=9)
    return figure


def changes(measures: pd.DataFrame) -> Figure:
    """How the frames of a track differ from its first: where the plate stands in its crop, and five measures.

    measures: from `domain_gap.measure_frames`. A mark is the median of a group's tracks, its bar the middle 80 % of
    them.
    """
    further = against_first(measures)
    if further.empty:
        return note("No track here has a second frame to compare with its first.")
    groups, shifts = sorted(further["group"].unique()), {}
    with new_figure(2, 3, height=5.6) as (figure, axes):
        axes = axes.ravel()
        for place, (colour, group) in enumerate(zip(SERIES, groups, strict=False)):
            part = further[further["group"] == group]
            shifts[group] = (colour, part[["dx", "dy"]].to_numpy(float))
            dodge = 0.16 * (place - (len(groups) - 1) / 2)
            for axis, name in zip(axes[1:], CHANGES, strict=True):
                bands = part.groupby("frame")[name].quantile([0.1, 0.5, 0.9]).unstack()
                around = [bands[0.5] - bands[0.1], bands[0.9] - bands[0.5]]
                axis.errorbar(
                    bands.index + dodge, bands[0.5], around, fmt="o", color=colour, ms=5, lw=1.6, capsize=2
                )
        mixed(axes[0], shifts)
        _shifts(axes[0], further)
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=5, markerscale=2)
        for axis, (name, relative) in zip(axes[1:], CHANGES.values(), strict=True):
            axis.set(title=name if relative is None else f"{name}, change", xlabel="frame")
            axis.set_xticks(sorted(further["frame"].unique()))
            if relative is not None:
                axis.axhline(0, color="black", lw=0.8)
            if relative:
                axis.yaxis.set_major_formatter(PercentFormatter(1))
    return figure


def _shifts(axis: Axes, further: pd.DataFrame) -> None:
    """Dress the panel of shifts: as wide as high, lines at whole pixels, with room for all but the farthest."""
    far = further[["dx", "dy"]].abs().max(axis=1).quantile(0.99)
    reach = max(2, int(np.ceil(far))) if np.isfinite(far) else 2
    axis.set(title="shift of the plate in its crop", xlabel="to the right [px]", ylabel="down [px]")
    axis.set(xlim=(-reach, reach), ylim=(reach, -reach), aspect="equal")
    for side in (axis.xaxis, axis.yaxis):
        side.set_major_locator(MultipleLocator(max(1, reach // 3)))


def _told(gap: Any) -> str:
    """A gap in a title's words."""
    delta = f"{gap.delta:+.2f}".replace("-", "−")
    return f"{_short(gap.one)} → {_short(gap.other)} {delta}, {gap.size}"


def _short(group: str) -> str:
    return group.removeprefix("Scenario ").removesuffix(" tracks")
