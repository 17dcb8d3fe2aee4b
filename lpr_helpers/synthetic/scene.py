"""A plate on its vehicle, in the light it was seen in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lpr_helpers.synthetic.lettering import small_text
from lpr_helpers.synthetic.recipe import CameraRecipe, PlateRecipe
from lpr_helpers.synthetic.wear import laid_over
from lpr_helpers.utils.opencv import cv2

MARGIN = (60, 50)
"""Surroundings drawn around the plate, mm left and right, above and below."""
SCALE = 0.5
"""Pixels a millimetre of the scene that HR frames are taken from: somewhat more than they resolve."""
DEALERS = ("AUTO CENTER", "VEICULOS", "MOTORS", "SEMINOVOS", "CONCESSIONARIA", "WWW-CARROS-COM")


@dataclass(frozen=True)
class Scene:
    """A lit plate in its surroundings: float32 RGB [h, w, 3], 0 to 1 and beyond, and the plate's corners in it,
    float32 [4, 2] as x, y, clockwise from top left.
    """

    image: np.ndarray
    corners: np.ndarray

    def reduced(self, scale: float) -> Scene:
        """The same scene, ``scale`` times as large."""
        image = cv2.resize(self.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        return Scene(image, self.corners * np.float32(scale))


def mount(
    plate: np.ndarray, night: bool, camera: CameraRecipe, recipe: PlateRecipe, rng: np.random.Generator
) -> Scene:
    """The plate (uint8 RGB [130, 400, 3]) on its vehicle: bodywork or a dark recess, perhaps a frame, and light."""
    height, width = plate.shape[:2]
    mx, my = MARGIN
    size = width + 2 * mx, height + 2 * my
    scene = cv2.resize(_bodywork(night, camera, rng), size, interpolation=cv2.INTER_LINEAR)
    if rng.random() < recipe.frame_share:
        _frame(scene, rng, recipe)
    cv2.copyTo(plate, _outline(width, height), scene[my : my + height, mx : mx + width])
    above = scene[my - 12 : my + 6]  # the lid or the bumper throws its shade
    cv2.convertScaleAbs(above, above, rng.uniform(0.3, 1.2))
    small = cv2.resize(scene, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_AREA)
    image = np.multiply(small, np.float32(1 / 255), dtype=np.float32)
    corners = np.array([[mx, my], [mx + width, my], [mx + width, my + height], [mx, my + height]], np.float32)
    return Scene(_lit(image, camera, rng), corners * np.float32(SCALE))


def _bodywork(night: bool, camera: CameraRecipe, rng: np.random.Generator) -> np.ndarray:
    """Paint and parts around the plate, uint8 [9, 20, 3], to be enlarged."""
    tones, shares = zip(*camera.body, strict=True)
    tone = (
        rng.choice(tones, p=np.array(shares) / sum(shares)) * rng.uniform(0.6, 1.1) * (0.25 if night else 1)
    )
    paint = np.clip(tone * (1 + rng.normal(0, 0.06, 3)), 0.01, 1)
    parts = (
        1
        + rng.uniform(0, 0.5) * rng.normal(size=(9, 1, 1))
        + rng.uniform(0, 0.25) * rng.normal(size=(9, 20, 1))
    )
    return np.clip(255 * paint * parts, 0, 255).astype(np.uint8)


def _frame(scene: np.ndarray, rng: np.random.Generator, recipe: PlateRecipe) -> None:
    """A frame around the plate, with the dealer's name below on some."""
    rows, columns = scene.shape[:2]
    (mx, my), thick = MARGIN, rng.uniform(*recipe.frame)
    tone = np.array(
        [(20, 20, 22), (20, 20, 22), (170, 172, 175), (150, 30, 30), (30, 50, 120)][rng.integers(5)]
    )
    foot = thick + (rng.uniform(8, 16) if rng.random() < 0.5 else 0)
    left, top = round(mx - thick), round(my - thick)
    right, bottom = round(columns - mx + thick), round(rows - my + foot)
    cv2.rectangle(scene, (left, top), (right, bottom), tone.tolist(), -1)
    if foot > thick + 8:
        ink = small_text(DEALERS[rng.integers(len(DEALERS))], 9)
        x, y = columns // 2 - ink.shape[1] // 2, rows - my + 3
        area = scene[y : y + 9, x : x + ink.shape[1]]
        area[:] = laid_over(area, ink, (235 if tone.mean() < 120 else 30,) * 3)


@lru_cache(maxsize=4)
def _outline(width: int, height: int, radius: int = 8) -> np.ndarray:
    """255 on the plate and 0 beyond its rounded corners, uint8 [height, width]."""
    mask = np.zeros((height, width), np.uint8)
    cv2.rectangle(mask, (radius, 0), (width - radius - 1, height - 1), 255, -1)
    cv2.rectangle(mask, (0, radius), (width - 1, height - radius - 1), 255, -1)
    for x in (radius, width - radius - 1):
        for y in (radius, height - radius - 1):
            cv2.circle(mask, (x, y), radius, 255, -1)
    return mask


def _lit(image: np.ndarray, camera: CameraRecipe, rng: np.random.Generator) -> np.ndarray:
    """Uneven light over the scene: a slope, the edge of a shadow, glare."""
    rows, columns = image.shape[:2]
    y = np.linspace(-1, 1, rows // 3, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, columns // 3, dtype=np.float32)[None, :]
    angle = rng.uniform(0, 2 * np.pi)
    light = 1 + rng.uniform(*camera.gradient) * (np.cos(angle) * x + np.sin(angle) * y)
    if rng.random() < camera.shadow_share:
        edge = np.sin(angle) * x - np.cos(angle) * y + rng.uniform(-0.6, 0.6)
        light *= 1 - rng.uniform(*camera.shadow) / (1 + np.exp(-edge / 0.04))
    light = cv2.resize(light.astype(np.float32), (columns, rows))
    image = cv2.multiply(image, cv2.merge([light] * 3))
    if rng.random() < camera.glare_share:
        cx, cy, radius = rng.uniform(-1.2, 1.2), rng.uniform(-1.2, 1.2), rng.uniform(*camera.glare_radius)
        spot = rng.uniform(*camera.glare) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2 / 4) / (2 * radius**2))
        image = cv2.add(image, cv2.merge([cv2.resize(spot.astype(np.float32), (columns, rows))] * 3))
    return image
