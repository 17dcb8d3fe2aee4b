"""Pictures of what a recogniser reads wrong, and of what its confidence is worth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter

from lpr_helpers.evaluation.confusions import confusion_blocks
from lpr_helpers.plots.style import BLUE, ERRORS, GREY, RIGHT, SKY, WRONG, new_figure, note

KEY = (
    "dashed: all tracks · bands: about equally many tracks each · δ: Cliff's delta, wrong tracks against right ones; "
    "−1: all wrong ones lie lower, +1: higher"
)


def before_after(before: pd.DataFrame, after: pd.DataFrame, rate: str = "recognition_rate") -> Figure:
    """A rate of each group before and after, with its intervals and the difference in points.

    before, after: from `breakdowns.breakdown`, indexed by group, with ``rate`` and its ``_low`` and ``_high``, all in
    0..1; the number of `tracks` is shown where given. A group that only one of them holds is drawn without a
    difference.
    """
    groups = [*before.index, *after.index.difference(before.index, sort=False)]
    if not groups:
        return note("No groups to compare: both tables are empty.")
    before, after = before.reindex(groups), after.reindex(groups)
    styles = (("before", before, GREY, "o", -0.13), ("after", after, BLUE, "s", 0.13))
    with new_figure(height=1.3 + 0.55 * len(groups)) as (figure, axis):
        for label, frame, colour, marker, shift in styles:
            value, around = _interval(frame, rate, f"{rate}_low", f"{rate}_high")
            at, style = np.arange(len(groups)) + shift, {"capsize": 4, "ms": 7, "lw": 1.6}
            axis.errorbar(value, at, xerr=around, fmt=marker, color=colour, label=label, **style)
        for place, gain in enumerate(after[rate] - before[rate]):
            if np.isfinite(gain):
                at = axis.get_yaxis_transform()
                axis.text(
                    1.01, place, f"{round(100 * gain, 6):+.1f} points", transform=at, va="center", fontsize=9
                )
        axis.set_yticks(range(len(groups)), [_group_name(group, before, after) for group in groups])
        name = rate.replace("_", " ")
        axis.set(
            xlim=(0, 1), xlabel=f"{name} (bars: 95 % interval)", title=f"{name.capitalize()} before and after"
        )
        axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axis.set_ylim(len(groups) - 0.5, -0.5)
        axis.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    return figure


def places(positions: pd.DataFrame, confusions: pd.DataFrame) -> Figure:
    """Character accuracy at each place of the plate, and below it which confusions happen there.

    positions: from `breakdowns.by_position`. confusions: from `confusions.by_place`, of the same plates.
    """
    at, (value, around) = np.arange(len(positions)), _interval(positions, "value", "low", "high")
    rows = len(confusions)
    heights = {"height_ratios": [2.4, 0.26 * max(rows, 1)]}
    with new_figure(2, 1, height=3.2 + 0.26 * rows, sharex=True, gridspec_kw=heights) as (figure, axes):
        top, below = axes
        top.errorbar(at, value, around, fmt="o", color=BLUE, ms=7, capsize=5, lw=1.6)
        for place, rate in enumerate(value):
            top.text(place + 0.1, rate, f"{rate:.1%}", va="center", fontsize=9)
        top.set(title="Character accuracy by place (bars: 95 % interval)", ylim=(None, 1))
        top.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        if rows:
            number = confusions.to_numpy(float)
            kept = [row for row, name in enumerate(confusions.index) if name != "others"]
            shown = np.ma.masked_equal(np.where(np.isin(np.arange(rows), kept)[:, None], number, 0), 0)
            below.imshow(shown, cmap=ERRORS, vmin=0, vmax=1.3 * max(shown.max() or 0, 1), aspect="auto")
            for row, place in np.argwhere(number):
                below.text(place, row, int(number[row, place]), ha="center", va="center", fontsize=9)
        below.set_yticks(range(rows), list(confusions.index))
        below.set_xticks(at, [str(name) for name in positions.index])
        below.set(xlabel="place", title="Confusions, true → read: how often at each place")
        below.grid(visible=False)
    return figure


def conditions(table: pd.DataFrame, separations: pd.DataFrame, names: Mapping[str, str]) -> Figure:
    """Recognition rate by layout, by scenario, and by bands of how frames look: a panel each.

    table: from `conditions.by_condition`. separations: from `conditions.separations`, for the titles. names: what each
    condition is called, `conditions.CONDITIONS`; others are called as they are. The dashed line is the rate of all
    tracks; a panel's title says how far wrong tracks lie from right ones (Cliff's delta).
    """
    groups = list(dict.fromkeys(table.index.get_level_values(0)))
    tracks = table.loc[groups[0]]
    overall = (tracks["recognition_rate"] * tracks["tracks"]).sum() / tracks["tracks"].sum()
    columns = 4
    lines = -(-len(groups) // columns)
    with new_figure(lines, columns, height=2.9 * lines, sharey=True, squeeze=False) as (figure, axes):
        for axis in axes.flat[len(groups) :]:
            axis.axis("off")
        for axis, group in zip(axes.flat, groups, strict=False):
            part, measured = table.loc[group], group in separations.index
            ends = ("recognition_rate", "recognition_rate_low", "recognition_rate_high")
            value, around = _interval(part, *ends)
            axis.axhline(overall, color=GREY, ls="--", lw=1)
            joined = "o-" if measured else "o"
            axis.errorbar(range(len(part)), value, around, fmt=joined, color=BLUE, capsize=4, lw=1.4, ms=6)
            bands = part["tracks"].items()
            shown = [str(b).replace(" to ", "–\n") if measured else f"{b}\n({n:,})" for b, n in bands]
            axis.set_xticks(range(len(part)), shown)
            axis.set_xlim(-0.5, len(part) - 0.5)
            title, _, unit = names.get(group, group).partition(": ")
            if measured and np.isfinite(delta := separations.loc[group, "delta"]):
                low, high = separations.loc[group, ["delta_low", "delta_high"]]
                title += f"\nδ {delta:+.2f} ({low:+.2f} to {high:+.2f})".replace("-", "−")
            axis.set_title(title, fontsize=10)
            axis.set_xlabel(unit, fontsize=9)
            axis.grid(axis="x", visible=False)
        axes[0, 0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes[0, 0].set_ylim(top=1.02)
        figure.supylabel("recognition rate (bars: 95 % interval)", fontsize=10)
        figure.supxlabel(KEY, fontsize=9)
    return figure


def confusion_matrix(frame: pd.DataFrame) -> Figure:
    """Which character was read for which: errors with their counts, right readings muted, digits parted from letters.

    frame: counts from `confusions.confusion`, index = true character, columns = read character. The colour is the
    share of the true character's readings. The four blocks are named with the number of errors in each.
    """
    number = frame.to_numpy(float)
    right = np.asarray(frame.index)[:, None] == np.asarray(frame.columns)[None, :]
    share = number / np.maximum(number.sum(axis=1, keepdims=True), 1)
    errors = np.ma.masked_array(share, right | (number == 0))
    with new_figure(height=10.4) as (figure, axis):
        _blocks(axis, frame)
        axis.imshow(np.ma.masked_array(share, ~right | (number == 0)), cmap="Greys", vmin=0, vmax=3, zorder=1)
        if errors.count():
            top = errors.max()
            image = axis.imshow(errors, cmap=ERRORS, vmin=0, vmax=1.2 * top, zorder=1)
            bar = {"shrink": 0.4, "pad": 0.01, "format": PercentFormatter(1, decimals=0)}
            figure.colorbar(image, ax=axis, label="share of the true character's readings", **bar)
            for row, column in np.argwhere(~errors.mask):
                colour = "white" if share[row, column] > 0.75 * top else "black"
                style = {"ha": "center", "va": "center", "fontsize": 9, "color": colour}
                axis.text(column, row, f"{number[row, column]:.0f}", **style)
        axis.set_xticks(range(frame.shape[1]), list(frame.columns))
        axis.set_yticks(range(frame.shape[0]), list(frame.index))
        wrong = int(number[~right].sum())
        title = f"{wrong:,} of {int(number.sum()):,} characters read wrong (right ones in grey)"
        if left_out := frame.attrs.get("left_out"):
            title += f"; {left_out:,} tracks read with another length are left out"
        axis.set_title(title, pad=48)
        axis.set(
            xlabel="read", ylabel="true", xlim=(-0.5, frame.shape[1] - 0.5), ylim=(frame.shape[0] - 0.5, -0.5)
        )
        axis.tick_params(labeltop=True, length=0)
        axis.grid(color="#EEEEEE")
    return figure


def _blocks(axis: Axes, frame: pd.DataFrame) -> None:
    """Tint the blocks where a digit was read as a letter or the reverse, part them, and write their errors there.

    An alphabet whose digits and letters are mixed has no such blocks.
    """
    splits = [sum(str(name).isdigit() for name in names) for names in (frame.index, frame.columns)]
    if any(
        not all(str(name).isdigit() for name in names[:split])
        for names, split in zip((frame.index, frame.columns), splits, strict=True)
    ):
        return
    wrong, (rows, columns) = (
        confusion_blocks(frame),
        ((0, splits[0], len(frame.index)), (0, splits[1], len(frame.columns))),
    )
    for row, true in enumerate(wrong.index):
        for column, read in enumerate(wrong.columns):
            left, top = columns[column] - 0.5, rows[row] - 0.5
            wide, high = columns[column + 1] - columns[column], rows[row + 1] - rows[row]
            label = f"{true}s read as {read}s: {wrong.loc[true, read]:,}"
            if true != read and wide and high:
                axis.add_patch(Rectangle((left, top), wide, high, color="#EEF3F7", zorder=0))
                turned = 90 if high > wide else 0
                middle = (left + wide / 2, top + high / 2)
                axis.text(*middle, label, ha="center", va="center", rotation=turned, color=GREY, fontsize=11)
            elif wide and high:
                label = f"{true}s read as other {read}s: {wrong.loc[true, read]:,}"
                axis.text(left + wide / 2, -1.7, label, ha="center", va="bottom", fontsize=10)
    axis.axhline(splits[0] - 0.5, color="black", lw=1.8)
    axis.axvline(splits[1] - 0.5, color="black", lw=1.8)


def reliability_diagram(frame: pd.DataFrame, after: pd.DataFrame | None = None) -> Figure:
    """How often readings of each confidence are right, above how many there are.

    frame: from `reliability.reliability_curve`, one row a bin. On the diagonal a confidence means what it says; below
    it the recogniser is too sure (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017). after: the same
    once calibrated, drawn beside it.
    """
    if after is not None:
        return _reliability_twice(frame, after)
    filled = frame[frame["tracks"] > 0]
    mean = filled["mean_confidence"]
    rate, around = _interval(filled, "recognition_rate", "recognition_rate_low", "recognition_rate_high")
    heights = {"height_ratios": [3, 1]}
    with new_figure(2, 1, height=6.0, width=6.5, sharex=True, gridspec_kw=heights) as (figure, axes):
        axes[0].plot([0, 1], [0, 1], color=GREY, ls="--", lw=1.2, label="calibrated: as often as it says")
        axes[0].vlines(mean, rate, mean, color=WRONG, lw=5, alpha=0.4, label="miscalibration")
        axes[0].errorbar(
            mean, rate, around, fmt="o-", color=BLUE, capsize=3, elinewidth=1.2, label="measured (95 %)"
        )
        axes[0].set(ylim=(0, 1), xlim=(0, 1), ylabel="recognition rate", title="Reliability")
        axes[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes[0].legend(loc="lower right")
        width = 0.9 * (frame["bin_to"] - frame["bin_from"])
        axes[1].bar((frame["bin_from"] + frame["bin_to"]) / 2, frame["tracks"], width=width, color=SKY)
        axes[1].set(xlabel="confidence", ylabel="tracks")
    return figure


def _reliability_twice(before: pd.DataFrame, after: pd.DataFrame) -> Figure:
    sides = (("before", before, GREY, "o", -1), ("after", after, BLUE, "s", 1))
    heights = {"height_ratios": [3, 1]}
    with new_figure(2, 1, height=6.0, width=6.5, sharex=True, gridspec_kw=heights) as (figure, axes):
        axes[0].plot([0, 1], [0, 1], color=GREY, ls="--", lw=1.2, label="calibrated: as often as it says")
        for name, frame, colour, marker, side in sides:
            filled, step = frame[frame["tracks"] > 0], frame["bin_to"] - frame["bin_from"]
            off = (filled["mean_confidence"] - filled["recognition_rate"]).abs()
            error = (off * filled["tracks"]).sum() / max(filled["tracks"].sum(), 1)
            rate, around = _interval(
                filled, "recognition_rate", "recognition_rate_low", "recognition_rate_high"
            )
            axes[0].errorbar(
                filled["mean_confidence"],
                rate,
                around,
                fmt=f"{marker}-",
                color=colour,
                capsize=3,
                elinewidth=1.2,
                label=f"{name}: ECE {error:.1%} of {filled['tracks'].sum():,} tracks (bars: 95 %)",
            )
            middle = (frame["bin_from"] + frame["bin_to"]) / 2 + side * step / 5
            axes[1].bar(middle, frame["tracks"], width=0.38 * step, color=colour)
        axes[0].set(ylim=(0, 1), xlim=(0, 1), ylabel="recognition rate", title="Reliability before and after")
        axes[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes[0].legend(loc="upper left")
        axes[1].set(xlabel="confidence", ylabel="tracks")
    return figure


def confidence_histogram(results: pd.DataFrame) -> Figure:
    """How confident right and wrong readings are; all in one where no text is known.

    results: `text`, `reading` and `confidence` of each track. The confidence gap, the mean of the right ones less that
    of the wrong ones, breaks ties in the competition.
    """
    known = results[results["text"].fillna("") != ""]
    right = known["text"] == known["reading"]
    groups = [("right", known[right], RIGHT, ""), ("wrong", known[~right], WRONG, "///")]
    if known.empty:
        groups = [("all (texts unknown)", results, GREY, "")]
    with new_figure(height=3.4) as (figure, axis):
        for name, part, colour, hatch in groups:
            label = (
                f"{name}: {len(part):,} tracks, mean {part['confidence'].mean():.2f}"
                if len(part)
                else f"{name}: 0"
            )
            style = {"color": colour, "alpha": 0.45, "hatch": hatch, "edgecolor": colour, "label": label}
            axis.hist(part["confidence"].dropna(), np.linspace(0, 1, 41), **style)
        axis.set(xlim=(0, 1), xlabel="confidence", ylabel="tracks", title="Confidence")
        if right.any() and not right.all():
            gap = known.loc[right, "confidence"].mean() - known.loc[~right, "confidence"].mean()
            axis.set_title(f"Confidence gap {gap:.3f}: mean of the right − mean of the wrong")
        axis.yaxis.set_major_locator(MaxNLocator(integer=True))
        axis.legend(loc="upper left")
    return figure


def _interval(frame: pd.DataFrame, rate: str, low: str, high: str) -> tuple[np.ndarray, np.ndarray]:
    """A rate, float64 [N], and how far its interval reaches below and above it, float64 [2, N]."""
    value = frame[rate].to_numpy(float)
    return value, np.abs(frame[[low, high]].to_numpy(float).T - value)


def _group_name(group: object, *frames: pd.DataFrame) -> str:
    name = " · ".join(map(str, group)) if isinstance(group, tuple) else str(group)
    tracks = [frame.loc[group, "tracks"] for frame in frames if "tracks" in frame]
    known = [int(number) for number in tracks if np.isfinite(number)]
    return f"{name} ({known[-1]:,} tracks)" if known else name
