"""Pictures of what a reader saw: the characters that it took for others, its attention, the pixels that decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lpr_helpers.data.frames import Packed
from lpr_helpers.evaluation.attribution import Attribution
from lpr_helpers.plots.style import HEAT, WRONG, YELLOW, new_figure, note
from lpr_helpers.synthetic.glyphs import FACES, plate_glyph

CROP = 2.6
"""Width of a character's crop, in characters: it stands between its neighbours, as the reader saw it."""
ROWS = (0.25, 0.97)
"""Top and bottom of a crop, as shares of the frame's height: without the strip above the characters."""
STROKE = 0.14
"""Strokes of the drawn characters, as a share of their height."""
FRAME = 2.1
"""Width against height of a frame as cameras deliver it; the network stretches it to 4."""


def confusion_crops(
    results: pd.DataFrame, attribution: Attribution, swaps: pd.DataFrame, top: pd.DataFrame, n: int = 6
) -> Figure:
    """The most frequent confusions, a row each: both characters as drawn, and up to ``n`` places of that confusion.

    results, attribution: of the same tracks. swaps: from `confusions.swaps` of these results. top: from
    `confusions.top_confusions`. A crop is cut from the track's weightiest frame, where the slot was looked for; its
    character stands between the two marks. The surest readings come first.
    """
    if top.empty:
        return note("No character was taken for another.")
    with new_figure(len(top), 2 + n, height=1.5 * len(top), squeeze=False) as (figure, axes):
        for axis in axes.flat:
            axis.axis("off")
        for line, row in zip(axes, top.itertuples(), strict=True):
            for axis, name, kind in zip(line, (row.true, row.read), ("true", "read"), strict=False):
                axis.imshow(_drawn(name), cmap="Greys_r", vmin=0, vmax=255)
                axis.set_title(f"{kind}: {name}", fontsize=10)
            found = swaps[(swaps["true"] == row.true) & (swaps["read"] == row.read)].drop_duplicates("row")
            sure = results["confidence"].to_numpy()[found["row"]]
            for axis, swap in zip(line[2:], found.iloc[np.argsort(-sure)].itertuples(), strict=False):
                _crop(axis, attribution, swap.row, swap.place - 1)
                axis.set_title(f"{results['track_id'].iloc[swap.row]}\nplace {swap.place}", fontsize=9)
    return figure


def attention(results: pd.DataFrame, attribution: Attribution, tracks: Sequence[int]) -> Figure:
    """On which columns of which frames each place of the plate was read: a track each of ``tracks`` (positions).

    Under every frame, as the network saw it, stands a row for each place, darker where its attention fell; one scale
    for a track, so the maps of frames of little weight are pale. Titles give the weight, and what the frame says
    alone; wrong places are marked on the left with what they should be. A reader of single frames tells how sure it is
    of each instead. Where its slots do not attend, its map of the frame is shown, if it has one, from the
    track's least to its most: small differences look large.

    results: of the tracks of ``attribution``, with ``frame_readings`` and ``frame_confidences``.
    """
    if not len(tracks):
        return note("There is no such track to look at.")
    slots = attribution.attention is not None
    maps = attribution.attention if slots else attribution.spatial  # [B, F, L, T] or [B, F, h, w]
    heights = (1,) if maps is None else (1, 1.15) if slots else (1, 1)
    with new_figure(height=(0.8 + sum(heights)) * len(tracks)) as (figure, axis):
        axis.remove()
        parts = np.atleast_1d(figure.subfigures(len(tracks), 1))
        for track, part in zip(tracks, parts, strict=True):
            row, shape = results.iloc[track], (len(heights), attribution.frames.shape[1])
            part.suptitle(_caption(row), x=0.01, ha="left", fontsize=10)
            lines = part.subplots(*shape, squeeze=False, height_ratios=heights)
            for frame, column in enumerate(lines.T):
                column[0].imshow(attribution.frames[track, frame], cmap="gray", aspect="auto")
                _titled(column[0], row, attribution, track, frame)
                if maps is not None:
                    ends = {"vmin": 0 if slots else maps[track].min(), "vmax": maps[track].max()}
                    column[1].imshow(maps[track, frame], cmap=HEAT, aspect="auto", **ends)
                for axis in column:
                    axis.set(xticks=[], yticks=[])
                    axis.grid(visible=False)
            if slots:
                _name_places(lines[1, 0], row)
    return figure


def saliency(
    results: pd.DataFrame, packed: Packed, maps: Mapping[int, np.ndarray], rows: Sequence[int]
) -> Figure:
    """The pixels that readings hang on: the frames of each track, and below them the same under its map.

    results: of the tracks ``rows`` of ``packed``. maps: position of a track in both → its map from
    `saliency.saliency_map`; one scale for all frames of a track, bright where a change of the pixel argues most.
    """
    if not maps:
        return note("There is no such track to look at.")
    with new_figure(height=2.5 * len(maps)) as (figure, axis):
        axis.remove()
        parts = np.atleast_1d(figure.subfigures(len(maps), 1))
        for (track, strength), part in zip(maps.items(), parts, strict=True):
            part.suptitle(_caption(results.iloc[track]), x=0.01, ha="left", fontsize=10)
            lines = part.subplots(2, len(strength), squeeze=False)
            for frame, (above, below) in enumerate(lines.T):
                image = packed.images[rows[track], frame].mean(0)
                for axis in (above, below):
                    axis.imshow(image, cmap="gray", aspect=4 / FRAME)
                    axis.axis("off")
                below.imshow(strength[frame], cmap="inferno", alpha=0.75, aspect=4 / FRAME, vmin=0, vmax=1)
    return figure


def _titled(axis: Axes, row: pd.Series, attribution: Attribution, track: int, frame: int) -> None:
    if not attribution.valid[track, frame]:
        axis.set_title("missing", fontsize=9)
        return
    place = int(attribution.valid[track, :frame].sum())  # among the usable frames
    alone = row["frame_readings"][place]
    told = f"weight {attribution.frame_weights[track, frame]:.0%}"
    if not attribution.together:
        told = f"{row['frame_confidences'][place]:.0%} sure"
    axis.set_title(f"{told}\nalone {alone} {'✓' if alone == row['text'] else '✗'}", fontsize=9)


def _name_places(axis: Axes, row: pd.Series) -> None:
    """Name the places on the left of a map by what was read there, and wrong ones by what they should be too."""
    pairs = list(zip(row["text"], row["reading"], strict=False))
    names = [read if true == read else f"{read} (is {true})" for true, read in pairs]
    axis.set_yticks(range(len(names)), names)
    for label, (true, read) in zip(axis.get_yticklabels(), pairs, strict=True):
        label.set(color="black" if true == read else WRONG, weight="normal" if true == read else "bold")


def _caption(row: pd.Series) -> str:
    right = "right" if row["text"] == row["reading"] else f"read {row['reading']}"
    return f"{row['track_id']} · {row['text']} · {right}, {row['confidence']:.0%} sure"


def _drawn(character: str) -> np.ndarray:
    """A character as ink on white paper, uint8 [96 + 16, w]; blank for one that there is no drawing of."""
    try:
        ink = plate_glyph(FACES[-1], character, STROKE)
    except (KeyError, ValueError):
        return np.full((112, 60), 255, np.uint8)
    return np.pad(255 - ink, 8, constant_values=255)


def _crop(axis: Axes, attribution: Attribution, track: int, place: int) -> None:
    """Draw a place in the track's weightiest frame, marked, between its neighbours."""
    frame = int(attribution.frame_weights[track].argmax())
    image = attribution.frames[track, frame]
    height, width = image.shape
    centres = width * np.array(
        [attribution.centre(track, frame, number) for number in range(attribution.length)]
    )
    pitch = float(
        np.clip(np.median(np.diff(centres)), width / (2 * attribution.length), width / attribution.length)
    )
    top, bottom = (round(share * height) for share in ROWS)
    middle = centres[place]
    axis.imshow(image, cmap="gray", aspect=4 / FRAME)
    axis.set(xlim=(middle - CROP * pitch / 2, middle + CROP * pitch / 2), ylim=(bottom, top))
    ends = [middle - pitch / 2, middle + pitch / 2]
    axis.plot(ends, [top + 1] * 2, color=YELLOW, marker="|", ms=8, mew=2, lw=2)
