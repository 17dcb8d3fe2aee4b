"""Plates drawn flat and upright, one pixel a millimetre, as they leave the maker (and after a few winters)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.recipe import RECIPE, Lettering, PlateClass, PlateRecipe

FONTS = Path(__file__).parent / "fonts"
GLYPH_HEIGHT = 96
SMALL_FONT = "BarlowCondensed-SemiBold"
WHITE = (240, 240, 240)


def plate_text(layout: str, rng: np.random.Generator, recipe: PlateRecipe = RECIPE.plates) -> str:
    """A random text of a layout; Mercosur's fifth character is A–J more often, as on converted plates."""
    places = [BRAZIL.allowed(symbol) for symbol in BRAZIL.layouts[layout]]
    if layout == "Mercosur" and rng.random() < recipe.converted_share:
        places[4] = "ABCDEFGHIJ"
    return "".join(place[rng.integers(len(place))] for place in places)


def draw_plate(
    text: str, layout: str, rng: np.random.Generator, recipe: PlateRecipe = RECIPE.plates
) -> np.ndarray:
    """Draw one plate.

    Parameters
    ----------
    text: seven characters A–Z, 0–9; need not fit the layout.
    layout: ``Brazilian`` or ``Mercosur``.
    rng: decides font, plate class, wear; the same state draws the same plate.
    recipe: ranges to draw from.

    Returns
    -------
    uint8 [130, 400, 3], RGB, square corners.
    """
    kinds = recipe.classes[layout]
    shares = np.array([kind.share for kind in kinds])
    kind = kinds[rng.choice(len(kinds), p=shares / shares.sum())]
    kind = PlateClass(kind.share, *(_faded(colour, rng, recipe) for colour in (kind.ground, kind.ink)))
    width, height = recipe.size
    plate = np.empty((height, width, 3), np.float32)
    plate[:] = kind.ground
    furnish = _furnish_mercosur if layout == "Mercosur" else _furnish_brazilian
    furnish(plate, kind, rng, recipe)
    _ink(plate, _lettering_mask(text, recipe.lettering[layout], rng, recipe), kind.ink)
    return np.clip(_weathered(plate, rng, recipe), 0, 255).astype(np.uint8)


@lru_cache(maxsize=4096)
def glyph(font: str, character: str, weight: int = 0) -> np.ndarray:
    """Ink of one character cut to its bounds, uint8 [96, width], strokes ``weight``/96 of the height thicker."""
    face = ImageFont.truetype(str(FONTS / f"{font}.ttf"), 2 * GLYPH_HEIGHT)
    canvas = Image.new("L", (4 * GLYPH_HEIGHT, 4 * GLYPH_HEIGHT))
    ImageDraw.Draw(canvas).text((GLYPH_HEIGHT, GLYPH_HEIGHT // 2), character, font=face, fill=255)
    ink = np.asarray(canvas.crop(canvas.getbbox()))
    width = max(1, round(ink.shape[1] * GLYPH_HEIGHT / ink.shape[0]))
    ink = cv2.resize(ink, (width, GLYPH_HEIGHT), interpolation=cv2.INTER_AREA)
    if not weight:
        return ink
    ink = cv2.copyMakeBorder(ink, *[abs(weight)] * 4, cv2.BORDER_CONSTANT, value=0)
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (abs(weight) + 1, abs(weight) + 1))
    ink = (cv2.dilate if weight > 0 else cv2.erode)(ink, brush)
    left, top, width, height = cv2.boundingRect(ink)
    return cv2.resize(ink[top : top + height, left : left + width], (width, GLYPH_HEIGHT))


@lru_cache(maxsize=64)
def _stem(font: str) -> int:
    """Width of a font's upright strokes in 1/96 of its capitals' height, measured on its L."""
    return int((glyph(font, "L")[GLYPH_HEIGHT // 3] > 127).sum())


def _lettering_mask(text: str, style: Lettering, rng: np.random.Generator, recipe: PlateRecipe) -> np.ndarray:
    """Where the seven characters (and the dot) are, float32 [height, width], 0–1."""
    mask = np.zeros(recipe.size[::-1], np.uint8)
    font = style.fonts[rng.integers(len(style.fonts))]
    stroke = rng.uniform(*style.stroke)
    wide = 1 + recipe.width_jitter * np.clip(rng.normal(), -2, 2)
    height = style.height * (1 + recipe.height_jitter * np.clip(rng.normal(), -2, 2))
    own = rng.uniform(*recipe.natural_width)
    places = np.array(style.centres) + recipe.place_jitter * np.clip(rng.normal(size=len(text)), -2, 2)
    for character, centre in zip(text, places, strict=True):
        if character in style.bars:
            _stamp(mask, np.full((2, 2), 255, np.uint8), centre, style.base, stroke * height, height)
            continue
        face = style.slab_font if character in style.slabs else font
        stem = _stem(face)
        ink = glyph(face, character, max(round(stroke * GLYPH_HEIGHT) - stem, -stem // 3))
        target = style.width * style.widths.get(character, 1.0) * wide
        target = (1 - own) * target + own * min(ink.shape[1] * height / GLYPH_HEIGHT, 1.1 * target)
        _stamp(mask, ink, centre, style.base, target, height)
    if style.dot is not None:
        cv2.circle(mask, (round(style.dot), round(style.base - 0.47 * style.height)), 6, 255, -1, cv2.LINE_AA)
    return mask.astype(np.float32) / 255


def _stamp(
    mask: np.ndarray, ink: np.ndarray, centre: float, base: float, width: float, height: float
) -> None:
    """Lay a glyph, stretched to width × height, on the mask: centred at ``centre``, its foot at ``base``."""
    width, height = max(2, round(width)), round(height)
    left, top = round(centre - width / 2), round(base) - height
    left = min(max(left, 0), mask.shape[1] - width)
    area = mask[top : top + height, left : left + width]
    np.maximum(area, cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA), out=area)


def _ink(plate: np.ndarray, mask: np.ndarray, colour) -> None:
    rows = slice(*(np.flatnonzero(mask.any(axis=1))[[0, -1]] + (0, 1)))
    plate[rows] += mask[rows, :, None] * (np.array(colour, np.float32) - plate[rows])


def _small_text(plate: np.ndarray, text: str, centre: float, base: float, height: int, colour) -> None:
    """A line of small capitals, centred."""
    advance = [0.28 * height if c in " -" else glyph(SMALL_FONT, c).shape[1] * height / 96 for c in text]
    x = centre - (sum(advance) + 0.16 * height * (len(text) - 1)) / 2
    mask = np.zeros(plate.shape[:2], np.uint8)
    for character, step in zip(text, advance, strict=True):
        if character == "-":
            _stamp(
                mask, np.full((2, 2), 255, np.uint8), x + step / 2, base - 0.4 * height, step, 0.15 * height
            )
        elif character != " ":
            _stamp(mask, glyph(SMALL_FONT, character), x + step / 2, base, step, height)
        x += step + 0.16 * height
    _ink(plate, mask.astype(np.float32) / 255, colour)


def _furnish_brazilian(
    plate: np.ndarray, kind: PlateClass, rng: np.random.Generator, recipe: PlateRecipe
) -> None:
    """Rim, strip with state and town, rivets, seal."""
    width, height = recipe.size
    ground = np.array(kind.ground, np.float32)
    cv2.rectangle(plate, (2, 2), (width - 3, height - 3), (ground * 0.8).tolist(), 2)
    cv2.rectangle(plate, (82, 13), (350, 37), (ground * 0.72).tolist(), 1)
    _small_text(plate, recipe.cities[rng.integers(len(recipe.cities))], 210, 33, 15, kind.ink)
    seal = [(150, 40, 30), (190, 150, 40), (0.8 * ground).tolist(), (0.35 * ground).tolist()][rng.integers(4)]
    cv2.circle(plate, (44, 28), 9, seal, -1, cv2.LINE_AA)
    for x, y in ((112, 8), (288, 8), (112, height - 9), (288, height - 9)):
        cv2.circle(plate, (x, y), 4, (ground * rng.uniform(0.3, 0.9)).tolist(), -1, cv2.LINE_AA)


def _furnish_mercosur(
    plate: np.ndarray, kind: PlateClass, rng: np.random.Generator, recipe: PlateRecipe
) -> None:
    """Rim, band with emblem, BRASIL and flag, QR code and country sign at the left."""
    width, height = recipe.size
    cv2.rectangle(plate, (3, 3), (width - 4, height - 4), kind.ink, 2)
    band = _faded(recipe.band_colour, rng, recipe)
    cv2.rectangle(plate, (2, 2), (width - 3, round(recipe.band_height)), band, -1)
    _small_text(plate, "BRASIL", width / 2, 25, 17, WHITE)
    cv2.circle(plate, (28, 16), 7, (190, 205, 225), 2, cv2.LINE_AA)
    cv2.rectangle(plate, (358, 7), (384, 24), (20, 140, 70), -1)
    cv2.circle(plate, (371, 15), 6, (235, 200, 40), -1, cv2.LINE_AA)
    if rng.random() < 0.7:
        code = rng.integers(0, 2, (10, 10)).astype(np.float32)[..., None]
        dark = np.array(kind.ground, np.float32) * (1 - 0.85 * code)
        plate[40:60, 9:29] = np.kron(dark, np.ones((2, 2, 1), np.float32))
    _small_text(plate, "BR", 20, 118, 13, kind.ink)


def _faded(colour, rng: np.random.Generator, recipe: PlateRecipe) -> tuple[float, float, float]:
    shade = rng.normal(0, recipe.colour_jitter) + rng.normal(0, recipe.colour_jitter / 4, 3)
    return tuple(np.clip(np.array(colour, np.float32) + shade, 0, 255).tolist())


def _weathered(plate: np.ndarray, rng: np.random.Generator, recipe: PlateRecipe) -> np.ndarray:
    """Soft patches of grime over ground and characters alike."""
    grime = cv2.resize(rng.random((4, 11), dtype=np.float32), recipe.size, interpolation=cv2.INTER_CUBIC)
    strength = rng.uniform(*recipe.dirt)
    dust = np.array((120, 110, 95), np.float32)
    return plate + (strength * np.clip(grime, 0, 1))[..., None] * (dust - plate)
