"""Pictures of tracks: their frames, their corners, and what is left of them when pixels go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lpr_helpers.data.overview import group_names
from lpr_helpers.evaluation.pixel_sizes import lettering_shares
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.plots.style import YELLOW, new_figure, note
from lpr_helpers.transforms.rectification import straightened
from lpr_helpers.utils.images import read_image, resize

LONGEST = 120
"""Characters of a caption that fit the width of a figure."""


def track_sheet(
    rows: pd.DataFrame, n: int = 8, hr: bool = False, seed: int | None = None, problems: bool = False
) -> Figure:
    """The frames of the first ``n`` tracks, one track a row, enlarged without smoothing, in their true aspect.

    rows: from `TrackSet.table` or from results. hr: a second row a track with its HR frames, which show other moments
    of the same vehicle. seed: draw the tracks at random instead of taking the first. problems: name each track's
    first problem. Corners are drawn where ``rows`` has them; a file that cannot be read leaves its place marked.
    """
    rows = rows.head(n) if seed is None else rows.sample(min(n, len(rows)), random_state=seed)
    kinds = ["lr", "hr"] if hr else ["lr"]
    strips = [(row, kind) for row in rows.to_dict("records") for kind in kinds if kind == "lr" or row[kind]]
    columns = max((len(row[kind]) for row, kind in strips), default=0)
    if not columns:
        return note("There are no such tracks here, so there are no frames to show.")
    with new_figure(len(strips), columns, height=1.3 * len(strips), squeeze=False) as (figure, axes):
        for (row, kind), line in zip(strips, axes, strict=True):
            caption = _caption(row, problems) if kind == "lr" else "HR"
            # a long title would widen its column: the text takes no room, the empty title keeps the line's height
            line[0].text(0, 1.1, caption, transform=line[0].transAxes, fontsize=10, in_layout=False)
            line[0].set_title(" ")
            for place, axis in enumerate(line):
                axis.axis("off")
                if place < len(row[kind]):
                    _frame(axis, row[kind][place], row.get("corners") or {})
    return figure


def corners(table: pd.DataFrame, n: int = 3, seed: int = 0) -> Figure:
    """What corners are good for: a track a row, its middle LR and HR frame as they are, and straightened by them.

    table: `TrackSet.table`; ``n`` tracks of those with corners are drawn by ``seed``. A plate of a known layout is
    straightened to 400 × 130 mm, its true aspect, any other to the mean lengths of its own sides.
    """
    rows = table[table["corners"].map(bool)]
    if rows.empty:
        return note("No annotation here has corners, so none are drawn. Nothing later needs them.")
    rows = rows.sample(min(n, len(rows)), random_state=seed)
    with new_figure(len(rows), 4, height=1.4 * len(rows), squeeze=False) as (figure, axes):
        for axis in axes.flat:
            axis.axis("off")
        for row, line in zip(rows.to_dict("records"), axes, strict=True):
            _upright(line[:2], row, "lr")
            _upright(line[2:], row, "hr")
    return figure


def _upright(pair: Sequence[Axes], row: Mapping, kind: str) -> None:
    """Draw a track's middle frame of those of a ``kind`` that have corners, and what they make of it."""
    files = [file for file in row[kind] if Path(file).name in row["corners"]]
    file = files[len(files) // 2] if files else None
    if file is None or (image := read_image(file)) is None:
        return
    _frame(pair[0], file, row["corners"])
    pair[0].set_title(f"{kind.upper()}, {image.shape[1]} × {image.shape[0]} px", fontsize=10)
    pair[1].imshow(straightened(image, row["corners"][Path(file).name], row["layout"] in BRAZIL.layouts))
    pair[1].set_title("straightened", fontsize=10)


def shrinking(
    table: pd.DataFrame, plate: PlateFormat = BRAZIL, factors: Sequence[float] = (1.0, 0.75, 0.5)
) -> Figure:
    """What is left of a plate when pixels go: a track a row, its HR frame, and an LR frame at ``factors`` of its size.

    table: `TrackSet.table`. From each scenario and layout comes the track whose frames are nearest to the usual width
    there (four rows at most). All are enlarged to one size without smoothing; captions tell pixels, and how many a
    stroke has where the layouts of ``plate`` are known.
    """
    rows = _typical(table[table["trainable"]]).head(4)
    if rows.empty:
        return note("No labelled track has frames that could be shrunk.")
    letters = lettering_shares(plate)
    with new_figure(height=1.75 * len(rows)) as (figure, axis):
        axis.remove()
        parts = np.atleast_1d(figure.subfigures(len(rows), 1))
        for row, part in zip(rows.to_dict("records"), parts, strict=True):
            part.suptitle(_caption(row), x=0.005, ha="left", fontsize=10)
            pictures = _shrunk(row, factors)
            line = part.subplots(1, 1 + len(factors), squeeze=False)[0]
            for place in line:
                place.axis("off")
            for place, (name, image) in zip(line, pictures.items(), strict=False):
                stroke = f", stroke {image.shape[1] * letters.stroke:.1f} px" if letters else ""
                place.imshow(image, interpolation="nearest")
                place.set_title(f"{name}: {image.shape[1]} × {image.shape[0]} px{stroke}", fontsize=9)
    return figure


def _shrunk(row: Mapping, factors: Sequence[float]) -> dict[str, np.ndarray]:
    """A track's middle LR frame at ``factors`` of its size, and before them its middle HR frame, if it has one."""
    low, high = (read_image(row[kind][len(row[kind]) // 2]) if row[kind] else None for kind in ("lr", "hr"))
    pictures = {} if high is None else {"HR": high}
    if low is not None:
        for factor in factors:
            size = tuple(max(1, round(factor * side)) for side in low.shape[:2])
            pictures[f"LR × {factor:g}"] = resize(np.ascontiguousarray(low), size)
    return pictures


def _typical(table: pd.DataFrame) -> pd.DataFrame:
    """Of each scenario and layout the track whose LR frames are nearest to the group's median width."""
    widths = table["lr_sizes"].map(
        lambda sizes: float(np.mean([width for width, _ in sizes])) if sizes else np.nan
    )
    away = (widths - widths.groupby([group_names(table), table["layout"]]).transform("median")).abs().dropna()
    chosen = away.groupby([table["scenario"], table["layout"]]).idxmin()
    return table.loc[chosen]


def _caption(row: Mapping, problems: bool = False) -> str:
    names = [row["track_id"], row["text"] or "text unknown", row["layout"]]
    if row["scenario"]:
        names.append(f"Scenario {row['scenario']}")
    if "reading" in row:
        names.append(f"read {row['reading'] or 'nothing'}")
    if problems and len(row["problems"]):
        names.append(row["problems"][0])
    caption = " · ".join(name for name in names if name)
    return caption if len(caption) <= LONGEST else f"{caption[: LONGEST - 1]}…"


def _frame(axis: Axes, path: str | Path, outlines: Mapping[str, Sequence]) -> None:
    """Draw one frame, and the plate's outline where ``outlines`` knows it."""
    if (image := read_image(path)) is None:
        lost = f"cannot be read:\n{Path(path).name}"
        axis.text(0.5, 0.5, lost, transform=axis.transAxes, ha="center", va="center")
        return
    axis.imshow(image, interpolation="nearest")
    if outline := outlines.get(Path(path).name):
        closed = np.array([*outline, outline[0]], float)
        axis.plot(*closed.T, color=YELLOW, lw=1.5, marker=".", ms=4)
