"""How close typefaces come to the characters of real plates: free fonts against our own glyphs.

    python -m tests.benchmarks.glyphs --photos FOLDER [--half steer|report|both] [--picture FILE]

``FOLDER`` holds ``Brazilian/``, ``Argentine/`` and ``Mercosur/`` (one typeface) with photographs named after their
text, ``ABC1234.png`` or ``.jpg``. No photographs come with the project. The half ``steer`` is what one may look at
while drawing, the half ``report``, the default, is what the figures are told of.

A figure is the normalised cross-correlation with the mean real character, the best over small shifts, widths, stroke
weights and blurs; all typefaces have the same search.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import cv2
import numpy as np

from lpr_helpers.synthetic.glyphs import plate_glyph
from lpr_helpers.synthetic.lettering import FONTS, font_glyph
from tests.benchmarks.rectify import HEIGHT, LAYOUTS, Layout, Real, real_glyphs

OURS = "ours"
WIDTHS = np.arange(0.44, 0.75, 0.02)  # of a character, shares of its height
STROKES = (0.08, 0.10, 0.12, 0.14, 0.16, 0.18)
BLURS = (0.8, 1.6, 2.4, 3.2)  # sigma, px; the second is that of the coarse search
SHIFT = 4  # px each way
BAR = 0.3  # what is narrower than this share of its height keeps its own width

Candidate = Callable[[str, float], np.ndarray]
"""Character and stroke to ink, uint8 [96, w]."""


@dataclass(frozen=True)
class Fit:
    """The best a typeface can do for a character."""

    score: float
    """Normalised cross-correlation."""
    look: np.ndarray
    """The character as it fitted best, float32, the size of the mean real character."""


def candidates(face: str, fonts: Path = FONTS) -> dict[str, Candidate]:
    """Every font of a folder, and our own face under the name ``ours``."""
    found: dict[str, Candidate] = {
        path.stem: partial(_font, path.stem) for path in sorted(fonts.glob("*.ttf"))
    }
    return {OURS: partial(plate_glyph, face), **found}


def _font(font: str, character: str, stroke: float) -> np.ndarray:
    stem = _stem(font)
    return font_glyph(font, character, max(round(stroke * HEIGHT) - stem, -stem // 3))


@lru_cache
def _stem(font: str) -> int:
    return int((font_glyph(font, "L")[HEIGHT // 3] > 127).sum())


def mixture(typefaces: dict[str, Candidate], character: str, width: int) -> np.ndarray:
    """Pixel mean over all typefaces at one width and weight, float32 [96, width], 0–1: what photographs align to."""
    total = np.zeros((HEIGHT, width), np.float32)
    for typeface in typefaces.values():
        ink = typeface(character, 0.15)
        own = width if ink.shape[1] > BAR * HEIGHT else ink.shape[1]
        left = (width - own) // 2
        total[:, left : left + own] += cv2.resize(ink, (own, HEIGHT), interpolation=cv2.INTER_AREA) / 255
    return total / len(typefaces)


def fit(real: np.ndarray, typeface: Candidate, character: str) -> Fit:
    """Search width, stroke and shift at one blur, then the blur."""
    tries = []
    for stroke in STROKES:
        ink = typeface(character, stroke)
        widths = WIDTHS * HEIGHT if ink.shape[1] > BAR * HEIGHT else [ink.shape[1]]
        tries += [_laid(ink, round(width), real.shape) for width in widths]
    best = max(tries, key=lambda laid: _compare(real, laid, BLURS[1]).score)
    return max((_compare(real, best, blur) for blur in BLURS), key=lambda found: found.score)


def _laid(ink: np.ndarray, width: int, shape: tuple[int, int]) -> np.ndarray:
    """The ink at a width in the middle of a cell with room to be shifted, float32."""
    cell = np.zeros((shape[0] + 2 * SHIFT, max(shape[1] + 2 * SHIFT, width)), np.float32)
    top, left = (cell.shape[0] - HEIGHT) // 2, (cell.shape[1] - width) // 2
    cell[top : top + HEIGHT, left : left + width] = cv2.resize(
        ink, (width, HEIGHT), interpolation=cv2.INTER_AREA
    )
    return cell / 255


def _compare(real: np.ndarray, laid: np.ndarray, blur: float) -> Fit:
    laid = cv2.GaussianBlur(laid, (0, 0), blur)
    scores = cv2.matchTemplate(laid, real, cv2.TM_CCOEFF_NORMED)
    y, x = np.unravel_index(scores.argmax(), scores.shape)
    return Fit(float(scores[y, x]), laid[y : y + real.shape[0], x : x + real.shape[1]])


def fits(real: dict[str, Real], typefaces: dict[str, Candidate]) -> dict[str, dict[str, Fit]]:
    """For each character the fit of each typeface."""
    return {
        character: {name: fit(seen.mean, typeface, character) for name, typeface in typefaces.items()}
        for character, seen in real.items()
    }


def best_font(found: dict[str, Fit]) -> str:
    """The font, not ours, that fits a character best."""
    return max((name for name in found if name != OURS), key=lambda name: found[name].score)


def table(real: dict[str, Real], found: dict[str, dict[str, Fit]]) -> str:
    """Markdown: a row for each character and the mean over characters, with and without bare bars and copies."""
    names = list(next(iter(found.values())))
    lines = [
        "| character | seen | best font | " + " | ".join(names) + " |",
        "|---|---|---|" + "---|" * len(names),
    ]

    def row(title: str, seen: int, among: list[dict[str, Fit]]) -> str:
        top = np.mean([fit[best_font(fit)].score for fit in among])
        scores = [np.mean([fit[name].score for fit in among]) for name in names]
        cells = [title, str(seen), f"{top:.3f}", *(f"{score:.3f}" for score in scores)]
        return "| " + " | ".join(cells) + " |"

    lines += [row(character, real[character].count, [found[character]]) for character in found]
    count = sum(seen.count for seen in real.values())
    lines.append(row("mean", count, list(found.values())))
    plain = [character for character in found if character not in "1I"]
    lines.append(row("mean without 1, I", sum(real[c].count for c in plain), [found[c] for c in plain]))
    often = [character for character in found if real[character].count >= 3]
    lines.append(
        row("mean of those seen 3 times", sum(real[c].count for c in often), [found[c] for c in often])
    )
    ahead = sum(fit[OURS].score > fit[best_font(fit)].score for fit in found.values())
    lines.append(f"\nOurs is closer than every font for {ahead} of {len(found)} characters.")
    return "\n".join(lines)


def sheet(real: dict[str, Real], found: dict[str, dict[str, Fit]], columns: int = 6) -> np.ndarray:
    """Mean real character, ours and the best font beside each other for each character, grey uint8."""
    blocks = []
    for character, fit in found.items():
        looks = (real[character].mean, fit[OURS].look, fit[best_font(fit)].look)
        block = np.hstack([255 - np.clip(look * 255, 0, 255).astype(np.uint8) for look in looks])
        block = cv2.copyMakeBorder(block, 14, 2, 2, 2, cv2.BORDER_CONSTANT, value=255)
        scores = f"{fit[OURS].score:.3f} {fit[best_font(fit)].score:.3f}"
        label = f"{character} ({real[character].count})  {scores} {best_font(fit)[:12]}"
        cv2.putText(block, label, (3, 11), cv2.FONT_HERSHEY_SIMPLEX, 0.36, 0, 1, cv2.LINE_AA)
        blocks.append(block)
    blocks += [np.full_like(blocks[0], 255)] * (-len(blocks) % columns)
    return np.vstack([np.hstack(blocks[i : i + columns]) for i in range(0, len(blocks), columns)])


def report(folder: Path, layout: Layout, half: str) -> tuple[str, np.ndarray]:
    """Table and sheet of one folder of photographs."""
    typefaces = candidates(layout.face)
    real = real_glyphs(folder, layout, half, partial(mixture, typefaces))
    found = fits(real, typefaces)
    return table(real, found), sheet(real, found)


def main(arguments: list[str] | None = None) -> None:
    """Print the tables, write the picture."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.glyphs", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--photos", type=Path, required=True, help="folder with Brazilian/, Argentine/ and Mercosur/"
    )
    parser.add_argument("--half", choices=("steer", "report", "both"), default="report")
    parser.add_argument("--picture", type=Path, help="where to write the sheet: real, ours, best font")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    sheets = []
    for name, layout in LAYOUTS.items():
        text, picture = report(options.photos / name, layout, options.half)
        print(f"\n{name} plates, face {layout.face}, half {options.half}\n\n{text}")
        sheets.append(picture)
    if options.picture:
        wide = max(picture.shape[1] for picture in sheets)
        sheets = [
            cv2.copyMakeBorder(p, 0, 0, 0, wide - p.shape[1], cv2.BORDER_CONSTANT, value=255) for p in sheets
        ]
        if not cv2.imwrite(str(options.picture), np.vstack(sheets)):
            raise OSError(f"could not write {options.picture}")


if __name__ == "__main__":
    main()
