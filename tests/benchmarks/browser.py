"""How long the error browser takes for one thing a person does: medians on synthetic rows.

    python -m tests.benchmarks.browser [--tracks 3000] [--times 15]

Rows share twenty image files of the usual sizes. What the page in the web browser takes comes on top.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from lpr_helpers.browser.error_browser import ErrorBrowser
from lpr_helpers.plates import BRAZIL

SIZES = {"lr": (20, 44), "hr": (50, 110)}


def synthetic_results(tracks: int, folder: Path, seed: int = 0) -> pd.DataFrame:
    """Results of so many tracks, a third of them misread, with frames, confidences and alternatives."""
    rng = np.random.default_rng(seed)
    files = {kind: _files(folder, kind, size, rng) for kind, size in SIZES.items()}
    rows = []
    for number in range(tracks):
        layout = "Brazilian" if number % 2 else "Mercosur"
        text = "".join(rng.choice(list(BRAZIL.allowed(symbol))) for symbol in BRAZIL.layouts[layout])
        reading = list(text)
        for place in rng.choice(7, rng.choice([0, 0, 0, 0, 1, 1, 3]), replace=False):
            reading[place] = rng.choice(list(BRAZIL.alphabet))
        sure = rng.uniform(0.3, 1, 7).round(3).tolist()
        rows.append(
            {
                "track_id": f"track_{number:05}",
                "text": text,
                "reading": "".join(reading),
                "confidence": float(np.prod(sure)),
                "layout": layout,
                "scenario": "AB"[number % 3 > 0],
                "read_layout": layout,
                "char_confidences": sure,
                "alternatives": [
                    [[c, p], ["8", (1 - p) / 2], ["B", (1 - p) / 3]]
                    for c, p in zip(reading, sure, strict=True)
                ],
                "frame_readings": [text] * 5,
                "frame_confidences": [0.5] * 5,
                **{kind: list(rng.choice(names, 5)) for kind, names in files.items()},
            }
        )
    return pd.DataFrame(rows)


def _files(folder: Path, kind: str, size: tuple[int, int], rng: np.random.Generator) -> list[str]:
    """Ten images of blurred noise."""
    names = [str(folder / f"{kind}-{number:03}.png") for number in range(10)]
    for name in names:
        cv2.imwrite(name, cv2.GaussianBlur(rng.integers(0, 256, (*size, 3), np.uint8), (0, 0), 2))
    return names


def actions(browser: ErrorBrowser) -> dict[str, Callable[[int], None]]:
    """What a person does, each time a little differently; the number says which time it is."""
    bar, cards = browser.bar, browser.cards
    grid = list(bar.grid.buttons)

    def relabel(time: int) -> None:
        cards[0].label.value = f"ABC{time:04}"

    return {
        "filter by text": lambda time: setattr(bar.reading, "value", "AB1"[time % 3]),
        "filter by kind": lambda time: setattr(bar.kind, "value", ("all", "wrong")[time % 2]),
        "filter by confidence": lambda time: setattr(bar.confidence, "value", (0.01 * time, 1.0)),
        "press a cell of the matrix": lambda time: bar.press(grid[time % len(grid)]),
        "sort": lambda time: setattr(bar.order, "value", bar.order.options[time % 4]),
        "clear all filters": lambda _: bar.reset(),
        "turn the page": lambda _: browser.turn(+1),
        "flag": lambda time: setattr(cards[time % len(cards)].flag, "value", time // len(cards) % 2 == 0),
        "correct a label": relabel,
        "write a note": lambda time: setattr(cards[1].note, "value", f"note {time}"),
        "filter to nothing": lambda time: setattr(bar.truth, "value", f"nothing {time}"),
        "export what is left": lambda _: browser.export.click(),
    }


def main() -> None:
    """Read the command line, measure and print the medians."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.browser", description=__doc__)
    parser.add_argument("--tracks", type=int, default=3000)
    parser.add_argument("--times", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = synthetic_results(options.tracks, Path(folder))
        started = time.perf_counter()
        browser = ErrorBrowser(results, folder)
        opened = time.perf_counter()
        browser.bar.matrix.value = True
        print(f"{options.tracks:,} tracks: opens in {1000 * (opened - started):.0f} ms, ", end="")
        print(f"the confusion matrix in {1000 * (time.perf_counter() - opened):.0f} ms")
        print(f"{'median of each, in ms':28}{'passes':>8}{'computing':>11}")
        for name, act in actions(browser).items():
            browser.bar.reset()
            passes, computing = _medians(act, options.times)
            print(f"{name:28}{1000 * passes:8.1f}{1000 * computing:11.1f}")


def _medians(act: Callable[[int], None], times: int) -> tuple[float, float]:
    """Seconds that pass while something is done, and seconds of the processor: a busy machine adds to the former."""
    taken = []
    for number in range(1, times + 1):
        started = time.perf_counter(), time.process_time()
        act(number)
        taken.append((time.perf_counter() - started[0], time.process_time() - started[1]))
    passes, computing = zip(*taken, strict=True)
    return statistics.median(passes), statistics.median(computing)


if __name__ == "__main__":
    main()
