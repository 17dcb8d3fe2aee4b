"""What years, owners and weather do to a plate."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from lpr_helpers.synthetic.recipe import PlateRecipe
from lpr_helpers.utils.opencv import cv2

DUST = (120, 110, 95)


def laid_over(plate: np.ndarray, cover: np.ndarray, colour: Iterable[float]) -> np.ndarray:
    """``colour`` laid over an image, uint8 [h, w, 3], as thickly as ``cover``, uint8 [h, w], says (255 hides all)."""
    cover = cv2.merge([cover] * 3)
    coat = cv2.rectangle(np.empty_like(cover), (0, 0), cover.shape[1::-1], tuple(map(float, colour)), -1)
    coat = cv2.multiply(coat, cover, scale=1 / 255)
    return cv2.add(coat, cv2.multiply(plate, cv2.bitwise_not(cover), scale=1 / 255))


def worn(mask: np.ndarray, rng: np.random.Generator, recipe: PlateRecipe) -> np.ndarray:
    """The characters' ink, uint8 [h, w], with paint gone in patches."""
    left = 1 - rng.uniform(*recipe.ink_wear) * np.clip(_patches((3, 15), mask.shape, rng), 0, 1)
    return cv2.multiply(mask, left, scale=1, dtype=cv2.CV_8U)


def emboss(plate: np.ndarray, mask: np.ndarray, rng: np.random.Generator, recipe: PlateRecipe) -> np.ndarray:
    """Light on the upper edges of raised characters and shade on the lower ones (or the reverse)."""
    moved = np.zeros_like(mask)
    moved[2:, 1:] = mask[:-2, :-1]
    strength, from_above = rng.uniform(*recipe.emboss), rng.random() < 0.5
    edges = [
        cv2.convertScaleAbs(cv2.subtract(*pair), alpha=strength) for pair in ((mask, moved), (moved, mask))
    ]
    light, shade = (cv2.merge([edge] * 3) for edge in (edges if from_above else edges[::-1]))
    return cv2.subtract(cv2.add(plate, light), shade)


def weather(plate: np.ndarray, rng: np.random.Generator, recipe: PlateRecipe) -> np.ndarray:
    """Grime, mud, scratches, something in front, a bend: each as often as the recipe says."""
    grime = 255 * rng.uniform(*recipe.grime) * _patches((4, 11), plate.shape[:2], rng)
    plate = laid_over(plate, np.clip(grime, 0, 255).astype(np.uint8), DUST)
    if rng.random() < recipe.mud_share:
        plate = _splashed(plate, rng, recipe)
    if rng.random() < recipe.scratch_share:
        _scratch(plate, rng)
    if rng.random() < recipe.cover_share:
        _cover(plate, rng, recipe)
    if rng.random() < recipe.bend_share:
        plate = _bent(plate, rng, recipe)
    return plate


def bolt(
    plate: np.ndarray,
    places: Iterable[tuple[float, float]],
    rng: np.random.Generator,
    recipe: PlateRecipe,
) -> None:
    """Bolts' heads, dark or bright, about ``places`` (x, y)."""
    if rng.random() >= recipe.bolt_share:
        return
    tone, radius = rng.choice([25, 60, 110, 225]), round(rng.uniform(*recipe.bolt))
    for x, y in places:
        centre = round(x + rng.normal(0, 4)), round(y + rng.normal(0, 1.5))
        cv2.circle(plate, centre, radius, (int(tone),) * 3, -1, cv2.LINE_AA)


def _patches(grid: tuple[int, int], shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Soft random patches around 0…1, float32 of ``shape``."""
    soft = cv2.resize(rng.random(grid, dtype=np.float32), None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    return cv2.resize(soft, shape[::-1], interpolation=cv2.INTER_LINEAR)


def _splashed(plate: np.ndarray, rng: np.random.Generator, recipe: PlateRecipe) -> np.ndarray:
    """Mud that sprang up from the road: denser towards the foot."""
    height, width = plate.shape[:2]
    cover = np.clip(3 * _patches((9, 26), (height, width), rng) - 1.8, 0, 1)
    cover *= np.linspace(0.2, 1, height, dtype=np.float32)[:, None]
    cover *= 255 * rng.uniform(*recipe.mud)
    return laid_over(plate, cover.astype(np.uint8), np.array(DUST) * rng.uniform(0.4, 1.0))


def _scratch(plate: np.ndarray, rng: np.random.Generator) -> None:
    height, width = plate.shape[:2]
    for _ in range(rng.integers(1, 5)):
        start = rng.uniform((0, 0), (width, height))
        end = start + rng.normal(0, (60, 25))
        tone = int(rng.choice([40, 140, 230]))
        cv2.line(plate, tuple(map(round, start)), tuple(map(round, end)), (tone,) * 3, 1, cv2.LINE_AA)


def _cover(plate: np.ndarray, rng: np.random.Generator, recipe: PlateRecipe) -> None:
    """Something in front of the plate, from its foot or its head inwards: at most half a character is lost."""
    height, width = plate.shape[:2]
    half, reach = rng.uniform(*recipe.cover) / 2, rng.uniform(0.2, 0.7) * height
    centre = round(rng.uniform(0, width)), height if rng.random() < 0.7 else 0
    colour = rng.integers(10, 200) * np.array([1, rng.uniform(0.8, 1.1), rng.uniform(0.7, 1.1)])
    size = round(half), round(reach)
    cv2.ellipse(
        plate, centre, size, rng.normal(0, 12), 0, 360, np.clip(colour, 0, 255).tolist(), -1, cv2.LINE_AA
    )


def _bent(plate: np.ndarray, rng: np.random.Generator, recipe: PlateRecipe) -> np.ndarray:
    """Rows that follow a wave."""
    height, width = plate.shape[:2]
    x = np.linspace(0, np.pi, width, dtype=np.float32)
    wave = rng.uniform(*recipe.bend) * np.sin(rng.uniform(0.7, 2) * x + rng.uniform(0, np.pi)).astype(
        np.float32
    )
    columns = np.broadcast_to(np.arange(width, dtype=np.float32), (height, width))
    rows = np.arange(height, dtype=np.float32)[:, None] + wave
    return cv2.remap(
        plate, np.ascontiguousarray(columns), rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
