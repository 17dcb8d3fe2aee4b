"""Our own drawings of the two typefaces of Brazilian plates, as strokes whose weight and corners can be set.

No free font is the typeface of a plate. The shapes (`glyph_shapes`) are our own skeletons after photographs of real
plates; `tests/benchmarks/glyphs.py` measures how close they come.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from lpr_helpers.synthetic.glyph_shapes import BRAZILIAN, MERCOSUR, Shape
from lpr_helpers.utils.opencv import cv2

FACES = ("Brazilian", "Mercosur")
HEIGHT = 96
_SHAPES = {"Brazilian": BRAZILIAN, "Mercosur": MERCOSUR}
_FINE = 4  # drawn this many times larger, then averaged down: that is what antialiases


def plate_glyph(face: str, character: str, stroke: float, roundness: float = 1.0) -> np.ndarray:
    """One character of a plate's typeface, cut to its bounds.

    Parameters
    ----------
    face: one of `FACES`.
    character: one of A–Z, 0–9.
    stroke: width of the strokes as a share of the character's height, 1/96 to 0.3, rounded to 1/96.
    roundness: factor on the radii of the corners, 0 (sharp) to 3, rounded to 0.1; 1 as on the photographs.

    Returns
    -------
    uint8 [96, w], 255 ink, antialiased, not writable; w is ``96 * width(face, character)``, but a bare bar is as
    wide as its stroke.

    Raises
    ------
    ValueError
        Unknown face or character, or a stroke or roundness that cannot be drawn.
    """
    _shape(face, character)
    if not 1 / HEIGHT <= stroke <= 0.3:
        raise ValueError(f"stroke must be a share of the height from 1/96 to 0.3, not {stroke}")
    if not 0 <= roundness <= 3:
        raise ValueError(f"roundness must be from 0 to 3, not {roundness}")
    return _plate_glyph(face, character, round(stroke * HEIGHT), round(roundness * 10))


def width(face: str, character: str) -> float:
    """Natural width of a character as a share of its height, as on real plates; raises ValueError as `plate_glyph`
    does.
    """
    return _shape(face, character)[0]


def _shape(face: str, character: str) -> Shape:
    if face not in _SHAPES:
        raise ValueError(f"no face {face!r}; there are {', '.join(FACES)}")
    if character not in _SHAPES[face]:
        raise ValueError(f"the face {face} has no {character!r}; it has A–Z and 0–9")
    return _SHAPES[face][character]


@lru_cache(maxsize=8192)
def _plate_glyph(face: str, character: str, stroke: int, roundness: int) -> np.ndarray:
    wide, strokes = _shape(face, character)
    weight, tall = stroke * _FINE, HEIGHT * _FINE
    across = max(round(wide * tall), weight)
    canvas: np.ndarray = np.zeros((tall, across), np.uint8)
    box = np.array([across - weight, tall - weight], float)
    for path in strokes.split(";"):
        points, closed = _points(path.split(), box, roundness / 10 * tall)
        _trace(canvas, [point + weight / 2 for point in points], closed, weight / 2)
    left, top, across, tall = cv2.boundingRect(canvas)
    ink = canvas[top : top + tall, left : left + across]
    ink = cv2.resize(ink, (max(1, round(across * HEIGHT / tall)), HEIGHT), interpolation=cv2.INTER_AREA)
    ink.flags.writeable = False
    return ink


def _points(path: list[str], box: np.ndarray, unit: float) -> tuple[list[np.ndarray], bool]:
    """The points of a stroke in pixels of ``box``, round corners in short steps (``unit`` px is a radius of 1)."""
    closed = path[-1] == "z"
    tokens = [token.partition("~")[::2] for token in path[: len(path) - closed]]
    corners = [np.array([float(part) for part in place.split(",")]) * box for place, _ in tokens]
    found = []
    for i, (corner, (_, radius)) in enumerate(zip(corners, tokens, strict=True)):
        if radius and unit and (closed or 0 < i < len(corners) - 1):
            found += _arc(corners[i - 1], corner, corners[(i + 1) % len(corners)], float(radius) * unit)
        else:
            found.append(corner)
    # Two arcs that share a side wholly meet in one point; a step without length has no direction to be drawn in.
    found = [point for i, point in enumerate(found) if (i == 0 and not closed) or _apart(point, found[i - 1])]
    return found, closed


def _apart(point: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.abs(point - other).max() > 1e-6)


def _arc(before: np.ndarray, corner: np.ndarray, after: np.ndarray, radius: float) -> list[np.ndarray]:
    """Points on the arc that rounds a corner, its radius cut down to what half of the shorter side has room for."""
    to, on = before - corner, after - corner
    to_length, on_length = np.linalg.norm(to), np.linalg.norm(on)
    to, on = to / to_length, on / on_length
    if to @ on < -0.999:  # straight on
        return [corner]
    half = np.arccos(np.clip(to @ on, -1, 1)) / 2
    reach = min(radius / np.tan(half), to_length / 2, on_length / 2)
    radius = reach * np.tan(half)
    middle = corner + (to + on) / np.linalg.norm(to + on) * (radius / np.sin(half))
    spokes = corner + to * reach - middle, corner + on * reach - middle
    sweep = np.pi - 2 * half
    weights = ((np.sin((1 - t) * sweep), np.sin(t * sweep)) for t in np.linspace(0, 1, 13))
    return [middle + (a * spokes[0] + b * spokes[1]) / np.sin(sweep) for a, b in weights]


def _trace(canvas: np.ndarray, points: list[np.ndarray], closed: bool, half: float) -> None:
    """Draw a stroke of half width ``half`` px along its points: a bar for each step, a mitre for each corner."""
    if not closed:
        points[0] = _cut(points[0], points[1], canvas.shape, half)
        points[-1] = _cut(points[-1], points[-2], canvas.shape, half)
    line = np.array([*points, points[0]] if closed else points)
    here, there = line[:-1], line[1:]
    steps = there - here
    left = np.stack([-steps[:, 1], steps[:, 0]], 1) / np.linalg.norm(steps, axis=1, keepdims=True)
    _fill(canvas, here + half * left, there + half * left, there - half * left, here - half * left)
    corners = here if closed else here[1:]
    first, second = (np.roll(left, 1, axis=0), left) if closed else (left[:-1], left[1:])
    outward = np.where(first[:, :1] * second[:, 1:] > first[:, 1:] * second[:, :1], -half, half)
    tip = (first + second) / np.maximum(1 + (first * second).sum(1, keepdims=True), 0.1)
    _fill(canvas, corners, corners + outward * first, corners + outward * tip, corners + outward * second)


def _cut(end: np.ndarray, inner: np.ndarray, shape: tuple[int, int], half: float) -> np.ndarray:
    """An end, moved beyond the bound of the character where the stroke runs into that bound."""
    along = (end - inner) / np.linalg.norm(end - inner)
    tall, across = shape
    upright = end[1] <= half + 1 or end[1] >= tall - half - 1
    level = end[0] <= half + 1 or end[0] >= across - half - 1
    if (upright and abs(along[1]) > 0.4) or (level and abs(along[1]) < 0.1):
        return end + 4 * half * along
    return end


def _fill(canvas: np.ndarray, *outlines: np.ndarray) -> None:
    """Fill quadrilaterals, given as their first, second, third and fourth corners, each float [n, 2] in pixels."""
    # OpenCV's sixteenths of a pixel; a pixel's middle is whole there.
    for outline in np.rint((np.stack(outlines, 1) - 0.5) * 16).astype(np.int32):
        cv2.fillConvexPoly(canvas, outline, 255, shift=4)
