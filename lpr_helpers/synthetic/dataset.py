"""Whole data sets of generated tracks, in the official directory layout."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from lpr_helpers.files import whole_folder, write_whole
from lpr_helpers.progress import bar
from lpr_helpers.synthetic.camera import film
from lpr_helpers.synthetic.dirt import soil
from lpr_helpers.synthetic.plates import draw_plate, plate_text
from lpr_helpers.synthetic.recipe import RECIPE, Recipe

VERSION = 1
"""Raised whenever the same parameters give other tracks."""
NOTE = "synthetic.json"
CORNERS = ("top-left", "top-right", "bottom-right", "bottom-left")
FEW = 100
"""Below this many tracks starting processes costs more than it saves."""


@dataclass(frozen=True)
class SyntheticTrack:
    """One generated track: its truth, five LR and five HR frames (uint8 RGB [h, w, 3]), and each frame's corners
    (float32 [4, 2], x and y in pixels, clockwise from top left)."""

    text: str
    layout: str
    scenario: str
    lr: list[np.ndarray]
    hr: list[np.ndarray]
    lr_corners: list[np.ndarray]
    hr_corners: list[np.ndarray]


@dataclass(frozen=True)
class Job:
    """One track to make: where it goes and the seeds that fully determine it."""

    track_id: str
    split: str
    scenario: str
    layout: str
    text: str
    seed: tuple[int, ...]
    plate_seed: tuple[int, ...]

    @property
    def folder(self) -> Path:
        """Folder of the track below the data set's root."""
        if self.split == "test":
            return Path("test", self.track_id)
        return Path("train", f"Scenario-{self.scenario}", self.layout, self.track_id)


def make_track(
    seed: int | Iterable[int],
    scenario: str,
    layout: str,
    *,
    plate_seed: int | Iterable[int] | None = None,
    recipe: Recipe = RECIPE,
) -> SyntheticTrack:
    """Make one track, fully determined by its seeds.

    Parameters
    ----------
    seed: whatever ``numpy.random.default_rng`` takes; decides the filming.
    scenario: ``A`` or ``B``.
    layout: ``Brazilian`` or ``Mercosur``.
    plate_seed: decides text and look of the plate; tracks that share it show the same plate. Default: ``seed``.
    """
    text, plate = _plate(seed if plate_seed is None else plate_seed, layout, recipe)
    track = film(plate, scenario, np.random.default_rng(seed).spawn(1)[0], recipe)
    return SyntheticTrack(text, layout, scenario, track.lr, track.hr, track.lr_corners, track.hr_corners)


def write_dataset(
    root: str | Path,
    *,
    train: tuple[int, int] = (500, 500),
    test: int = 100,
    seed: int = 0,
    dirt: bool = False,
    workers: int | None = None,
    progress: bool = True,
    recipe: Recipe = RECIPE,
) -> Path:
    """Write a data set in the official layout.

    That is ``train/Scenario-{A,B}/{Brazilian,Mercosur}/track_NNNNN`` and a flat ``test/track_NNNNN``. The truth of
    the test tracks goes beside it, to ``<root>-truth.csv``. A folder that already holds the data set of these
    parameters is left as it is; otherwise it appears whole or not at all.

    Parameters
    ----------
    root: folder to create.
    train: number of tracks in Scenario A and in Scenario B.
    test: number of test tracks (filmed like B).
    seed: the same seed and recipe give the same bytes, whatever the number of workers.
    dirt: spoil a few training tracks of Scenario B as the real data are spoilt (see `dirt.soil`).
    workers: processes; None takes one a core, at most eight.
    progress: show a progress bar.

    Returns
    -------
    ``root`` as a Path.

    Raises
    ------
    ValueError: a number of tracks is negative, or together more than five digits can name.
    FileExistsError: the folder holds something else; the message says what to delete.
    """
    root = Path(root)
    if min(*train, test) < 0 or sum(train) + 2 * test > 99_999:
        raise ValueError(
            f"train={train}, test={test}: expected numbers ≥ 0 that fit into track_00001 … track_99999"
        )
    note = {
        "version": VERSION, "train": list(train), "test": test, "seed": seed, "dirt": dirt,
        "recipe": hashlib.sha256(repr(recipe).encode()).hexdigest()[:16],
    }  # fmt: skip
    jobs = plan(train, test, seed, recipe)
    if not _already_there(root, note):
        with whole_folder(root) as folder:
            _write_tracks(jobs, folder, recipe, workers, progress)
            if dirt:
                soil(folder)
            (folder / NOTE).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
            _write_truth(jobs, truth_path(root))
    elif not truth_path(root).exists():
        _write_truth(jobs, truth_path(root))
    return root


def truth_path(root: str | Path) -> Path:
    """Where the truth of a generated data set's test tracks is kept: beside the root, never inside."""
    root = Path(root)
    return root.with_name(f"{root.name}-truth.csv")


def plan(train: tuple[int, int], test: int, seed: int, recipe: Recipe = RECIPE) -> list[Job]:
    """All tracks of a data set, in order of their ids; no test plate occurs in training, and some plates of
    Scenario A occur in two tracks."""
    jobs, texts = [], set()
    for split, scenario, count in (("train", "A", train[0]), ("train", "B", train[1]), ("test", "B", test)):
        brazilian = round(count * recipe.brazilian_share[scenario])
        for layout, number in (("Brazilian", brazilian), ("Mercosur", count - brazilian)):
            again = round(number * recipe.recurring_share / (1 + recipe.recurring_share)) * (scenario == "A")
            for i in range(number):
                index = len(jobs)
                if i >= number - again:
                    seen = jobs[index - (number - again)]
                    text, plate_seed = seen.text, seen.plate_seed
                else:
                    text, plate_seed = _fresh_plate(seed, index, layout, texts, recipe)
                jobs.append(Job("", split, scenario, layout, text, (seed, index, 1), plate_seed))
    ids = _track_ids(sum(train), test, seed)
    return [replace(job, track_id=name) for job, name in zip(jobs, ids, strict=True)]


def _plate(seed, layout: str, recipe: Recipe) -> tuple[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    text = plate_text(layout, rng, recipe.plates)
    return text, draw_plate(text, layout, rng, recipe.plates)


def _fresh_plate(
    seed: int, index: int, layout: str, texts: set[str], recipe: Recipe
) -> tuple[str, tuple[int, ...]]:
    """Text and seed of a plate whose text no earlier plate has; the text is added to ``texts``."""
    attempt = 0
    while True:
        plate_seed = (seed, index, 0, attempt)
        text = plate_text(layout, np.random.default_rng(plate_seed), recipe.plates)
        if text not in texts:
            texts.add(text)
            return text, plate_seed
        attempt += 1


def _track_ids(train: int, test: int, seed: int) -> list[str]:
    """Training ids from 1 on without gaps; test ids above them with gaps and in no order of layout."""
    rng = np.random.default_rng([seed, train, test])
    numbers = [*range(1, train + 1), *(train + 1 + rng.permutation(2 * test)[:test])]
    return [f"track_{number:05d}" for number in numbers]


def _already_there(root: Path, note: dict) -> bool:
    """Whether ``root`` holds the complete data set that ``note`` describes."""
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return False
    try:
        found = json.loads((root / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if found == note:
        return True
    what = f"another generated data set: {found}" if found else f"something without a readable {NOTE}"
    raise FileExistsError(
        f"{root} already holds {what}. Wanted: {note}. Delete the folder {root.resolve()} or choose another one."
    )


def _write_tracks(jobs: list[Job], folder: Path, recipe: Recipe, workers: int | None, progress: bool) -> None:
    """Make and write all tracks, in processes where that pays."""
    for name in ("train", "test"):
        (folder / name).mkdir()
    write = partial(write_track, root=folder, recipe=recipe)
    workers = min(os.cpu_count() or 1, 8) if workers is None else workers
    shown = partial(bar, description="Drawing plates", total=len(jobs), unit="track", disable=not progress)
    if workers < 2 or len(jobs) < FEW:
        for _ in shown(map(write, jobs)):
            pass
        return
    with ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=cv2.setNumThreads, initargs=(1,)
    ) as pool:
        for _ in shown(pool.map(write, jobs, chunksize=16)):
            pass


def write_track(job: Job, root: Path, recipe: Recipe = RECIPE) -> None:
    """Make one track and write its images (and, in training, its annotations) below ``root``."""
    track = make_track(job.seed, job.scenario, job.layout, plate_seed=job.plate_seed, recipe=recipe)
    folder = root / job.folder
    folder.mkdir(parents=True)
    png = job.split == "train" and job.scenario == "A"
    rng = np.random.default_rng((*job.seed, 2))
    low, high = recipe.cameras[job.scenario].file_quality
    options = (
        [cv2.IMWRITE_PNG_COMPRESSION, 6]
        if png
        else [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(low, high + 1))]
    )
    corners = {}
    for kind, frames, places in (("lr", track.lr, track.lr_corners), ("hr", track.hr, track.hr_corners)):
        if kind == "hr" and job.split == "test":
            continue
        for i, (frame, place) in enumerate(zip(frames, places, strict=True), 1):
            name = f"{kind}-{i:03d}.{'png' if png else 'jpg'}"
            _, data = cv2.imencode(name[-4:], np.ascontiguousarray(frame[..., ::-1]), options)
            (folder / name).write_bytes(data.tobytes())
            corners[name] = {
                key: [round(float(v), 2) for v in xy] for key, xy in zip(CORNERS, place, strict=True)
            }
    if job.split == "train":
        annotations = {
            "plate_layout": job.layout, "plate_text": track.text, "corners": corners if png else {}
        }  # fmt: skip
        (folder / "annotations.json").write_text(json.dumps(annotations), encoding="utf-8")


def _write_truth(jobs: list[Job], path: Path) -> None:
    rows = sorted((job.track_id, job.text, job.layout) for job in jobs if job.split == "test")
    lines = ["track_id,plate_text,plate_layout", *map(",".join, rows)]
    write_whole(path, "\n".join(lines) + "\n")
