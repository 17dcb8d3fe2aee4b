"""Plates drawn flat and upright, one pixel a millimetre, as they leave the maker, and after a few winters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lpr_helpers.synthetic.lettering import row_of_characters, small_text
from lpr_helpers.synthetic.plate_classes import Colour, PlateClass
from lpr_helpers.synthetic.recipe import RECIPE, PlateRecipe
from lpr_helpers.synthetic.texts import ARGENTINE, FREE, is_argentine, town
from lpr_helpers.synthetic.wear import bolt, emboss, laid_over, weather, worn
from lpr_helpers.utils.opencv import cv2

Watch = Callable[[str, np.ndarray], None]
WHITE = (240, 240, 240)
COUNTRIES = ("REPUBLICA ARGENTINA", "URUGUAY", "PARAGUAY", "BRASIL")


def draw_plate(
    text: str,
    layout: str,
    rng: np.random.Generator,
    recipe: PlateRecipe = RECIPE.plates,
    *,
    watch: Watch | None = None,
) -> np.ndarray:
    """Draw one plate.

    Parameters
    ----------
    text: seven characters A–Z, 0–9; need not fit the layout.
    layout: ``Brazilian``, ``Mercosur``, ``Argentine``, or ``Free``: either design, characters grouped anyhow, other
        countries' words.
    rng: decides typeface, plate class, wear; the same state draws the same plate.
    recipe: ranges to draw from.
    watch: is shown each step, as its name and an image like the result.

    Returns
    -------
    uint8 [130, 400, 3], RGB, square corners.
    """
    if free := layout == FREE:
        layout = tuple(recipe.classes)[rng.integers(len(recipe.classes))]
    elif layout == ARGENTINE:  # of the design that both countries share
        free, layout = True, "Mercosur"
    kind = _kind(layout, rng, recipe)
    width, height = recipe.size
    plate = np.zeros((height, width, 3), np.uint8)
    cv2.rectangle(plate, (0, 0), (width, height), kind.ground, -1)
    country = COUNTRIES[rng.integers(len(COUNTRIES))] if free and rng.random() < 0.7 else ""
    if free and layout == "Mercosur" and is_argentine(text):
        country = COUNTRIES[0]
    if layout == "Mercosur":
        _furnish_mercosur(plate, country, kind, rng, recipe)
    else:
        _furnish_brazilian(plate, country or town(text, rng), kind, rng, recipe)
    if watch:
        watch("blank plate", plate.copy())
    mask = row_of_characters(text, layout, rng, recipe, free)
    rows = slice(*(np.flatnonzero(mask.any(axis=1))[[0, -1]] + (-2, 4)))  # with room for the embossing
    if watch:
        plain = plate.copy()
        plain[rows] = laid_over(plain[rows], mask[rows], kind.ink)
        watch("lettered", plain)
    painted = laid_over(plate[rows], worn(mask[rows], rng, recipe), kind.ink)
    plate[rows] = emboss(painted, mask[rows], rng, recipe)
    plate = weather(plate, rng, recipe)
    if watch:
        watch("worn", plate)
    return plate


def _kind(layout: str, rng: np.random.Generator, recipe: PlateRecipe) -> PlateClass:
    """The plate's class, in this plate's own faded colours."""
    kinds = recipe.classes[layout]
    shares = np.array([kind.share for kind in kinds])
    kind = kinds[rng.choice(len(kinds), p=shares / shares.sum())]
    return PlateClass(kind.share, _faded(kind.ground, rng, recipe), _faded(kind.ink, rng, recipe))


def _faded(colour: Colour, rng: np.random.Generator, recipe: PlateRecipe) -> Colour:
    shade = rng.normal(0, recipe.colour_jitter) + rng.normal(0, recipe.colour_jitter / 4, 3)
    red, green, blue = (int(v) for v in np.clip(np.array(colour) + shade, 0, 255))
    return red, green, blue


def _line(plate: np.ndarray, text: str, centre: float, base: float, height: int, colour: Colour) -> None:
    """A line of small capitals, centred, drawn into the plate."""
    ink = small_text(text, height)[:, : plate.shape[1]]
    left = min(max(round(centre - ink.shape[1] / 2), 0), plate.shape[1] - ink.shape[1])
    area = plate[round(base) - height : round(base), left : left + ink.shape[1]]
    area[:] = laid_over(area, ink, colour)


def _furnish_brazilian(
    plate: np.ndarray, strip: str, kind: PlateClass, rng: np.random.Generator, recipe: PlateRecipe
) -> None:
    """Rim, strip with state and town, seal, rivets, slots at the foot."""
    width, height = recipe.size
    ground = np.array(kind.ground, np.float32)
    cv2.rectangle(plate, (2, 2), (width - 3, height - 3), (0.8 * ground).tolist(), 2)
    cv2.rectangle(plate, (82, 13), (350, 37), (0.72 * ground).tolist(), 1)
    _line(plate, strip, 210, 33, 15, kind.ink)
    seal = [(150, 40, 30), (190, 60, 50), (190, 150, 40), (0.35 * ground).tolist()][rng.integers(4)]
    cv2.circle(plate, (44, 28), 9, seal, -1, cv2.LINE_AA)
    bolt(plate, ((112, 9), (288, 9)), rng, recipe)
    for x in (125, 282):
        cv2.ellipse(plate, (x, height - 12), (8, 3), 0, 0, 360, (0.45 * ground).tolist(), -1, cv2.LINE_AA)


def _furnish_mercosur(
    plate: np.ndarray, country: str, kind: PlateClass, rng: np.random.Generator, recipe: PlateRecipe
) -> None:
    """Rim, band with emblem, BRASIL and flag, QR code and country sign at the left."""
    width, height = recipe.size
    cv2.rectangle(plate, (3, 3), (width - 4, height - 4), kind.ink, 2)
    band = _faded((16, 48, 132), rng, recipe)  # Pantone 286, by the rule
    cv2.rectangle(plate, (2, 2), (width - 3, 30), band, -1)
    _line(plate, country or "BRASIL", width / 2, 25, 17, WHITE)
    cv2.circle(plate, (28, 16), 7, (190, 205, 225), 2, cv2.LINE_AA)
    cv2.rectangle(plate, (358, 7), (384, 24), (20, 140, 70), -1)
    cv2.circle(plate, (371, 15), 6, (235, 200, 40), -1, cv2.LINE_AA)
    bolt(plate, ((105, 15), (295, 15)), rng, recipe)
    if country:
        return
    if rng.random() < recipe.code_share:
        code = rng.integers(0, 2, (10, 10)).astype(np.float32)[..., None]
        dark = np.array(kind.ground, np.float32) * (1 - 0.85 * code)
        plate[40:60, 9:29] = np.kron(dark, np.ones((2, 2, 1), np.float32))
    _line(plate, "BR", 20, 118, 13, kind.ink)
