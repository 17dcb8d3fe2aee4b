"""How a frame looks, in numbers: size, light, contrast, glare, sharpness, compression, and its shift from another."""

from __future__ import annotations

import numpy as np

from lpr_helpers.utils.images import LEAST_SIDE, sharpness
from lpr_helpers.utils.opencv import cv2

MEASURES = {
    "width": "size: width of the crop [px]",
    "light": "light: mean grey, 0 to 1",
    "contrast": "contrast: brightest 5 % − darkest 5 %",
    "clipped": "clipped: share of pure white",
    "sharpness": "sharpness: edges against contrast",
    "blocks": "compression: block grid, 0 to 1",
}
"""What `measure_frame` measures, as figures and tables call it."""
_BLOCK = 8
_LOOKED_AT = 512
"""Pixels a side, in the middle of a larger frame, that are looked at for blocks and shifts: more tell nothing new."""
_STRONG = 10
"""Grey levels from which a DCT coefficient counts as detail that survived."""


def _fine_waves() -> np.ndarray:
    """The finer two thirds of the DCT's waves on a block, float32 [43, 64]: those that codecs drop first."""
    k = np.arange(_BLOCK)
    waves = np.cos(np.pi * (2 * k + 1) * k[:, None] / (2 * _BLOCK)) * np.sqrt(2 / _BLOCK)
    waves[0] /= np.sqrt(2)
    return np.kron(waves, waves)[np.add.outer(k, k).ravel() >= 6].astype(np.float32)


_WAVES = _fine_waves()


def blockiness(grey: np.ndarray) -> float:
    """How plainly a codec's 8 × 8 grid shows in a frame, uint8 [H, W]; NaN where no block fits. Of frames of more than
    512 pixels a side the middle is looked at.

    A codec drops fine detail block by block. So of the 64 places where the grid may lie one is poorer in fine detail
    than the others: the number is by how much, as a share of what is usual. 0 is no grid; frames that were never
    compressed have about 0.2, since the poorest of 64 places is always somewhat poor. On synthetic tracks its rank
    correlation with the codec's quality is −0.8, where steps across the blocks' borders, the usual measure, tell
    nothing: a frame of 44 × 20 has too few borders. After the detection of JPEG grids by Fan and de Queiroz (2003).
    """
    grey = _middle(grey)
    height, width = grey.shape
    if min(height, width) < _BLOCK:
        return np.nan
    windows = np.lib.stride_tricks.sliding_window_view(grey.astype(np.float32), (_BLOCK, _BLOCK))
    strong = np.abs(windows.reshape(-1, _BLOCK**2) @ _WAVES.T) > _STRONG
    detail = strong.mean(axis=1).reshape(height - _BLOCK + 1, width - _BLOCK + 1)
    rows, columns = (range(min(_BLOCK, extent)) for extent in detail.shape)
    places = [detail[y::_BLOCK, x::_BLOCK].mean() for y in rows for x in columns]
    usual = np.median(places)
    return float((usual - min(places)) / (usual + 0.05))  # a frame without detail is not blocky by chance


def _middle(image: np.ndarray) -> np.ndarray:
    top, left = (max(0, (extent - _LOOKED_AT) // 2) for extent in image.shape)
    return image[top : top + _LOOKED_AT, left : left + _LOOKED_AT]


def measure_frame(grey: np.ndarray) -> dict[str, float]:
    """The `MEASURES` of one frame, uint8 [H, W], at its own size.

    sharpness: spread of the Laplacian over spread of the grey values, so that neither light nor contrast changes it
    (as long as nothing clips); 0 for a flat frame. clipped: share of pixels of 250 and more.
    """
    height, width = grey.shape
    dark, bright = np.percentile(grey, (5, 95)) / 255
    spread = float(grey.std()) / 255
    edges = float(sharpness(grey[None])) if min(height, width) > 2 else 0.0
    return {
        "width": float(width),
        "light": float(grey.mean()) / 255,
        "contrast": float(bright - dark),
        "clipped": float((grey >= 250).mean()),
        "sharpness": np.sqrt(edges) / spread if spread else 0.0,
        "blocks": blockiness(grey),
    }


def frame_shift(first: np.ndarray, other: np.ndarray) -> tuple[float, float, float]:
    """How far the plate moved within its crop from one frame to another: (dx, dy, likeness).

    first, other: uint8 [H, W]; ``other`` is brought to the size of ``first``, so the growth of a vehicle that comes
    nearer is no shift. dx, dy: pixels of ``first``, positive to the right and down. likeness: correlation of both
    once they lie on each other, at most 1. All NaN where they cannot be aligned: one of them is flat, or less than 4
    pixels high or wide. Of more than 512 pixels a side the middle is aligned.

    By the enhanced correlation coefficient (Evangelidis and Psarakis, 2008), from two starts, since from one alone it
    now and then loses its way by a character: no shift, and the one of phase correlation. Against the corners of
    synthetic tracks it errs by 0.1 pixels across and 0.05 down (median).
    """
    best = (np.nan, np.nan, np.nan)
    if min(*first.shape, *other.shape) < LEAST_SIDE:
        return best
    other = _middle(cv2.resize(other.astype(np.float32), first.shape[::-1], interpolation=cv2.INTER_LINEAR))
    first = _middle(first).astype(np.float32)
    guess, _ = cv2.phaseCorrelate(first, other, cv2.createHanningWindow(first.shape[::-1], cv2.CV_32F))
    ends = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 50, 1e-4)
    for dx, dy in ((0, 0), guess):
        start = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
        try:
            likeness, move = cv2.findTransformECC(  # type: ignore[call-overload]  # its stubs want a mask
                first, other, start, cv2.MOTION_TRANSLATION, ends, None, 1
            )
        except cv2.error:
            continue
        if not likeness <= best[2]:
            best = (float(move[0, 2]), float(move[1, 2]), float(likeness))
    return best
