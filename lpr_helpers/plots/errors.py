"""Pictures of what a recogniser reads wrong, and of what its confidence is worth."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from lpr_helpers.plots.style import BLUE, ERRORS, GREY, RIGHT, SKY, WRONG, new_figure, note


def before_after(before: pd.DataFrame, after: pd.DataFrame, rate: str = "recognition_rate") -> Figure:
    """A rate of each group before and after, with its intervals and the difference in points.

    before, after: from `evaluation.breakdown`, indexed by group, with ``rate`` and its ``_low`` and ``_high``, all in
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
                axis.text(1.01, place, f"{100 * gain:+.1f} points", transform=at, va="center", fontsize=9)
        axis.set_yticks(range(len(groups)), [_group_name(group, before, after) for group in groups])
        name = rate.replace("_", " ")
        axis.set(
            xlim=(0, 1), xlabel=f"{name} (bars: 95 % interval)", title=f"{name.capitalize()} before and after"
        )
        axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axis.set_ylim(len(groups) - 0.5, -0.5)
        axis.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    return figure


def position_bars(frame: pd.DataFrame) -> Figure:
    """Character accuracy at each place of the plate, with intervals.

    frame: from `evaluation.by_position` (or `by_kind`), with the columns `value`, `low` and `high`, all in 0..1.
    """
    places = np.arange(len(frame))
    value, around = _interval(frame, "value", "low", "high")
    with new_figure(height=3.2) as (figure, axis):
        axis.bar(places, value, color=SKY, width=0.7)
        axis.errorbar(places, value, around, fmt="none", ecolor="black", capsize=4, lw=1.2)
        for place, (rate, above) in enumerate(zip(value, around[1], strict=True)):
            axis.text(place, rate + above + 0.015, f"{rate:.1%}", ha="center", va="bottom", fontsize=9)
        axis.set_xticks(places, [str(name) for name in frame.index])
        title = f"Character accuracy by {frame.index.name or 'place'} (bars: 95 % interval)"
        axis.set(ylim=(0, 1.12), xlabel=frame.index.name or "place", title=title)
        axis.set_yticks(np.arange(0, 1.01, 0.2))
        axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axis.grid(axis="x", visible=False)
    return figure


def confusion_matrix(frame: pd.DataFrame, scale: str = "share") -> Figure:
    """Which character was read for which, with the right readings muted so that the errors show.

    frame: counts from `evaluation.confusion`, index = true character, columns = read character.
    scale: "share" colours each cell by its share of the true character's readings, "log" by its count on a
    logarithmic scale.

    Raises
    ------
    ValueError: an unknown ``scale``.
    """
    if scale not in ("share", "log"):
        raise ValueError(f"unknown scale {scale!r}; use 'share' or 'log'")
    number = frame.to_numpy(float)
    right = np.asarray(frame.index)[:, None] == np.asarray(frame.columns)[None, :]
    share = number / np.maximum(number.sum(axis=1, keepdims=True), 1)
    colours = np.ma.masked_array(share if scale == "share" else number, right | (number == 0))
    with new_figure(height=9.0) as (figure, axis):
        axis.imshow(np.ma.masked_array(share, ~right | (number == 0)), cmap="Greys", vmin=0, vmax=4, zorder=1)
        if colours.count():
            norm = LogNorm(1, max(colours.max(), 2)) if scale == "log" else None
            image = axis.imshow(colours, cmap=ERRORS, norm=norm, vmin=0 if norm is None else None, zorder=1)
            style = {"format": PercentFormatter(1)} if norm is None else {}
            label = "share of the true character" if norm is None else "times"
            figure.colorbar(image, ax=axis, shrink=0.5, pad=0.01, label=label, **style)
        for names, line in ((frame.index, axis.axhline), (frame.columns, axis.axvline)):
            for place in range(1, len(names)):
                if str(names[place - 1]).isdigit() != str(names[place]).isdigit():
                    line(place - 0.5, color="black", lw=1.2)
        axis.set_xticks(range(frame.shape[1]), list(frame.columns))
        axis.set_yticks(range(frame.shape[0]), list(frame.index))
        wrong = int(number[~right].sum())
        title = f"{wrong:,} of {int(number.sum()):,} characters read wrong (right ones in grey)"
        if left_out := frame.attrs.get("left_out"):
            title += f"; {left_out:,} tracks read with another length are left out"
        axis.set(xlabel="read", ylabel="true", title=title)
        axis.tick_params(labeltop=True, length=0)
        axis.grid(color="#EEEEEE")
    return figure


def reliability_diagram(frame: pd.DataFrame, after: pd.DataFrame | None = None) -> Figure:
    """How often readings of each confidence are right, above how many there are.

    frame: from `calibration.reliability`, one row a bin. On the diagonal a confidence means what it says; below it the
    recogniser is too sure (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017). after: the same once
    calibrated, drawn beside it.
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
