"""From light to a file: lens, sensor, tone curve, sharpening, codec."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lpr_helpers.synthetic.places import Site
from lpr_helpers.synthetic.recipe import CameraRecipe
from lpr_helpers.synthetic.scene import Scene
from lpr_helpers.utils.opencv import cv2

OVERSAMPLING = 2
"""Optics of small frames are computed on a finer grid than the sensor's; larger ones do without."""
SMALL = 80
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
TO_GREY, UNMIXED = np.tile(LUMA, (3, 1)), np.eye(3, dtype=np.float32)
GRAIN = UNMIXED / 3 + 0.4768
"""Three independent grains become noise of deviation 1 in brightness and 1/3 in each colour."""
GREY_GRAIN = np.full((3, 3), 3**-0.5)
BLOCK = 8


@dataclass(frozen=True)
class Sensor:
    """What lens, camera and codec do to all frames of one track (units as in `CameraRecipe`)."""

    blur: float
    motion: float
    motion_angle: float
    rain: bool
    exposure: float
    haze: float
    contrast: float
    gamma: float
    tint: np.ndarray
    grey: bool
    noise: float
    sharpening: float
    sharpening_radius: float
    quality: int
    video: bool
    ghost: float = 0.0
    ghost_shift: tuple[float, float] = (0.0, 0.0)
    comb: float = 0.0

    @classmethod
    def draw(cls, camera: CameraRecipe, night: bool, rng: np.random.Generator) -> Sensor:
        """Draw one track's."""
        site = camera.site or Site()
        own = rng.spawn(1)[0]  # a stream apart: all else is drawn as without a site
        cold = rng.normal(0, camera.tint) - site.warmth
        tint = np.exp([-cold, rng.normal(0, camera.tint / 4), cold]).astype(np.float32)
        return cls(
            blur=rng.uniform(*camera.blur),
            motion=rng.uniform(*camera.motion),
            motion_angle=rng.normal(0, 0.5),
            rain=rng.random() < camera.rain_share,
            exposure=_log_uniform(camera.exposure, rng),
            haze=rng.uniform(*camera.haze),
            contrast=_log_uniform(camera.contrast, rng),
            gamma=_log_uniform(camera.gamma, rng),
            tint=tint / tint.mean(),
            grey=rng.random() < (0.5 if night else camera.grey_share),
            noise=rng.uniform(*camera.noise) * (rng.uniform(*camera.night_noise) if night else 1),
            sharpening=rng.uniform(*camera.sharpening),
            sharpening_radius=rng.uniform(*camera.sharpening_radius),
            quality=int(rng.integers(camera.quality[0], camera.quality[1] + 1)),
            video=rng.random() < camera.video_share,
            ghost=own.uniform(*site.ghost),
            ghost_shift=site.ghost_shift,
            comb=own.uniform(*site.comb),
        )


def project(
    scene: Scene, corners: np.ndarray, w: int, h: int, sensor: Sensor, rng: np.random.Generator
) -> np.ndarray:
    """The scene on the sensor, float32 [h, w, 3]: warped on a finer grid, blurred there, then binned."""
    fine = OVERSAMPLING if w < SMALL else 1
    matrix = cv2.getPerspectiveTransform(scene.corners, corners * fine)
    image = cv2.warpPerspective(
        scene.image, matrix, (w * fine, h * fine), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if sensor.rain:
        _rain(image, fine, rng)
    if sensor.ghost:
        image = _doubled(image, sensor)
    image = cv2.GaussianBlur(image, (0, 0), fine * sensor.blur * rng.uniform(0.85, 1.15))
    length = fine * sensor.motion * rng.uniform(0.7, 1.3)
    if length > fine * 0.3:
        angle = sensor.motion_angle + rng.normal(0, 0.1)
        image = cv2.filter2D(image, -1, _motion_kernel(round(length, 1), round(angle, 1)))
    image = cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA) if fine > 1 else image
    return _combed(image, sensor.comb * w) if sensor.comb else image


def develop(image: np.ndarray, sensor: Sensor, camera: CameraRecipe, rng: np.random.Generator) -> np.ndarray:
    """What the camera makes of the light (float32 [h, w, 3]): exposure, tone, noise, sharpening; uint8 [h, w, 3]."""
    gain = sensor.exposure * np.exp(rng.normal(0, camera.flicker)) * (1 - sensor.haze)
    mixing = gain * sensor.tint * (TO_GREY if sensor.grey else UNMIXED)
    middle = min(float((mixing @ cv2.mean(image)[:3]).sum()) / 3 + sensor.haze, 0.8)
    offset = middle + sensor.contrast * (sensor.haze - middle)
    image = cv2.transform(image, np.column_stack([sensor.contrast * mixing, (offset,) * 3]))
    image = cv2.pow(image.clip(0, 1, out=image), sensor.gamma)
    noise = sensor.noise * (GREY_GRAIN if sensor.grey else GRAIN)
    image = cv2.add(image, cv2.transform(_grain(image.shape, rng), noise))
    if sensor.sharpening > 0:
        soft = cv2.GaussianBlur(image, (0, 0), sensor.sharpening_radius)
        image = cv2.addWeighted(image, 1 + sensor.sharpening, soft, -sensor.sharpening, 0)
    return cv2.convertScaleAbs(image.clip(0, 1, out=image), alpha=255)


@lru_cache(maxsize=1)
def _grains() -> np.ndarray:
    """A fixed store of normal numbers, float32 [2²⁰]: much faster to take from than to draw."""
    return np.random.default_rng(0).standard_normal(1 << 20, dtype=np.float32)


def _grain(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Normal noise: a stretch of the store that begins anywhere."""
    size, store = math.prod(shape), _grains()
    start = rng.integers(len(store) - size)
    return store[start : start + size].reshape(shape)


def compress(
    frame: np.ndarray, before: np.ndarray | None, sensor: Sensor, rng: np.random.Generator
) -> np.ndarray:
    """The codec's losses, on blocks that lie anywhere: of the frame itself, or of what is new since the one before."""
    if before is None or not sensor.video:
        return _coded(frame, sensor.quality, rng)
    expected = cv2.resize(before, frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    news = cv2.addWeighted(frame, 0.5, expected, -0.5, 128)
    return cv2.addWeighted(expected, 1, _coded(news, sensor.quality, rng), 2, -256)


def _coded(frame: np.ndarray, quality: int, rng: np.random.Generator) -> np.ndarray:
    top, left = (int(v) for v in rng.integers(0, BLOCK, 2))
    padded = cv2.copyMakeBorder(frame, top, BLOCK, left, BLOCK, cv2.BORDER_REPLICATE)
    blue_first = cv2.cvtColor(padded, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", blue_first, [cv2.IMWRITE_JPEG_QUALITY, quality])
    read = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert read is not None  # it was written a line ago
    h, w = frame.shape[:2]
    return cv2.cvtColor(read[top : top + h, left : left + w], cv2.COLOR_BGR2RGB)


def _rain(image: np.ndarray, fine: int, rng: np.random.Generator) -> None:
    """Streaks of light rain, drawn into the image."""
    h, w = image.shape[:2]
    slant = rng.normal(0, 0.15)
    for x, y, length, light in rng.uniform(
        (0, -0.2 * h, 2 * fine, 0.3), (w, h, 7 * fine, 0.9), (rng.integers(3, 10), 4)
    ):
        end = round(x + slant * length), round(y + length)
        cv2.line(image, (round(x), round(y)), end, (light,) * 3, 1, cv2.LINE_AA)


def _doubled(image: np.ndarray, sensor: Sensor) -> np.ndarray:
    """The image through a pane of glass, which throws a fainter one beside it."""
    h, w = image.shape[:2]
    ghost = _moved(image, sensor.ghost_shift[0] * w, sensor.ghost_shift[1] * h)
    return cv2.addWeighted(image, 1 - sensor.ghost, ghost, sensor.ghost, 0)


def _combed(image: np.ndarray, shift: float) -> np.ndarray:
    """The image with its odd rows exposed later, when all had moved by ``shift`` pixels to the right."""
    image[1::2] = _moved(image, shift, 0)[1::2]
    return image


def _moved(image: np.ndarray, right: float, down: float) -> np.ndarray:
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return cv2.warpAffine(image, matrix, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


@lru_cache(maxsize=4096)
def _motion_kernel(length: float, angle: float) -> np.ndarray:
    """A line of ``length`` pixels at ``angle``, float32, summing to 1."""
    size = 2 * int(np.ceil(length / 2)) + 1
    kernel = np.zeros((size, size), np.float32)
    t = np.linspace(-length / 2, length / 2, 4 * size)
    rows, columns = np.rint(size // 2 + t * np.sin(angle)), np.rint(size // 2 + t * np.cos(angle))
    np.add.at(kernel, (rows.astype(int), columns.astype(int)), 1)
    return kernel / kernel.sum()


def _log_uniform(bounds: tuple[float, float], rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(*np.log(bounds))))
