"""What the generator is worth: a small fixed reader learns from generated tracks alone, then reads real ones.

    python -m tests.benchmarks.synthetic --real FOLDER
    python -m tests.benchmarks.synthetic --real FOLDER --half steer --without halos,free --out results.csv

FOLDER holds `track_NNNNN` folders with five LR frames and `annotations.json` (text and layout), like the release of a
test set. Plates of layout Brazilian are read with its mask, all others without any. Without FOLDER only synthetic
tracks are read. Each ingredient named in ``--without`` costs one more training, without it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from lpr_helpers.evaluation import bootstrap, metrics
from lpr_helpers.evaluation.bootstrap import readable
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.dataset import make_track
from lpr_helpers.synthetic.fresh import FreshPool, FreshTracks, as_loaded
from lpr_helpers.synthetic.recipe import RECIPE, Recipe
from lpr_helpers.utils.cores import usable_cores
from lpr_helpers.utils.images import load_frame
from lpr_helpers.utils.processes import process_pool
from tests.benchmarks.ingredients import INGREDIENTS, without
from tests.benchmarks.rectify import in_half

SIZE = (32, 128)
EVALUATED = 600
"""Synthetic tracks of each kind that are read."""
TEST_SEED = 990_001


@dataclass(frozen=True)
class Tracks:
    """Tracks to read: images, each uint8 [5, 1, 32, 128], texts, and the layout whose mask is used (or None)."""

    images: list[np.ndarray]
    texts: list[str]
    layout: str | None


def labelled(folder: Path) -> Iterator[tuple[str, str, list[Path]]]:
    """Layout, text and frames of every track."""
    for path in sorted(folder.glob("track_*")):
        label = json.loads((path / "annotations.json").read_text(encoding="utf-8"))
        yield label["plate_layout"], label["plate_text"].strip(), sorted(path.glob("lr-*"))


def _of_five(folder: Path) -> Iterator[tuple[str, str, list[Path]]]:
    for layout, text, files in labelled(folder):
        if len(files) != 5:
            raise SystemExit(f"{files} are {len(files)} frames of a track in {folder}; five are expected")
        yield layout, text, files


def real_tracks(folder: Path, half: str) -> dict[str, Tracks]:
    """The real tracks of one half of the plates, by layout."""
    found = {}
    for layout, text, files in _of_five(folder):
        if in_half(text, half):
            frames = np.stack([load_frame(file, SIZE, colour=False) for file in files])
            found.setdefault(layout, []).append((frames, text))
    return {
        name: Tracks(*map(list, zip(*some, strict=True)), name if name in BRAZIL.layouts else None)
        for name, some in found.items()
    }


def real_sizes(folder: Path) -> dict[str, list[tuple[int, int]]]:
    """Width and height of the real tracks' middle frames, by layout."""
    sizes = {}
    for layout, _, files in _of_five(folder):
        height, width = cv2.imread(str(files[2])).shape[:2]
        sizes.setdefault(layout, []).append((width, height))
    if not sizes:
        raise SystemExit(f"{folder} holds no track_… folders")
    return sizes


def synthetic_tracks(layout: str, scenario: str, sizes: list[tuple[int, int]] | None, count: int) -> Tracks:
    """Generated tracks by the whole recipe; with ``sizes``, frames as large as those, in turn."""
    make = partial(_test_track, layout=layout, scenario=scenario, sizes=sizes)
    with process_pool(min(usable_cores(), 16)) as pool:
        made = list(pool.map(make, range(count), chunksize=25))
    images, texts = zip(*made, strict=True)
    return Tracks(list(images), list(texts), layout if layout in BRAZIL.layouts else None)


def sized(scenario: str, width: int, height: int) -> Recipe:
    """The whole recipe, with LR crops of a scenario as large as asked for (in pixels, the middle frame)."""
    camera = replace(
        RECIPE.cameras[scenario],
        lr_width=(width, 0, 1, 1000),
        lr_height=(1, 1000),
        aspect=(width / height, 0, 0, 10),
    )
    return replace(RECIPE, cameras={**RECIPE.cameras, scenario: camera})


def _test_track(number: int, layout: str, scenario: str, sizes) -> tuple[np.ndarray, str]:
    cv2.setNumThreads(1)
    recipe = sized(scenario, *sizes[number % len(sizes)]) if sizes else RECIPE
    track = make_track((TEST_SEED, number), scenario, layout, recipe=recipe, hr=False)
    return np.stack([as_loaded(frame, SIZE, colour=False) for frame in track.lr]), track.text


def what_is_read(half: str, folder: Path | None) -> dict[str, Tracks]:
    """Everything the reader is tried on, by name."""
    tried = {
        f"synthetic {scenario}, {layout}": synthetic_tracks(layout, scenario, None, EVALUATED)
        for scenario in "AB"
        for layout in BRAZIL.layouts
    }
    if folder is None:
        return tried
    halves = ("steer", "report") if half == "both" else (half,)
    for name, sizes in real_sizes(folder).items():
        layout = name if name in BRAZIL.layouts else "Free"
        like = f"synthetic B, {layout}, sized like real {name}"
        tried[like] = synthetic_tracks(layout, "B", sizes, EVALUATED)
    for part in halves:
        for name, tracks in real_tracks(folder, part).items():
            tried[f"real {name}, {part} half"] = tracks
    return tried


def training_tracks(count: int, seed: int, recipe: Recipe, free: float) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [count, 5, 1, 32, 128] and targets int64 [count, 7] of Scenarios A and B."""
    images, targets = np.empty((count, 5, 1, *SIZE), np.uint8), np.empty((count, 7), np.int64)
    done = 0
    with FreshPool(FreshTracks(count, seed, free=free, recipe=recipe)) as pool:
        for some, wanted in pool.chunks(0):
            images[done : done + len(some)], targets[done : done + len(some)] = some, wanted
            done += len(some)
    return images, targets


def results(probe, tracks: Tracks) -> pd.DataFrame:
    """Text and reading of every track."""
    import torch

    from tests.benchmarks import probe as reader

    slots = reader.read(probe, np.stack(tracks.images)) + BRAZIL.mask(tracks.layout)
    read = [BRAZIL.decode(row) for row in torch.argmax(slots, -1)]
    return pd.DataFrame({"text": tracks.texts, "reading": read})


def drawn(names: list[str], options: argparse.Namespace) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Each recipe's training tracks in turn; where a GPU learns, the next ones are drawn meanwhile."""
    import torch

    def draw(name: str) -> tuple[str, np.ndarray, np.ndarray]:
        started = time.perf_counter()
        recipe, free = without(name, RECIPE)
        tracks = training_tracks(options.tracks, options.seed, recipe, free)
        seconds = time.perf_counter() - started
        print(f"{name}: drew {options.tracks} tracks, {options.tracks / seconds:.0f} a second", flush=True)
        return name, *tracks

    if not torch.cuda.is_available():
        yield from map(draw, names)
        return
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(draw, names[0])
        for following in [*names[1:], None]:
            ready = coming.result()
            coming = ahead.submit(draw, following) if following else None
            yield ready


def measure(name: str, probe, tried: dict[str, Tracks]) -> pd.DataFrame:
    """What a reader reads of everything, with intervals over plates."""

    rates = {"plates": metrics.recognition_rate, "characters": metrics.character_accuracy}
    rows = []
    for kind, tracks in tried.items():
        figures = bootstrap.columns_of(results(probe, tracks), rates)
        rows.append({"recipe": name, "tracks": kind, "n": len(tracks.texts), **figures})
    return pd.DataFrame(rows)


def main() -> None:
    """Read the command line, measure, print and perhaps write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.synthetic", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--real", type=Path, help="folder of real tracks to read")
    parser.add_argument(
        "--half", choices=("steer", "report", "both"), default="both", help="half of the real plates"
    )
    parser.add_argument("--tracks", type=int, default=60_000, help="generated tracks to learn from")
    parser.add_argument("--passes", type=int, default=4, help="how often each is seen")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--without", default="", help="ingredients to leave out in turn: " + ", ".join(INGREDIENTS)
    )
    parser.add_argument("--only-without", action="store_true", help="do not train with the whole recipe")
    parser.add_argument("--out", type=Path, help="CSV file for all figures")
    options = parser.parse_args()
    names = ([] if options.only_without else ["everything"]) + [
        name for name in options.without.split(",") if name
    ]
    if unknown := set(names) - {"everything", *INGREDIENTS}:
        parser.error(f"no such ingredient: {', '.join(sorted(unknown))}; choose of {', '.join(INGREDIENTS)}")
    from tests.benchmarks import probe as reader

    tried, tables = what_is_read(options.half, options.real), []
    for name, images, targets in drawn(names, options):
        started = time.perf_counter()
        probe = reader.train(images, targets, options.passes, options.seed, partial(print, flush=True))
        print(f"{name}: learned in {(time.perf_counter() - started) / 60:.1f} minutes")
        tables.append(measure(name, probe, tried).assign(seed=options.seed))
        print(readable(tables[-1]).to_string(index=False), flush=True)
        if options.out:
            pd.concat(tables).to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
