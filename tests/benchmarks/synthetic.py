"""What the generator is worth: our reader learns from generated tracks alone, then reads real ones.

    python -m tests.benchmarks.synthetic --real FOLDER …
    python -m tests.benchmarks.synthetic --real FOLDER … --half steer --without halos,free --out results.csv

Each FOLDER holds `track_NNNNN` folders with five LR frames and `annotations.json` (text and layout), like the release
of a test set. Plates of the two Brazilian layouts are read with their mask, all others without any. Without FOLDER only
synthetic tracks are read. The reader begins from nothing, sees each track as often as ``--passes`` says, and learns as
in `tests.benchmarks.ablation`: two minutes of one core for 12,800 tracks. Each ingredient named in ``--without`` costs
one more training, without it; what --out holds already is not measured again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
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
from lpr_helpers.synthetic.fresh import FreshTracks, as_loaded
from lpr_helpers.synthetic.recipe import RECIPE, Recipe
from lpr_helpers.utils.cores import usable_cores
from lpr_helpers.utils.devices import keep_freed_memory
from lpr_helpers.utils.images import load_frame
from lpr_helpers.utils.processes import process_pool
from tests.benchmarks import ablation
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


def _of_five(folders: Sequence[Path]) -> Iterator[tuple[str, str, list[Path]]]:
    for folder in folders:
        for layout, text, files in labelled(folder):
            if len(files) != 5:
                raise SystemExit(f"{files} are {len(files)} frames of a track in {folder}; five are expected")
            yield layout, text, files


def real_tracks(folders: Sequence[Path], half: str) -> dict[str, Tracks]:
    """The real tracks of one half of the plates, by layout."""
    found = {}
    for layout, text, files in _of_five(folders):
        if in_half(text, half):
            frames = np.stack([load_frame(file, SIZE, colour=False) for file in files])
            found.setdefault(layout, []).append((frames, text))
    return {
        name: Tracks(*map(list, zip(*some, strict=True)), name if name in BRAZIL.layouts else None)
        for name, some in found.items()
    }


def real_sizes(folders: Sequence[Path]) -> dict[str, list[tuple[int, int]]]:
    """Width and height of the real tracks' middle frames, by layout."""
    sizes = {}
    for layout, _, files in _of_five(folders):
        height, width = cv2.imread(str(files[2])).shape[:2]
        sizes.setdefault(layout, []).append((width, height))
    if not sizes:
        raise SystemExit(f"no track_… folders in {', '.join(map(str, folders))}")
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


def what_is_read(half: str, folders: Sequence[Path]) -> dict[str, Tracks]:
    """Everything the reader is tried on, by name."""
    tried = {
        f"synthetic {scenario}, {layout}": synthetic_tracks(layout, scenario, None, EVALUATED)
        for scenario in "AB"
        for layout in BRAZIL.layouts
    }
    if not folders:
        return tried
    halves = ("steer", "report") if half == "both" else (half,)
    for name, sizes in real_sizes(folders).items():
        layout = name if name in BRAZIL.layouts else "Free"
        like = f"synthetic B, {layout}, sized like real {name}"
        tried[like] = synthetic_tracks(layout, "B", sizes, EVALUATED)
    for part in halves:
        for name, tracks in real_tracks(folders, part).items():
            tried[f"real {name}, {part} half"] = tracks
    return tried


def results(model, tracks: Tracks) -> pd.DataFrame:
    """Text and reading of every track."""
    slots = ablation.slots_of(model, np.stack(tracks.images)) + BRAZIL.mask(tracks.layout)
    return pd.DataFrame({"text": tracks.texts, "reading": [BRAZIL.decode(row) for row in slots.argmax(-1)]})


def learnt(name: str, options: argparse.Namespace):
    """A reader that learned from the recipe without one ingredient."""
    recipe, free = without(name, RECIPE)
    data = ablation.drawn(FreshTracks(options.tracks, options.seed, free=free, recipe=recipe))
    started = time.perf_counter()
    model = ablation.train(ablation.VARIANTS["as shipped"], data, options.seed, options.passes)
    print(f"{name}: learned in {(time.perf_counter() - started) / 60:.1f} minutes", flush=True)
    return model


def measure(name: str, model, tried: dict[str, Tracks]) -> pd.DataFrame:
    """What a reader reads of everything, with intervals over plates."""
    rates = {"plates": metrics.recognition_rate, "characters": metrics.character_accuracy}
    rows = []
    for kind, tracks in tried.items():
        figures = bootstrap.columns_of(results(model, tracks), rates)
        rows.append({"recipe": name, "tracks": kind, "n": len(tracks.texts), **figures})
    return pd.DataFrame(rows)


def main() -> None:
    """Read the command line, measure, print and perhaps write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.synthetic", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--real", type=Path, nargs="+", default=[], help="folders of real tracks to read")
    parser.add_argument(
        "--half", choices=("steer", "report", "both"), default="both", help="half of the real plates"
    )
    parser.add_argument("--tracks", type=int, default=12_800, help="generated tracks to learn from")
    parser.add_argument("--passes", type=int, default=1, help="how often each is seen")
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
    keep_freed_memory()
    tried = what_is_read(options.half, options.real)
    tables = [pd.read_csv(options.out)] if options.out and options.out.exists() else []
    for name in names:
        if tables and ((tables[0]["recipe"] == name) & (tables[0]["seed"] == options.seed)).any():
            continue
        tables.append(measure(name, learnt(name, options), tried).assign(seed=options.seed))
        print(readable(tables[-1]).to_string(index=False), flush=True)
        if options.out:
            pd.concat(tables).to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
