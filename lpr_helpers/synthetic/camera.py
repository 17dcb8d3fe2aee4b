"""A plate filmed: five small frames from afar, five larger ones from nearby at another moment.

What belongs to the vehicle and the site (pose, light, lens, codec) is drawn once a track and shared by its ten
frames; shift, blur, noise and flicker are drawn anew each frame, as they are in a video.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from lpr_helpers.synthetic.recipe import RECIPE, CameraRecipe, Recipe

FRAMES = 5
MARGIN = (60, 50)
"""Surroundings drawn around the plate, mm left and right, above and below."""
OVERSAMPLING = 3
"""Optics are computed on a finer grid than the sensor's."""


@dataclass(frozen=True)
class Track:
    """Ten frames: lists of uint8 RGB [h, w, 3], and each frame's plate corners, float32 [4, 2] as x, y in its
    pixels, clockwise from top left."""

    lr: list[np.ndarray]
    hr: list[np.ndarray]
    lr_corners: list[np.ndarray]
    hr_corners: list[np.ndarray]


@dataclass(frozen=True)
class Shot:
    """What all frames of one track share (units as in `CameraRecipe`)."""

    width: float
    aspect: float
    growth: float
    hr_scale: float
    quad: np.ndarray
    fill: np.ndarray
    centre: np.ndarray
    blur: float
    motion: float
    motion_angle: float
    exposure: float
    haze: float
    gamma: float
    tint: np.ndarray
    grey: bool
    noise: float
    sharpening: float
    sharpening_radius: float
    quality: int


def film(plate: np.ndarray, scenario: str, rng: np.random.Generator, recipe: Recipe = RECIPE) -> Track:
    """Film a plate as one scenario's camera would.

    Parameters
    ----------
    plate: uint8 [h, w, 3], RGB, upright.
    scenario: ``A`` (mild daylight) or ``B`` (everything).

    Returns
    -------
    Track with five LR frames that grow slowly and five HR frames 2–2.5 times larger.
    """
    camera = recipe.cameras[scenario]
    shot = _shot(camera, rng)
    near = _light(_surround(plate, rng), camera, rng)
    far = cv2.resize(near, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    lr, lr_corners, hr, hr_corners = [], [], [], []
    for i in range(FRAMES):
        grown = 1 + shot.growth * (i / (FRAMES - 1) - 0.5)
        frame, corners = _expose(far, 0.5, shot.width * grown, shot, camera, rng)
        lr.append(frame)
        lr_corners.append(corners)
    for i in range(FRAMES):
        grown = shot.hr_scale * (1 + shot.growth * (i / (FRAMES - 1) - 0.5))
        frame, corners = _expose(near, 1.0, shot.width * grown, shot, camera, rng)
        hr.append(frame)
        hr_corners.append(corners)
    return Track(lr, hr, lr_corners, hr_corners)


def _spread(median: float, spread: float, least: float, most: float, rng: np.random.Generator) -> float:
    return float(np.clip(median * np.exp(rng.normal(0, spread)), least, most))


def _shot(camera: CameraRecipe, rng: np.random.Generator) -> Shot:
    """Draw what the frames of one track share."""
    growth = rng.uniform(*camera.growth)
    median, spread, least, most = camera.lr_width
    cold = rng.normal(0, camera.tint)
    tint = np.exp([-cold, rng.normal(0, camera.tint / 4), cold]).astype(np.float32)
    fill = rng.uniform(*camera.fill, 2)
    return Shot(
        width=_spread(median, spread, least / (1 - growth / 2), most / (1 + growth / 2), rng),
        aspect=_spread(*camera.aspect, rng),
        growth=growth,
        hr_scale=rng.uniform(*camera.hr_scale),
        quad=_pose(camera, rng),
        fill=fill,
        centre=0.5 + rng.uniform(-1, 1, 2) * ((1 - fill) / 2 + camera.overflow),
        blur=rng.uniform(*camera.blur),
        motion=rng.uniform(*camera.motion),
        motion_angle=rng.normal(0, 0.5),
        exposure=float(np.exp(rng.uniform(*np.log(camera.exposure)))),
        haze=rng.uniform(*camera.haze),
        gamma=float(np.exp(rng.uniform(*np.log(camera.gamma)))),
        tint=tint / tint.mean(),
        grey=rng.random() < camera.grey_share,
        noise=rng.uniform(*camera.noise),
        sharpening=rng.uniform(*camera.sharpening),
        sharpening_radius=rng.uniform(*camera.sharpening_radius),
        quality=int(rng.integers(camera.quality[0], camera.quality[1] + 1)),
    )


def _pose(camera: CameraRecipe, rng: np.random.Generator) -> np.ndarray:
    """The plate's corners around (0, 0) in plate heights, [4, 2]: rolled, slanted, in perspective."""
    half = np.array([1.1, 0.5])
    quad = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    quad = quad + rng.normal(0, camera.perspective, (4, 2)) * 2 * half * (0.5, 1)
    angle, slant = np.radians(rng.normal(0, camera.rotation)), rng.normal(0, camera.shear)
    roll = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return quad @ np.array([[1, 0], [slant, 1]]) @ roll.T


def _surround(plate: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The plate on its vehicle, float32 0–1: bodywork or a dark recess, a shade above, rounded corners."""
    height, width = plate.shape[:2]
    mx, my = MARGIN
    body = rng.choice([0.04, 0.1, 0.25, 0.6, 0.85], p=[0.3, 0.3, 0.15, 0.15, 0.1]) * rng.uniform(0.6, 1.1)
    paint = np.clip(body * (1 + rng.normal(0, 0.06, 3)), 0.01, 1)
    rows, columns = height + 2 * my, width + 2 * mx
    scene = np.empty((rows, columns, 3), np.float32)
    scene[:] = paint
    scene *= np.linspace(*rng.uniform(0.6, 1.4, 2), rows, dtype=np.float32)[:, None, None]
    scene[: my + 6] *= rng.uniform(0.3, 1.2)
    scene[my + height - 4 :] *= rng.uniform(0.4, 1.2)
    mask = np.zeros((height, width), np.float32)
    cv2.rectangle(mask, (8, 0), (width - 9, height - 1), 1, -1)
    cv2.rectangle(mask, (0, 8), (width - 1, height - 9), 1, -1)
    for x in (8, width - 9):
        for y in (8, height - 9):
            cv2.circle(mask, (x, y), 8, 1, -1)
    inside = scene[my : my + height, mx : mx + width]
    inside += mask[..., None] * (plate.astype(np.float32) / 255 - inside)
    return scene


def _light(scene: np.ndarray, camera: CameraRecipe, rng: np.random.Generator) -> np.ndarray:
    """Uneven light over the scene: a slope, the edge of a shadow, glare."""
    rows, columns = scene.shape[:2]
    y = np.linspace(-1, 1, rows // 4, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, columns // 4, dtype=np.float32)[None, :]
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * x + np.sin(angle) * y
    light = 1 + rng.uniform(*camera.gradient) * slope
    if rng.random() < camera.shadow_share:
        edge = np.sin(angle) * x - np.cos(angle) * y + rng.uniform(-0.6, 0.6)
        light *= 1 - rng.uniform(0.2, 0.55) / (1 + np.exp(-edge / 0.04))
    size = (columns, rows)
    scene = scene * cv2.resize(light.astype(np.float32), size)[..., None]
    if rng.random() < camera.glare_share:
        cx, cy, radius = rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(0.3, 0.9)
        spot = rng.uniform(*camera.glare) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2 / 4) / (2 * radius**2))
        scene = scene + cv2.resize(spot.astype(np.float32), size)[..., None]
    return scene


def _expose(
    scene: np.ndarray, scale: float, width: float, shot: Shot, camera: CameraRecipe, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """One frame of about ``width`` pixels, and the plate's corners in it."""
    w = round(width)
    h = (
        int(np.clip(round(width / shot.aspect), *camera.lr_height))
        if scale < 1
        else round(width / shot.aspect)
    )
    corners = _place(shot, w, h, camera, rng)
    image = _project(scene, scale, corners, w, h, shot, rng)
    gain = shot.exposure * np.exp(rng.normal(0, camera.flicker))
    image = np.clip(image * (gain * shot.tint) * (1 - shot.haze) + shot.haze, 0, 1) ** shot.gamma
    if shot.grey:
        image[:] = image @ np.array([0.299, 0.587, 0.114], np.float32)[:, None]
    image += shot.noise * rng.standard_normal((h, w, 1), dtype=np.float32)
    image += shot.noise / 3 * (0 if shot.grey else rng.standard_normal(image.shape, dtype=np.float32))
    if shot.sharpening > 0:
        soft = cv2.GaussianBlur(image, (0, 0), shot.sharpening_radius)
        image += shot.sharpening * (image - soft)
    frame = (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
    return _compress(frame, shot.quality, rng), corners


def _place(shot: Shot, w: int, h: int, camera: CameraRecipe, rng: np.random.Generator) -> np.ndarray:
    """Corners in a crop of w × h, float32 [4, 2]: the quad's bounds fill most of it, a little elsewhere each frame."""
    quad = shot.quad + rng.normal(0, camera.wobble, (4, 2)) * (2, 1)
    low, high = quad.min(axis=0), quad.max(axis=0)
    fill = np.minimum(shot.fill + rng.normal(0, camera.jitter, 2), 1.0)
    room = (1 - fill) / 2 + camera.overflow
    centre = np.clip(shot.centre + rng.normal(0, camera.jitter, 2), 0.5 - room, 0.5 + room)
    corners = ((quad - (low + high) / 2) / (high - low) * fill + centre) * (w, h)
    return corners.astype(np.float32)


def _project(
    scene: np.ndarray, scale: float, corners: np.ndarray, w: int, h: int, shot: Shot, rng: np.random.Generator
) -> np.ndarray:
    """The scene on the sensor, float32 [h, w, 3]: warped on a finer grid, blurred there, then binned."""
    rows, columns = scene.shape[:2]
    mx, my = np.array(MARGIN) * scale
    plate = np.array([[mx, my], [columns - mx, my], [columns - mx, rows - my], [mx, rows - my]], np.float32)
    fine = OVERSAMPLING if scale < 1 else OVERSAMPLING - 1
    matrix = cv2.getPerspectiveTransform(plate, corners * fine)
    image = cv2.warpPerspective(
        scene, matrix, (w * fine, h * fine), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    sigma = fine * shot.blur * rng.uniform(0.85, 1.15)
    image = cv2.GaussianBlur(image, (0, 0), sigma)
    length = fine * shot.motion * rng.uniform(0.7, 1.3)
    if length > fine * 0.3:
        image = cv2.filter2D(image, -1, _motion_kernel(length, shot.motion_angle + rng.normal(0, 0.1)))
    return cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA)


def _motion_kernel(length: float, angle: float) -> np.ndarray:
    """A line of ``length`` pixels at ``angle``, float32, summing to 1."""
    size = 2 * int(np.ceil(length / 2)) + 1
    kernel = np.zeros((size, size), np.float32)
    for t in np.linspace(-length / 2, length / 2, 4 * size):
        kernel[round(size // 2 + t * np.sin(angle)), round(size // 2 + t * np.cos(angle))] += 1
    return kernel / kernel.sum()


def _compress(frame: np.ndarray, quality: int, rng: np.random.Generator) -> np.ndarray:
    """The video codec's losses; the crop lies anywhere on its grid of blocks."""
    top, left = (int(v) for v in rng.integers(0, 8, 2))
    padded = cv2.copyMakeBorder(frame, top, 8, left, 8, cv2.BORDER_REPLICATE)
    _, data = cv2.imencode(".jpg", padded[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    h, w = frame.shape[:2]
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[top : top + h, left : left + w, ::-1])
