"""Pictures of experiments: settings that were tried, and ways to order the training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from lpr_helpers.plots.style import BLUE, GREY, ORANGE, SERIES, VERMILLION, legend, new_figure, note

MARKS = {
    "complete": ("o", BLUE),
    "pruned": ("x", ORANGE),
    "failed": ("v", VERMILLION),
    "running": ("P", GREY),
}

LINE_STYLES = (("-", "o"), ("--", "s"), (":", "^"), ("-.", "D"))


def tuning(
    trials: pd.DataFrame,
    value: str = "character_accuracy",
    settings: Sequence[str] = ("batch_size", "learning_rate", "dropout", "hidden"),
) -> Figure:
    """What each trial of a study came to, in their order and by each of its settings.

    trials: from `tuning.trials_table`. ``value`` is in 0…1; a trial without one, failed before its first epoch, stands
    on the floor. Bars are the medians of the complete trials.
    """
    trials = trials[trials["state"].isin(MARKS)].reset_index(drop=True)
    if trials.empty:
        return note("No trial yet: ask for some, and they are shown here.")
    ratios = {"width_ratios": [2.2] + [1] * len(settings)}
    with new_figure(1, 1 + len(settings), height=3.3, sharey=True, gridspec_kw=ratios) as (figure, axes):
        _points(axes[0], trials, value, np.arange(1, len(trials) + 1), named=True)
        best = trials[value].where(trials["state"] == "complete").cummax().ffill()
        axes[0].step(np.arange(1, len(trials) + 1), best, where="post", color=BLUE, lw=1, label="best so far")
        axes[0].set(
            xlabel="trial", ylabel=value.replace("_", " "), title="Trials", xlim=(0.3, len(trials) + 0.7)
        )
        axes[0].xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        for axis, name in zip(axes[1:], settings, strict=True):
            _by_setting(axis, trials, value, name)
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def protocols(history: pd.DataFrame) -> Figure:
    """The best epoch of each protocol, and how each of them got there.

    history: from `protocols.run_protocol`, those of several protocols below one another: one row an epoch, with
    `protocol`, `phase`, `recognition_rate` and `character_accuracy`. Epochs are counted on from phase to phase; an open
    point begins a phase.
    """
    if history.empty:
        return note("No protocol has finished an epoch yet.")
    parts = dict(list(history.groupby("protocol", sort=False)))
    with new_figure(1, 2, height=3.6, gridspec_kw={"width_ratios": [3, 4]}) as (figure, axes):
        _best(axes[0], parts)
        for number, ((name, part), colour, (dash, marker)) in enumerate(
            zip(parts.items(), SERIES, LINE_STYLES * 2, strict=False)
        ):
            # The first are the widest, so that those beneath are seen where curves coincide.
            width = 1.5 + max(2 - number, 0)
            epochs = np.arange(1, len(part) + 1)
            style = {"color": colour, "marker": marker, "ms": 3 + width, "lw": width, "label": name}
            axes[1].plot(epochs, part["character_accuracy"], dash, **style)
            begins = (part["phase"] != part["phase"].shift()).to_numpy()
            at = epochs[begins], part["character_accuracy"][begins]
            axes[1].plot(*at, marker, ms=5 + width, mfc="white", mec=colour, mew=1.6, ls="none")
        axes[1].set(
            xlabel="epoch, phase after phase", title="Character accuracy on validation", ylim=(-0.02, 1.02)
        )
        axes[1].xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes[1].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        legend(axes[1], loc="lower right")
    return figure


def _best(axis: Axes, parts: dict[str, pd.DataFrame]) -> None:
    """Both rates of each protocol, of the epoch whose checkpoint was kept."""
    places = np.arange(len(parts))
    for shift, column, colour, hatch in (
        (-0.2, "recognition_rate", BLUE, ""),
        (0.2, "character_accuracy", ORANGE, "///"),
    ):
        order = ["recognition_rate", "character_accuracy"]
        best = [part.sort_values(order).iloc[-1][column] for part in parts.values()]
        style: dict[str, Any] = {"height": 0.36, "color": colour, "hatch": hatch, "edgecolor": "white"}
        axis.barh(places + shift, best, label=column.replace("_", " "), **style)
        for place, rate in zip(places + shift, best, strict=True):
            axis.text(rate + 0.01, place, f"{rate:.1%}", va="center", fontsize=9)
    axis.set_yticks(places, list(parts))
    axis.set(xlim=(0, 1.15), ylim=(len(parts) - 0.4, -0.6), title="Best epoch")
    axis.set_xticks(np.arange(0, 1.01, 0.25))
    axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.grid(axis="y", visible=False)
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)


def _points(axis: Axes, trials: pd.DataFrame, value: str, places: np.ndarray, named: bool = False) -> None:
    for state, (marker, colour) in MARKS.items():
        chosen = (trials["state"] == state).to_numpy()
        if chosen.any():
            values = trials[value].fillna(0)[chosen]
            label = f"{state} ({chosen.sum()})" if named else None
            axis.plot(
                places[chosen], values, marker, color=colour, ms=6, mew=1.8, alpha=0.8, ls="none", label=label
            )


def _by_setting(axis: Axes, trials: pd.DataFrame, value: str, name: str) -> None:
    levels = sorted(trials[name].dropna().unique())
    known = trials[trials[name].notna()]
    _points(axis, known, value, known[name].map(levels.index).to_numpy(float))
    medians = known[known["state"] == "complete"].groupby(name)[value].median()
    axis.hlines(
        medians,
        [levels.index(n) - 0.3 for n in medians.index],
        [levels.index(n) + 0.3 for n in medians.index],
        GREY,
        lw=2,
    )
    axis.set_xticks(range(len(levels)), [f"{level:g}" for level in levels])
    axis.set(title=name.replace("_", " "), xlim=(-0.6, len(levels) - 0.4))
