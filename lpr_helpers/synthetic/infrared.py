"""A second camera beside the first: near infrared, with a lamp of its own.

The ground of a plate throws the lamp's light straight back, so it is bright by day and night, and the vehicle around it
is dark; the sun's glare and shadows, and headlights, are kept out by a filter. Black ink is mostly soot, which stays
black; other inks are dyes that infrared goes through, so that what they wrote is gone. All of it is taste, after what
makers of such cameras say of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from lpr_helpers.synthetic.plate_classes import PlateClass
from lpr_helpers.synthetic.plates import draw_plate
from lpr_helpers.synthetic.recipe import CameraRecipe, PlateRecipe
from lpr_helpers.synthetic.scene import mount
from lpr_helpers.synthetic.sensor import LUMA, Sensor, compress, develop, project
from lpr_helpers.synthetic.texts import plate_text

VERSION = 1
"""Raised whenever the same parameters give other infrared frames."""
NAME, PREFIX = "ir", "ir-"
"""The modality's name, and how its files are named."""
VANISHING_SHARE = 0.15
"""Of the plates with black ink, those whose ink is a dye, which is gone."""
LEFT = 0.92
"""What a dye leaves of the light, against the ground around it."""
LOST_SHARE = 0.1
"""Of the tracks on disk, those in which the second camera was off."""
MISPLACED = 0.4, 0.1
"""How far its frames lie off those of light, in pixels: once a track, and once a frame; one deviation each way."""
CAMERA = CameraRecipe(
    body=((0.02, 0.5), (0.07, 0.3), (0.2, 0.2)),
    blur=(0.35, 0.75),
    motion=(0.0, 0.7),
    exposure=(0.6, 1.25),
    haze=(0.0, 0.04),
    contrast=(0.85, 1.4),
    flicker=0.03,
    tint=0.0,
    grey_share=1.0,
    gradient=(0.0, 0.4),
    shadow_share=0.0,
    noise=(0.004, 0.018),
    sharpening=(0.0, 1.4),
    quality=(40, 90),
)
"""How it sees: no sun, no headlights, short flashes, a sensor that is noisier than that of light."""


def infrared_frames(
    seed: int | Sequence[int],
    plate_seed: int | Sequence[int],
    layout: str,
    recipe: PlateRecipe,
    light: Sequence[np.ndarray],
    corners: Sequence[np.ndarray],
) -> list[np.ndarray]:
    """What the second camera takes while the first takes ``light``: as many frames, uint8 [h, w, 3], all grey.

    seed, plate_seed: of the filming and of the plate, as in `make_track`. light: LR frames, uint8 [h, w, 3]. corners:
    the plate's in each of them, [4, 2] in pixels.
    """
    text_rng, ink_rng = np.random.default_rng(plate_seed), np.random.default_rng(plate_seed).spawn(3)[2]
    seen = _in_infrared(recipe, bool(ink_rng.random() < VANISHING_SHARE))
    text = plate_text(layout, text_rng, recipe)  # takes from the stream what drawing in colour took
    plate = draw_plate(text, layout, text_rng, seen).astype(np.float32) @ LUMA
    plate = np.repeat(plate.astype(np.uint8)[..., None], 3, axis=2)
    rng = np.random.default_rng(seed).spawn(2)[1]
    sensor = Sensor.draw(CAMERA, False, rng)
    scene = mount(plate, False, CAMERA, recipe, rng).reduced(0.5)
    off = rng.normal(0, MISPLACED[0], 2)
    frames: list[np.ndarray] = []
    for shown, places in zip(light, corners, strict=True):
        height, width = shown.shape[:2]
        where = (places + off + rng.normal(0, MISPLACED[1], 2)).astype(np.float32)
        developed = develop(project(scene, where, width, height, sensor, rng), sensor, CAMERA, rng)
        frames.append(compress(developed, frames[-1] if frames else None, sensor, rng))
    return frames


def camera_was_off(seed: int | Sequence[int]) -> bool:
    """Whether a track on disk has no infrared frames."""
    return bool(np.random.default_rng(seed).spawn(4)[3].random() < LOST_SHARE)


def _in_infrared(recipe: PlateRecipe, vanishing: bool) -> PlateRecipe:
    """The recipe with the plates' colours as the second camera sees them."""
    told = tuple((layout, classes) for layout, classes in recipe.classes.items())
    return replace(recipe, classes=_classes(told, vanishing))


@lru_cache(maxsize=8)
def _classes(
    told: tuple[tuple[str, tuple[PlateClass, ...]], ...], vanishing: bool
) -> dict[str, tuple[PlateClass, ...]]:
    return {layout: tuple(_lit(kind, vanishing) for kind in classes) for layout, classes in told}


def _lit(kind: PlateClass, vanishing: bool) -> PlateClass:
    """A class of plates by its brightness in infrared. Black stays black, unless its ink is a dye."""
    dark_ground, dark_ink = (max(colour) < 60 for colour in (kind.ground, kind.ink))
    ground = 40 if dark_ground else 232
    if dark_ground:
        ink = 215
    elif dark_ink and not vanishing:
        ink = 26
    else:
        ink = round(ground * LEFT)
    return PlateClass(kind.share, (ground,) * 3, (ink,) * 3)
