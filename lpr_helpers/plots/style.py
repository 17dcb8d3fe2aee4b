"""The one style and the one colour-blind-safe palette of all pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe & Ito (2008), "Color Universal Design", in the order in which series take them.
BLUE, ORANGE, GREEN, PINK = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
SKY, VERMILLION, YELLOW, GREY = "#56B4E9", "#D55E00", "#F0E442", "#7F7F7F"
SERIES = (BLUE, ORANGE, GREEN, PINK, SKY, VERMILLION, GREY)
RIGHT, WRONG = BLUE, VERMILLION
HEAT, ERRORS = "YlGnBu", "YlOrBr"
WIDTH = 10.0

STYLE: dict[Any, Any] = {
    "figure.dpi": 110,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": plt.cycler(color=SERIES),
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.7,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "legend.framealpha": 0.8,
    "legend.edgecolor": "none",
    "lines.linewidth": 2,
    "text.parse_math": False,  # names of tracks may hold dollar signs
}


def use_style() -> None:
    """Give the figures that a notebook draws by itself the style of this module."""
    plt.rcParams.update(STYLE)


@contextmanager
def new_figure(
    rows: int = 1, columns: int = 1, *, height: float, width: float = WIDTH, **options: Any
) -> Iterator[tuple]:
    """A figure and its axes in the style of this module, closed for pyplot however the block ends."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(rows, columns, figsize=(width, height), **options)
        try:
            yield figure, axes
        finally:
            plt.close(figure)


def note(message: str) -> Figure:
    """A figure that says why there is nothing to draw."""
    with new_figure(height=0.8) as (figure, axis):
        axis.axis("off")
        axis.text(0.5, 0.5, message, ha="center", va="center", fontsize=11)
    return figure


def legend(axis: Axes, **options: Any) -> None:
    """A legend where the axis has something to name; an empty one draws a warning."""
    if axis.get_legend_handles_labels()[0]:
        axis.legend(**options)
