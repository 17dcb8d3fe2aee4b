"""The row of seven characters, as ink on a plate: set in our own glyphs or in a font."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lpr_helpers.synthetic.glyphs import plate_glyph
from lpr_helpers.synthetic.recipe import Lettering, PlateRecipe
from lpr_helpers.synthetic.texts import is_argentine
from lpr_helpers.utils.opencv import cv2

FONTS = Path(__file__).parent / "fonts"
GLYPH_HEIGHT = 96
SMALL_FONT = "BarlowCondensed-SemiBold"
DOT_RADIUS = 6
EDGE = 8
"""Millimetres at each end of the plate that no character enters."""


@lru_cache(maxsize=4096)
def font_glyph(font: str, character: str, weight: int = 0) -> np.ndarray:
    """Ink of one character cut to its bounds, uint8 [96, width], strokes ``weight``/96 of the height thicker."""
    face = ImageFont.truetype(str(FONTS / f"{font}.ttf"), 2 * GLYPH_HEIGHT)
    canvas = Image.new("L", (4 * GLYPH_HEIGHT, 4 * GLYPH_HEIGHT))
    ImageDraw.Draw(canvas).text((GLYPH_HEIGHT, GLYPH_HEIGHT // 2), character, font=face, fill=255)
    ink = np.asarray(canvas.crop(canvas.getbbox()))
    width = max(1, round(ink.shape[1] * GLYPH_HEIGHT / ink.shape[0]))
    ink = cv2.resize(ink, (width, GLYPH_HEIGHT), interpolation=cv2.INTER_AREA)
    if not weight:
        return ink
    more = abs(weight)
    ink = cv2.copyMakeBorder(ink, more, more, more, more, cv2.BORDER_CONSTANT, value=0)
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (more + 1, more + 1))
    ink = (cv2.dilate if weight > 0 else cv2.erode)(ink, brush)
    left, top, width, height = cv2.boundingRect(ink)
    return cv2.resize(ink[top : top + height, left : left + width], (width, GLYPH_HEIGHT))


@lru_cache(maxsize=64)
def _stem(font: str) -> int:
    """Width of a font's upright strokes in 1/96 of its capitals' height, measured on its L."""
    return int((font_glyph(font, "L")[GLYPH_HEIGHT // 3] > 127).sum())


def row_of_characters(
    text: str, layout: str, rng: np.random.Generator, recipe: PlateRecipe, free: bool
) -> np.ndarray:
    """Where the characters (and the dot) of a plate are, uint8 [130, 400], 255 for ink.

    ``free``: characters in groups of any size instead of the layout's own places, or as Argentina has them.
    """
    style = recipe.lettering[layout]
    mask = np.zeros(recipe.size[::-1], np.uint8)
    height = style.height * (1 + recipe.height_jitter * _normal(rng))
    set_in = _plate_glyphs if rng.random() < recipe.own_glyph_share else _font
    inks = set_in(text, layout, height, rng, recipe)
    wide = 1 + recipe.width_jitter * _normal(rng)
    centres, dot = np.array(style.centres), style.dot
    if free and layout == "Mercosur" and is_argentine(text):
        centres = np.array(recipe.argentine_centres)
    elif free:
        centres, dot = _free_places(rng, recipe, style)
    centres = centres + recipe.place_jitter * np.clip(rng.normal(size=len(text)), -2, 2)
    for (ink, width), centre in zip(inks, centres, strict=True):
        stamp(mask, ink, centre, style.base, width * wide, height)
    if dot is not None:
        place = round(dot), round(style.base - 0.47 * style.height)
        cv2.circle(mask, place, DOT_RADIUS, 255, -1, cv2.LINE_AA)
    return mask


def _plate_glyphs(
    text: str, layout: str, height: float, rng: np.random.Generator, recipe: PlateRecipe
) -> list[tuple[np.ndarray, float]]:
    """Ink and width of each character, cut from our own glyphs."""
    stroke = _weight(rng, recipe.lettering[layout]) / GLYPH_HEIGHT
    roundness = recipe.roundness[rng.integers(len(recipe.roundness))]
    inks = [plate_glyph(layout, character, stroke, roundness) for character in text]
    return [(ink, ink.shape[1] * height / GLYPH_HEIGHT) for ink in inks]


def _font(
    text: str, layout: str, height: float, rng: np.random.Generator, recipe: PlateRecipe
) -> list[tuple[np.ndarray, float]]:
    """Ink and width of each character, set in one of the layout's fonts and brought to the layout's widths."""
    style = recipe.lettering[layout]
    font = style.fonts[rng.integers(len(style.fonts))]
    weight, own = _weight(rng, style), rng.uniform(*recipe.natural_width)
    inks = []
    for character in text:
        if character in style.bars:
            inks.append((np.full((2, 2), 255, np.uint8), weight / GLYPH_HEIGHT * height))
            continue
        if character in style.cut:
            ink = plate_glyph(layout, character, weight / GLYPH_HEIGHT)
            inks.append((ink, ink.shape[1] * height / GLYPH_HEIGHT))
            continue
        face = style.slab_font if character in style.slabs else font
        stem = _stem(face)
        ink = font_glyph(face, character, max(weight - stem, -stem // 3))
        target = style.width * style.widths.get(character, 1.0)
        natural = min(ink.shape[1] * height / GLYPH_HEIGHT, 1.1 * target)
        inks.append((ink, (1 - own) * target + own * natural))
    return inks


def _free_places(
    rng: np.random.Generator, recipe: PlateRecipe, style: Lettering
) -> tuple[np.ndarray, float | None]:
    """Centres of seven characters in one to three groups, and perhaps a dot in the first gap."""
    steps = np.full(6, rng.uniform(*recipe.pitch))
    gaps = rng.choice(6, rng.integers(3), replace=False)
    steps[gaps] += rng.uniform(*recipe.gaps, len(gaps))
    room = recipe.size[0] - 2 * EDGE - style.width
    steps *= min(1.0, room / steps.sum())
    start = rng.uniform(0.25, 0.75) * (room - steps.sum())
    centres = EDGE + style.width / 2 + start + np.concatenate([[0], np.cumsum(steps)])
    dotted = style.dot is not None and len(gaps) and steps[gaps[0]] > style.width + 4 * DOT_RADIUS
    return centres, float(centres[gaps[0]] + centres[gaps[0] + 1]) / 2 if dotted else None


def stamp(mask: np.ndarray, ink: np.ndarray, centre: float, base: float, width: float, height: float) -> None:
    """Lay a glyph, stretched to width × height, on the mask: centred at ``centre``, its foot at ``base``."""
    width, height = max(2, round(width)), round(height)
    left, top = round(centre - width / 2), round(base) - height
    left = min(max(left, 0), mask.shape[1] - width)
    area = mask[top : top + height, left : left + width]
    np.maximum(area, cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA), out=area)


@lru_cache(maxsize=512)
def small_text(text: str, height: int) -> np.ndarray:
    """A line of small capitals, cut to its bounds, uint8 [height, width]."""
    gap = 0.16 * height
    advance = [
        0.28 * height if c in " -" else font_glyph(SMALL_FONT, c).shape[1] * height / GLYPH_HEIGHT
        for c in text
    ]
    mask = np.zeros((height, round(sum(advance) + gap * len(text))), np.uint8)
    x = 0.0
    for character, step in zip(text, advance, strict=True):
        if character == "-":
            bar = np.full((2, 2), 255, np.uint8)
            stamp(mask, bar, x + step / 2, 0.6 * height, step, max(1, 0.15 * height))
        elif character != " ":
            stamp(mask, font_glyph(SMALL_FONT, character), x + step / 2, height, step, height)
        x += step + gap
    return mask


def _weight(rng: np.random.Generator, style: Lettering) -> int:
    """A plate's stroke in 1/96 of the characters' height; even numbers only, so that glyphs need drawing less often."""
    return 2 * round(rng.uniform(*style.stroke) * GLYPH_HEIGHT / 2)


def _normal(rng: np.random.Generator) -> float:
    """A standard normal number that does not run wild."""
    return float(np.clip(rng.normal(), -2, 2))
