"""Pictures of how the generator makes a track: every step of it, and the letters it begins with."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lpr_helpers.plates import BRAZIL
from lpr_helpers.plots.style import new_figure
from lpr_helpers.synthetic.dataset import make_track
from lpr_helpers.synthetic.glyphs import FACES, plate_glyph
from lpr_helpers.synthetic.lettering import font_glyph
from lpr_helpers.synthetic.recipe import RECIPE, Recipe

ROOM = 8
"""Pixels between the widest characters of the alphabet, which are 96 high."""


def making(
    seed: int = 3, scenario: str = "B", layout: str = "Mercosur", *, recipe: Recipe = RECIPE
) -> Figure:
    """How one synthetic track is made: the plate, its way through the camera, and the frames that come of it.

    seed, scenario, layout, recipe: as in `synthetic.make_track`; the same ones show the same track. The first row is
    the plate, one pixel a millimetre; the second its way to the middle LR frame; the last the five LR frames and one
    HR frame. Each picture fills its place, small ones enlarged without smoothing; captions give sizes in pixels.
    """
    steps: list[tuple[str, np.ndarray]] = []
    track = make_track(
        seed, scenario, layout, recipe=recipe, watch=lambda name, image: steps.append((name, image.copy()))
    )
    steps = [(f"{number} · {name}", image) for number, (name, image) in enumerate(steps, 1)]
    plates = sum(image.shape == steps[0][1].shape for _, image in steps)
    frames = [(f"LR {number}", frame) for number, frame in enumerate(track.lr, 1)] + [("HR 1", track.hr[0])]
    rows = steps[:plates], steps[plates:], frames
    with new_figure(height=4.9) as (figure, axis):
        axis.remove()
        parts = figure.subfigures(len(rows), 1, height_ratios=(10, 10, 8))
        for part, pictures in zip(parts, rows, strict=True):
            for place, (name, image) in zip(np.ravel(part.subplots(1, len(pictures))), pictures, strict=True):
                _picture(place, image, f"{name}\n{image.shape[1]} × {image.shape[0]} px")
        figure.suptitle(f"{track.text} · {layout} · Scenario {scenario}", x=0.01, ha="left", fontsize=11)
    return figure


def letters(*, recipe: Recipe = RECIPE) -> Figure:
    """The alphabet of both faces: our own drawings, and below each one of the free fonts that come nearest to it."""
    lines = {}
    for face in FACES:
        style = recipe.plates.lettering[face]
        font, stroke = style.fonts[0], sum(style.stroke) / 2
        lines[f"{face}: our own glyphs"] = [
            plate_glyph(face, character, stroke) for character in BRAZIL.alphabet
        ]
        lines[f"{face}: {font}, a free font"] = [font_glyph(font, character) for character in BRAZIL.alphabet]
    cell = ROOM + max(ink.shape[1] for inks in lines.values() for ink in inks)
    with new_figure(len(lines), 1, height=2.3) as (figure, axes):
        for axis, (caption, inks) in zip(axes, lines.items(), strict=True):
            _picture(axis, np.hstack([_amid(ink, cell) for ink in inks]), caption)
    return figure


def _amid(ink: np.ndarray, width: int) -> np.ndarray:
    """A character's ink (uint8 [h, w], 255 ink) in the middle of white paper ``width`` wide: RGB [h, width, 3]."""
    left = (width - ink.shape[1]) // 2
    paper = np.pad(255 - ink, ((0, 0), (left, width - left - ink.shape[1])), constant_values=255)
    return np.repeat(paper[..., None], 3, axis=2)


def _picture(axis: Axes, image: np.ndarray, caption: str) -> None:
    small = image.shape[1] < 200
    axis.imshow(image, interpolation="nearest" if small else "antialiased")
    axis.axis("off")
    axis.set_title(caption, fontsize=9)
