"""Pictures of training: learning curves, live ones too, and what augmentation does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from IPython import get_ipython
from IPython.display import DisplayHandle, display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike

from lpr_helpers.plots.style import GREY, SERIES, WIDTH, legend, new_figure, note
from lpr_helpers.training.phases import Phase


def learning_curves(history: pd.DataFrame, plan: Sequence[Phase] = ()) -> Figure:
    """Loss, accuracy and learning rate over the epochs.

    history: one row an epoch, with `epoch` and any of `loss`, `val_loss`, `recognition_rate`, `character_accuracy`,
    `learning_rate`, `tracks_per_s`; a column `phase` parts the curves, and its phases follow one another.
    plan: the phases as they were meant; of those with the schedule "cosine" the rate is drawn all the way, where the
    history knows no more than the end of each epoch.
    """
    history = pd.DataFrame(history)
    if history.empty:
        return note("No epoch has finished yet.")
    phases = _phases(history)
    with new_figure(1, 3, height=3.3, gridspec_kw={"width_ratios": [4, 4, 3]}) as (figure, axes):
        _curves(axes[0], "Loss", phases, {"loss": "training", "val_loss": "validation"}, "best")
        accuracies = {"recognition_rate": "recognition rate", "character_accuracy": "character accuracy"}
        _curves(axes[1], "Validation", phases, accuracies, "best")
        axes[1].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes[1].set_ylim(-0.02, 1.02)
        recorded = _planned(
            axes[2], phases, {phase.name: phase for phase in plan if phase.schedule == "cosine"}
        )
        _curves(axes[2], "Learning rate", recorded, {"learning_rate": ""}, "upper right")
        axes[2].set_yscale("log")
        if "tracks_per_s" in history and history["tracks_per_s"].notna().any():
            speed = f"{history['tracks_per_s'].median():,.0f} tracks a second (median of the epochs)"
            figure.supxlabel(speed, fontsize=9)
    return figure


class InPlace:
    """One place below a notebook's cell, whose picture is replaced by the next; outside a notebook nothing."""

    def __init__(self) -> None:
        self._handle: DisplayHandle | None = None

    def show(self, draw: Callable[[], Figure]) -> None:
        """Show what ``draw`` returns in place of what was shown before."""
        if not hasattr(get_ipython(), "kernel"):
            return
        if self._handle is None:
            self._handle = display(draw(), display_id=True)
        else:
            self._handle.update(draw())


class LiveCurves:
    """`learning_curves` that redraw themselves in place below a notebook's cell; elsewhere they do nothing.

    Call it (or `update`) with the history so far after every epoch, of several phases too.
    """

    def __init__(self) -> None:
        self._shown = InPlace()

    def update(self, history: pd.DataFrame) -> None:
        """Show `learning_curves` of ``history`` in place of what was shown before."""
        self._shown.show(lambda: learning_curves(history))

    __call__ = update


def augmentation_gallery(
    originals: ArrayLike, augmented_by_name: Mapping[str, ArrayLike], n: int = 6
) -> Figure:
    """The first ``n`` images above what each augmentation made of them.

    originals and each of ``augmented_by_name``: [N, H, W] or [N, C, H, W] with 1 or 3 channels, uint8 or float in 0..1;
    torch tensors are taken as well.
    """
    given = {"original": originals, **augmented_by_name}
    rows = {name: _channels_last(name, images)[:n] for name, images in given.items()}
    columns = max(len(images) for images in rows.values())
    if not columns:
        return note("No images to show.")
    height, width = rows["original"].shape[1:3]
    cell = WIDTH / columns * height / width
    with new_figure(len(rows), columns, height=(cell + 0.3) * len(rows), squeeze=False) as (figure, axes):
        for (name, images), line in zip(rows.items(), axes, strict=True):
            line[0].set_title(name)
            for axis in line:
                axis.axis("off")
            for axis, image in zip(line, images, strict=False):
                axis.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    return figure


def _phases(history: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The history of each phase, with its epochs counted on from the phase before it."""
    parts = dict(list(history.groupby("phase", sort=False))) if "phase" in history else {"": history}
    last = -np.inf
    for name, part in parts.items():
        first = part["epoch"].min()
        parts[name] = part.assign(epoch=part["epoch"] + (last + 1 - first if first <= last else 0))
        last = parts[name]["epoch"].max()
    return parts


def _planned(
    axis: Axes, phases: Mapping[str, pd.DataFrame], plan: Mapping[str, Phase]
) -> dict[str, pd.DataFrame]:
    """Draw the rate of the phases in ``plan`` at every moment so far; returns all phases, those without their rates."""
    left, known = dict(phases), [name for name in phases if name in plan]
    for name in known:
        part, epochs = phases[name], plan[name].epochs
        done = np.linspace(0, len(part), 50 * len(part) + 1)
        done = done[:-1]  # the last rate is 0, which a log scale has not
        rates = [plan[name].rate(d / epochs) for d in done]
        axis.plot(part["epoch"].min() - 0.5 + done, rates, color=SERIES[0])
        left[name] = part.assign(learning_rate=np.nan)
    if known:
        highest = max(plan[name].learning_rate for name in known)
        axis.set_ylim(1e-3 * highest, 2 * highest)
    return left


def _curves(
    axis: Axes, title: str, phases: Mapping[str, pd.DataFrame], columns: Mapping[str, str], corner: str
) -> None:
    """Draw the ``columns`` (column → name in the legend) that were recorded, the phases parted by a dotted line."""
    for (column, name), colour, dash in zip(columns.items(), SERIES, ("-", "--"), strict=False):
        for part in phases.values():
            if column in part and part[column].notna().any():
                style: dict[str, Any] = {"color": colour, "marker": "o", "ms": 3.5, "label": name}
                axis.plot(part["epoch"], part[column], dash, **style)
                name = ""  # once in the legend
    if not axis.lines:
        axis.text(0.5, 0.5, "not recorded", transform=axis.transAxes, ha="center", color=GREY)
    starts = {phase: part["epoch"].min() for phase, part in phases.items()}
    for number, (phase, start) in enumerate(starts.items()):
        if number:
            axis.axvline(start - 0.5, color=GREY, ls=":", lw=1.2)
        axis.text(start - 0.5, 1, phase, transform=axis.get_xaxis_transform(), va="bottom", fontsize=9)
    axis.set_title(title, pad=16 if any(phases) else 6)
    axis.set(
        xlabel="epoch",
        xlim=(min(starts.values()) - 0.5, max(p["epoch"].max() for p in phases.values()) + 0.5),
    )
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    legend(axis, loc=corner)


def _channels_last(name: str, images: ArrayLike) -> np.ndarray:
    """Images of any accepted shape as float32 in 0..1, [N, H, W] grey or [N, H, W, 3] colour."""
    array = np.asarray(images.detach().cpu() if hasattr(images, "detach") else images)
    if array.ndim == 4 and array.shape[1] in (1, 3):
        array = array[:, 0] if array.shape[1] == 1 else array.transpose(0, 2, 3, 1)
    elif array.ndim != 3:
        raise ValueError(
            f"{name}: images of shape {array.shape}; give [N, H, W], [N, 1, H, W] or [N, 3, H, W]"
        )
    scale = 255 if array.dtype == np.uint8 else 1
    return np.clip(array.astype(np.float32) / scale, 0, 1)
