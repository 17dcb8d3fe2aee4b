"""A training as it goes: curves, the learning rate's way, speed, and a few plates as they are read after each epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from lpr_helpers.plots.style import BLUE, GREY, ORANGE, RIGHT, WRONG, legend, new_figure, note
from lpr_helpers.training import runs
from lpr_helpers.training.phases import Phase

ROWS = 4
"""Readings of a track that are shown: the first epoch's and the latest."""
FRAME, LINE = 0.6, 0.22
"""Height of a frame and of a line of characters, in inches."""


def training_view(
    history: pd.DataFrame, phase: Phase, samples: pd.DataFrame | None = None, frames: Mapping | None = None
) -> Figure:
    """All of a training in one picture, drawn anew after each epoch.

    history: as `fit` returns it. samples: from `runs.read_samples`. frames: track id → uint8 [H, W] or [H, W, 3], one
    LR frame of each of those tracks. The axes reach to the phase's last epoch, so that they show how much is to come.
    """
    history = pd.DataFrame(history)
    if history.empty:
        return note("No epoch has finished yet.")
    tracks = [] if samples is None or samples.empty else list(samples["track_id"].unique())
    lines = 1 + min(ROWS, phase.epochs)
    heights = [3.4, 0.35 + FRAME + LINE * lines][: 1 + bool(tracks)]
    with new_figure(height=sum(heights)) as (figure, axis):
        axis.remove()
        parts = np.atleast_1d(figure.subfigures(len(heights), 1, height_ratios=heights))
        parts[0].suptitle(headline(history, phase), x=0.01, ha="left", fontsize=10)
        loss, rates, rate = parts[0].subplots(1, 3, width_ratios=[4, 4, 3])
        _curves(loss, history, {"loss": "training, augmented", "val_loss": "validation"}, "Loss", phase)
        names = {"recognition_rate": "whole plates", "character_accuracy": "characters"}
        _curves(rates, history, names, "Read right on validation", phase)
        rates.set_ylim(-0.02, 1.02)
        rates.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        _schedule(rate, history, phase)
        if samples is not None and tracks:
            parts[1].suptitle(
                "The same validation tracks, and how they were read after each epoch, whose number is on the left",
                x=0.01,
                ha="left",
                fontsize=10,
            )
            for name, cell in zip(tracks, parts[1].subplots(1, len(tracks), squeeze=False)[0], strict=True):
                _track(cell, samples[samples["track_id"] == name], (frames or {}).get(name), lines)
    return figure


def headline(history: pd.DataFrame, phase: Phase) -> str:
    """How far a training is, in one line: epoch, time left, speed, memory."""
    done, seconds = int(history["epoch"].max()), history["seconds"].median()
    left = max(phase.epochs - done, 0)
    best = runs.best_row(history)
    told = [f"{phase.name}: epoch {done} of {phase.epochs}"]
    most = "at most " if phase.early_stopping else ""
    told.append(
        f"{most}about {_time(left * seconds)} left" if left else f"done in {_time(history['seconds'].sum())}"
    )
    told.append(f"{history['tracks_per_s'].iloc[-1]:,.0f} tracks a second")
    if np.isfinite(memory := history["peak_memory_mb"].max()):
        told.append(f"{memory:,.0f} MB of memory")
    told.append(f"best so far: epoch {best['epoch']:.0f}, {best['recognition_rate']:.1%} of the plates")
    return "  ·  ".join(told)


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _curves(axis: Axes, history: pd.DataFrame, columns: Mapping, title: str, phase: Phase) -> None:
    for (column, name), colour, look in zip(columns.items(), (BLUE, ORANGE), ("o-", "s--"), strict=True):
        axis.plot(history["epoch"], history[column], look, color=colour, ms=3.5, label=name)
    axis.set(title=title, xlabel="epoch", xlim=(0.5, phase.epochs + 0.5))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    legend(axis, loc="best")


def _schedule(axis: Axes, history: pd.DataFrame, phase: Phase) -> None:
    """The rate over the phase, and where training stands; of a plateau what was, and what is if it stays."""
    done = history["epoch"].max()
    if phase.schedule == "cosine":
        share = np.linspace(0, 1, 201)
        axis.plot(share * phase.epochs, [phase.rate(s) for s in share], color=GREY)
        here = phase.rate(done / phase.epochs)
    else:
        edges = [0, *history["epoch"]]
        axis.stairs(history["learning_rate"], edges, baseline=None, color=GREY, lw=2)
        here = history["learning_rate"].iloc[-1]
        axis.plot([done, phase.epochs], [here, here], ":", color=GREY)
    axis.plot(done, here, "D", color=WRONG, ms=7, clip_on=False, zorder=3)
    look: dict[str, Any] = {"arrowprops": {"arrowstyle": "-", "color": GREY}}
    if done > phase.epochs / 2:  # in the empty corner above the curve
        axis.annotate(
            "you are here", (done, here), (0.97, 0.62), textcoords="axes fraction", ha="right", **look
        )
    else:
        axis.annotate("you are here", (done, here), (10, 10), textcoords="offset points", **look)
    axis.set(
        title="Learning rate",
        xlabel="epochs done",
        xlim=(0, phase.epochs),
        ylim=(0, 1.12 * phase.learning_rate),
    )
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axis.yaxis.set_major_formatter("{x:.2g}")


def _track(axis: Axes, readings: pd.DataFrame, frame: np.ndarray | None, lines: int) -> None:
    """A frame, below it what is true, and what was read of its track after the first epoch and the latest."""
    height = FRAME + LINE * lines
    axis.set(xlim=(0, 1), ylim=(0, height))
    axis.axis("off")
    if frame is not None:
        picture = axis.inset_axes((0, 1 - FRAME / height, 1, FRAME / height))
        picture.imshow(frame, cmap="gray", vmin=0, vmax=255, aspect="auto", interpolation="nearest")
        picture.axis("off")
    truth = readings["text"].iloc[0]
    y = height - FRAME - 0.6 * LINE
    _spelt(axis, y, "true", truth, truth, sign="")
    rows = pd.concat([readings.head(1), readings.iloc[1:].tail(ROWS - 1)])
    for row in rows.itertuples():
        y -= LINE
        _spelt(axis, y, f"{row.epoch}", row.reading, truth, "✓" if row.reading == truth else "✗")


def _spelt(axis: Axes, y: float, name: str, text: str, truth: str, sign: str) -> None:
    """One line of characters, wrong ones in the colour of mistakes and underlined, with a sign at its end."""
    axis.text(0.16, y, name, ha="right", va="center", fontsize=8, color=GREY)
    for place, letter in enumerate(text[: len(truth) + 1].ljust(len(truth), "–")):
        wrong = truth[place : place + 1] != letter
        style: dict[str, Any] = {"color": WRONG, "fontweight": "bold"} if wrong else {"color": "black"}
        x = 0.26 + 0.085 * place
        axis.text(x, y, letter, ha="center", va="center", fontsize=9, family="monospace", **style)
        if wrong:
            axis.plot([x - 0.035, x + 0.035], [y - 0.09, y - 0.09], color=WRONG, lw=1.2, clip_on=False)
    axis.text(0.93, y, sign, ha="center", va="center", fontsize=10, color=RIGHT if sign == "✓" else WRONG)
