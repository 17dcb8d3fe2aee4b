"""Photographs of plates with a known text, turned upright, and the mean look of each character in them.

The photographs are aligned to a drawn plate whose characters are the pixel mean over all candidate typefaces, ours
included with the weight of any other, so that no candidate's shape decides where a photograph comes to lie.
Each cell is afterwards moved to the running mean of its own character: real glyphs are aligned to real glyphs.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

HEIGHT = 96  # of a character, px
BORDER = 8  # of a cell around a character's height, px
SLACK = 6  # how far a cell may be moved, px
SIZE = (400, 130)  # of a plate, mm


@dataclass(frozen=True)
class Layout:
    """Where the seven characters of a kind of plate stand, mm; seen on the photographs."""

    face: str
    """The face of ours that it is set in."""
    centres: tuple[float, ...]
    """Middle of each character, from the left edge."""
    base: float
    """Foot of the characters, from the top edge."""
    height: float
    """Height of the characters."""
    width: float
    """Width of a cell, one character and half of each gap."""
    strip: tuple[int, int, int, int]
    """Strip or band above the characters: left, top, right, bottom."""
    strip_ink: float
    """How dark the strip is, 0 as the ground, 1 as the characters."""


LAYOUTS = {
    "Brazilian": Layout("Brazilian", (41, 89, 137, 213, 260, 307, 354), 115, 63, 46, (82, 13, 350, 37), 0.2),
    "Argentine": Layout("Mercosur", (36, 85, 154, 200, 245, 316, 364), 115, 65, 46, (4, 4, 396, 30), 0.8),
    "Mercosur": Layout(
        "Mercosur", (54.5, 101, 147.3, 193.6, 239.5, 285.6, 332.6), 111, 65.5, 46, (4, 4, 396, 32), 0.8
    ),
}

_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 60, 1e-4)

Draw = Callable[[str, int], np.ndarray]
"""Character and width (px) to the mean candidate's ink, float32 [96, width], 0–1."""


@dataclass(frozen=True)
class Real:
    """The mean look of one character."""

    mean: np.ndarray
    """Float32 [HEIGHT + 2·BORDER, cell width], 0 ground, 1 ink."""
    count: int
    """How many photographed characters it is the mean of."""


def in_half(text: str, half: str) -> bool:
    """Whether a plate belongs to the half ``steer`` or ``report`` (or ``both``); the same on every machine."""
    if half not in ("steer", "report", "both"):
        raise ValueError(f"half must be steer, report or both, not {half!r}")
    return half == "both" or (zlib.crc32(text.encode()) & 2 == 0) == (half == "steer")


def photographs(folder: Path, half: str) -> list[tuple[str, np.ndarray]]:
    """Text and grey uint8 image of every photograph in a folder; the file name is the text."""
    found = [(path.stem.split("_")[0], path) for path in sorted(folder.glob("*.[pj][np]g"))]
    if not found:
        raise FileNotFoundError(
            f"{folder} has no photographs; expected .png or .jpg named after the plate's text"
        )
    return [
        (text, cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)) for text, path in found if in_half(text, half)
    ]


def drawn(text: str, layout: Layout, draw: Draw) -> np.ndarray:
    """A plain plate to align to, float32 [130, 400], 0 ink, 1 ground."""
    ink = np.zeros(SIZE[::-1], np.float32)
    left, top, right, bottom = layout.strip
    ink[top:bottom, left:right] = layout.strip_ink
    ink[:4] = ink[-4:] = ink[:, :4] = ink[:, -4:] = 0.4
    for character, centre in zip(text, layout.centres, strict=True):
        glyph = draw(character, round(HEIGHT * 0.64))
        width = round(glyph.shape[1] * layout.height / HEIGHT)
        glyph = cv2.resize(glyph, (width, round(layout.height)), interpolation=cv2.INTER_AREA)
        x, y = round(centre - width / 2), round(layout.base - layout.height)
        ink[y : y + glyph.shape[0], x : x + width] = np.maximum(
            ink[y : y + glyph.shape[0], x : x + width], glyph
        )
    return cv2.GaussianBlur(1 - ink, (0, 0), 1.5)


def align(photo: np.ndarray, plate: np.ndarray, layout: Layout) -> tuple[np.ndarray, float]:
    """Homography from the drawn plate to the photograph and their correlation over the row of characters.

    First affine over the whole plate from several starts, then a homography over the characters alone.
    """
    photo = cv2.resize(photo, (2 * photo.shape[1], 2 * photo.shape[0]), interpolation=cv2.INTER_CUBIC)
    photo = cv2.GaussianBlur(photo.astype(np.float32) / 255, (0, 0), photo.shape[1] / 400)
    top = round(layout.base - layout.height) - 6
    row = np.ascontiguousarray(plate[top : round(layout.base) + 6])
    down = np.array([[1, 0, 0], [0, 1, top], [0, 0, 1]], np.float32)
    best, score = np.eye(3, dtype=np.float32), -1.0
    for start in _starts(photo.shape, plate.shape):
        try:
            near, warp = cv2.findTransformECC(plate, photo, start[:2], cv2.MOTION_AFFINE, _STOP, None, 25)
            near, warp = cv2.findTransformECC(plate, photo, warp, cv2.MOTION_AFFINE, _STOP, None, 7)
            warp = np.vstack([warp, [0, 0, 1]]).astype(np.float32) @ down
            near, warp = cv2.findTransformECC(row, photo, warp, cv2.MOTION_HOMOGRAPHY, _STOP, None, 5)
        except cv2.error:  # this start did not converge
            continue
        if near > score:
            best, score = warp @ np.linalg.inv(down), near
    return np.diag([0.5, 0.5, 1]) @ best, score


def _starts(photo: tuple[int, int], plate: tuple[int, int]):
    """Guesses of the affine map from plate to photograph: insets of the plate in the photograph and rolls."""
    for inset in (0.0, 0.06):
        for lift in (-0.06, 0.06):
            for roll in (-0.05, 0.0, 0.05):
                scale_x = photo[1] * (1 - 2 * inset) / plate[1]
                scale_y = photo[0] * (1 - 2 * inset) / plate[0]
                shift = (0.0, photo[0] * lift)
                middle = np.array([plate[1] / 2, plate[0] / 2])
                turn = np.array([[scale_x, -roll * scale_y], [roll * scale_x, scale_y]])
                place = np.array([photo[1] / 2, photo[0] / 2]) + shift - turn @ middle
                yield np.vstack([np.c_[turn, place], [0, 0, 1]]).astype(np.float32)


def cells(photo: np.ndarray, warp: np.ndarray, layout: Layout) -> list[np.ndarray]:
    """The seven cells of a photograph, each with room to be moved, float32, 0 ground, 1 ink."""
    scale = HEIGHT / layout.height
    height, width = HEIGHT + 2 * (BORDER + SLACK), round(layout.width * scale) + 2 * SLACK
    found = []
    for centre in layout.centres:
        to_plate = np.array(
            [
                [1 / scale, 0, centre - width / 2 / scale],
                [0, 1 / scale, layout.base - layout.height - (BORDER + SLACK) / scale],
                [0, 0, 1],
            ]
        )
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        cell = cv2.warpPerspective(
            photo.astype(np.float32),
            warp @ to_plate,
            (width, height),
            flags=flags,
            borderMode=cv2.BORDER_REPLICATE,
        )
        inner = cell[SLACK + BORDER : -SLACK - BORDER, SLACK + 4 : -SLACK - 4]
        ink, ground = np.percentile(inner, (8, 92))
        found.append(np.clip((ground - cell) / max(ground - ink, 1), -0.2, 1.2).astype(np.float32))
    return found


def real_glyphs(folder: Path, layout: Layout, half: str, draw: Draw, least: float = 0.65) -> dict[str, Real]:
    """The mean look of every character in a folder of photographs.

    Photographs whose correlation with the drawn plate stays below ``least`` are left out.
    """
    kept, dropped = defaultdict(list), []
    for text, photo in photographs(folder, half):
        warp, score = align(photo, drawn(text, layout, draw), layout)
        if score < least:
            dropped.append(f"{text} ({score:.2f})")
            continue
        for character, cell in zip(text, cells(photo, warp, layout), strict=True):
            kept[character].append(cell)
    if dropped:
        print(f"{folder.name}: left out, did not align: {', '.join(dropped)}")
    return {character: _mean(kept[character]) for character in sorted(kept)}


def _mean(found: list[np.ndarray]) -> Real:
    """Mean of the cells, each moved by a few pixels to where it fits the mean best."""
    core = (slice(SLACK, -SLACK), slice(SLACK, -SLACK))
    moved = [cell[core] for cell in found]
    for _ in range(3):
        mean = np.mean(moved, axis=0).astype(np.float32)
        moved = []
        for cell in found:
            fit = cv2.matchTemplate(cell, mean, cv2.TM_CCOEFF_NORMED)
            y, x = np.unravel_index(fit.argmax(), fit.shape)
            moved.append(cell[y : y + mean.shape[0], x : x + mean.shape[1]])
    return Real(np.mean(moved, axis=0).astype(np.float32), len(moved))
