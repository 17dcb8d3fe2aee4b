"""A plate filmed: five small frames from afar, five larger ones from nearby at another moment.

What belongs to the vehicle and the site (pose, light, lens, codec) is drawn once a track and shared by its ten
frames; shift, blur, noise and flicker are drawn anew each frame, as they are in a video.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lpr_helpers.synthetic.places import Site
from lpr_helpers.synthetic.plates import Watch
from lpr_helpers.synthetic.recipe import RECIPE, CameraRecipe, Recipe
from lpr_helpers.synthetic.scene import Scene, mount
from lpr_helpers.synthetic.sensor import Sensor, compress, develop, project

FRAMES = 5
FAR = 0.5
"""The scene LR frames are taken from, against the one of HR frames."""


@dataclass(frozen=True)
class Track:
    """Ten frames: lists of uint8 RGB [h, w, 3], and each frame's plate corners, float32 [4, 2] as x, y in its
    pixels, clockwise from top left.
    """

    lr: list[np.ndarray]
    hr: list[np.ndarray]
    lr_corners: list[np.ndarray]
    hr_corners: list[np.ndarray]


@dataclass(frozen=True)
class Shot:
    """How the frames of one track are framed (units as in `CameraRecipe`)."""

    width: float
    aspect: float
    growth: float
    hr_scale: float
    quad: np.ndarray
    fill: np.ndarray
    centre: np.ndarray
    tight: bool


def film(
    plate: np.ndarray,
    scenario: str,
    rng: np.random.Generator,
    recipe: Recipe = RECIPE,
    *,
    hr: bool = True,
    watch: Watch | None = None,
) -> Track:
    """Film a plate as one scenario's camera would.

    Parameters
    ----------
    plate: uint8 [h, w, 3], RGB, upright.
    scenario: ``A`` (mild daylight) or ``B`` (everything).
    hr: film the HR frames too; the LR frames are the same without them.
    watch: is shown each step of the middle LR frame, as its name and an image, uint8 RGB.

    Returns
    -------
    Track with five LR frames that grow slowly and five HR frames 2–2.5 times larger.
    """
    camera = recipe.cameras[scenario]
    night = rng.random() < camera.night_share
    shot, sensor = _shot(camera, rng), Sensor.draw(camera, night, rng)
    near = mount(plate, night, camera, recipe.plates, rng)
    if watch:
        watch("on the vehicle", _bytes(near.image))
    lr, lr_corners = _sequence(near.reduced(FAR), 1.0, shot, sensor, camera, rng, watch)
    hr_frames, hr_corners = _sequence(near, shot.hr_scale, shot, sensor, camera, rng) if hr else ([], [])
    return Track(lr, hr_frames, lr_corners, hr_corners)


def _shot(camera: CameraRecipe, rng: np.random.Generator) -> Shot:
    """Draw how the frames of one track are framed."""
    growth = rng.uniform(*camera.growth)
    median, spread, least, most = camera.lr_width
    fill = rng.uniform(*camera.fill, 2)
    centre = 0.5 + rng.uniform(-1, 1, 2) * (camera.off_centre * np.maximum(0, 1 - fill) / 2 + camera.overflow)
    if tight := rng.random() < camera.tight_share:
        # What is cut off stands above the characters, and a little below them.
        fill[1] = rng.uniform(*camera.tight)
        centre[1] = 0.5 - rng.uniform(0.3, 0.95) * (fill[1] - 1) / 2
    return Shot(
        width=_spread(median, spread, least / (1 - growth / 2), most / (1 + growth / 2), rng),
        aspect=_spread(*camera.aspect, rng),
        growth=growth,
        hr_scale=rng.uniform(*camera.hr_scale),
        quad=_pose(camera, rng),
        fill=fill,
        centre=centre,
        tight=tight,
    )


def _spread(median: float, spread: float, least: float, most: float, rng: np.random.Generator) -> float:
    return float(np.clip(median * np.exp(rng.normal(0, spread)), least, most))


def _pose(camera: CameraRecipe, rng: np.random.Generator) -> np.ndarray:
    """The plate's corners around (0, 0) in plate heights, [4, 2]: rolled, slanted, in perspective."""
    half = np.array([1.1, 0.5])
    quad = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    quad = quad + rng.normal(0, camera.perspective, (4, 2)) * 2 * half * (0.5, 1)
    site = camera.site or Site()
    angle = np.radians(rng.normal(0, camera.rotation) + site.roll)
    slant = rng.normal(0, camera.shear) + site.slant
    roll = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return quad @ np.array([[1, 0], [slant, 1]]) @ roll.T


def _sequence(
    scene: Scene,
    scale: float,
    shot: Shot,
    sensor: Sensor,
    camera: CameraRecipe,
    rng: np.random.Generator,
    watch: Watch | None = None,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Five frames in a row, the vehicle coming nearer, and the plate's corners in them."""
    widths = scale * shot.width * (1 + shot.growth * np.linspace(-0.5, 0.5, FRAMES))
    sizes = np.rint([widths, widths / shot.aspect]).astype(int).T
    if scale == 1:
        sizes[:, 1] = np.clip(sizes[:, 1], *camera.lr_height)
    places = _places(shot, sizes, camera, rng)
    frames: list[np.ndarray] = []
    for (w, h), corners in zip(sizes.tolist(), places, strict=True):
        light = project(scene, corners, w, h, sensor, rng)
        developed = develop(light, sensor, camera, rng)
        frames.append(compress(developed, frames[-1] if frames else None, sensor, rng))
        if watch and len(frames) == FRAMES // 2 + 1:
            watch("on the sensor", _bytes(light))
            watch("developed and sharpened", developed)
            watch("compressed", frames[-1])
    return frames, list(places)


def _places(shot: Shot, sizes: np.ndarray, camera: CameraRecipe, rng: np.random.Generator) -> np.ndarray:
    """Corners in crops of ``sizes`` [F, 2], float32 [F, 4, 2]: the quad's bounds fill a crop, elsewhere each frame."""
    quads = shot.quad + rng.normal(0, camera.wobble, (FRAMES, 4, 2)) * (2, 1)
    low, high = quads.min(axis=1), quads.max(axis=1)
    fill = shot.fill + rng.normal(0, camera.jitter, (FRAMES, 2))
    centre = shot.centre + rng.normal(0, camera.jitter, (FRAMES, 2))
    bound = np.array([True, not shot.tight])  # each way: a tight crop may cut the plate above and below
    fill = np.where(bound, np.minimum(fill, max(1.0, camera.fill[1])), fill)
    room = np.maximum(0, 1 - fill) / 2 + camera.overflow
    centre = np.where(bound, np.clip(centre, 0.5 - room, 0.5 + room), centre)
    at_zero = (quads - ((low + high) / 2)[:, None]) * (fill / (high - low))[:, None]
    return ((at_zero + centre[:, None]) * sizes[:, None]).astype(np.float32)


def _bytes(light: np.ndarray) -> np.ndarray:
    return (np.clip(light, 0, 1) * 255 + 0.5).astype(np.uint8)
