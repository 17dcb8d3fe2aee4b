"""Whole data sets of generated tracks, in the official directory layout."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from lpr_helpers.plates import PLATE_FILE
from lpr_helpers.synthetic import infrared
from lpr_helpers.synthetic.camera import film
from lpr_helpers.synthetic.dirt import add_dirt
from lpr_helpers.synthetic.format_file import MADE, check_made, write_format
from lpr_helpers.synthetic.jobs import Job, plan
from lpr_helpers.synthetic.plates import Watch, draw_plate
from lpr_helpers.synthetic.recipe import RECIPE, Recipe
from lpr_helpers.synthetic.texts import plate_text
from lpr_helpers.utils.cores import usable_cores
from lpr_helpers.utils.files import whole_folder, write_whole
from lpr_helpers.utils.locks import sole_writer
from lpr_helpers.utils.opencv import cv2
from lpr_helpers.utils.processes import DIED, process_pool
from lpr_helpers.utils.progress import bar

VERSION = 3
"""Raised whenever the same parameters give other tracks."""
NOTE = "synthetic.json"
CORNERS = ("top-left", "top-right", "bottom-right", "bottom-left")
FEW = 100
"""Below this many tracks starting processes costs more than it saves."""


@dataclass(frozen=True)
class SyntheticTrack:
    """One generated track: its truth, five LR and five HR frames (uint8 RGB [h, w, 3]), and each frame's corners
    (float32 [4, 2], x and y in pixels, clockwise from top left). beside: by other modalities, a frame for each LR one.
    """

    text: str
    layout: str
    scenario: str
    lr: list[np.ndarray]
    hr: list[np.ndarray]
    lr_corners: list[np.ndarray]
    hr_corners: list[np.ndarray]
    beside: dict[str, list[np.ndarray]] = field(default_factory=dict)


def make_track(
    seed: int | Sequence[int],
    scenario: str,
    layout: str,
    *,
    plate_seed: int | Sequence[int] | None = None,
    recipe: Recipe = RECIPE,
    hr: bool = True,
    modalities: Sequence[str] = (),
    watch: Watch | None = None,
) -> SyntheticTrack:
    """Make one track, fully determined by its seeds.

    Parameters
    ----------
    seed: whatever ``numpy.random.default_rng`` takes; decides the filming.
    scenario: ``A`` or ``B``.
    layout: ``Brazilian``, ``Mercosur``, or ``Free``: any seven characters in any grouping, on either design.
    plate_seed: decides text and look of the plate; tracks that share it show the same plate. Default: ``seed``.
    hr: film the HR frames too; the LR frames are the same without them, and come sooner.
    modalities: those of `MADE` that are filmed beside light, which stays the same.
    watch: is shown each step of the making, as its name and an image, uint8 RGB.
    """
    plate_seed = seed if plate_seed is None else plate_seed
    text, plate = _plate(plate_seed, layout, recipe, watch)
    filming = np.random.default_rng(seed).spawn(1)[0]
    track = film(plate, scenario, filming, recipe, hr=hr, watch=watch)
    beside = {}
    if infrared.NAME in modalities:
        seeds = seed, plate_seed, layout, recipe.plates
        beside[infrared.NAME] = infrared.infrared_frames(*seeds, track.lr, track.lr_corners)
    return SyntheticTrack(
        text, layout, scenario, track.lr, track.hr, track.lr_corners, track.hr_corners, beside
    )


def write_dataset(
    root: str | Path,
    *,
    train: tuple[int, int] = (500, 500),
    test: int = 100,
    seed: int = 0,
    free: float = 0.0,
    dirt: bool = False,
    workers: int | None = None,
    progress: bool = True,
    recipe: Recipe = RECIPE,
    modalities: Sequence[str] = (),
) -> Path:
    """Write a data set in the official layout.

    That is ``train/Scenario-{A,B}/{Brazilian,Mercosur}/track_NNNNN`` and a flat ``test/track_NNNNN``. The truth of
    the test tracks goes beside it, to ``<root>-truth.csv``. With free plates there are folders ``Free`` as well, and
    a ``plates.toml`` at the root that says what they hold (see `PlateFormat.of`).

    A folder that already holds the data set of these parameters is left as it is; otherwise it appears whole or not
    at all. Of two processes that want the same folder, the second waits for the first.

    Parameters
    ----------
    root: folder to create.
    train: number of tracks in Scenario A and in Scenario B.
    test: number of test tracks (filmed like B).
    seed: the same seed and recipe give the same bytes, whatever the number of workers.
    free: share of the tracks, 0 to 1, in each scenario, in training and in test, whose plates hold any seven characters
        in any grouping, on either design; of the others, the recipe's share has the old Brazilian layout.
    dirt: spoil a few training tracks of Scenario B as the real data are spoilt (see `dirt.add_dirt`).
    workers: processes; None takes one a core, at most eight.
    progress: show a progress bar.
    modalities: those of `MADE` that are filmed beside light, into files such as ``ir-001.png``, which ``plates.toml``
        names too. A tenth of the tracks is without.

    Returns
    -------
    ``root`` as a Path.

    Raises
    ------
    ValueError: a number of tracks is negative, or together more than five digits can name; ``free`` is no share; too
        few tracks for ``dirt``; an unknown modality.
    FileExistsError: the folder holds something else; the message says what to delete.
    RuntimeError: a process that draws died.
    """
    root = Path(root)
    if min(*train, test) < 0 or sum(train) + 2 * test > 99_999:
        raise ValueError(
            f"train={train}, test={test}: expected numbers ≥ 0 that fit into track_00001 … track_99999"
        )
    if not 0 <= free <= 1:
        raise ValueError(f"free={free}: expected a share from 0 to 1")
    check_made(modalities)
    note = {
        "version": VERSION, "train": list(train), "test": test, "seed": seed, "dirt": dirt,
        "recipe": recipe.digest,
    }  # fmt: skip
    if recipe.style:
        note["style"] = recipe.style
    if free:
        note["free"] = free
    if modalities:
        note["modalities"] = dict.fromkeys(modalities, infrared.VERSION)
    jobs = plan(train, test, seed, recipe, free=free)
    if _already_there(root, note) and truth_path(root).exists():
        return root
    with sole_writer(root, wait=True):
        if not _already_there(root, note):
            with whole_folder(root) as folder:
                _write_tracks(jobs, folder, recipe, tuple(modalities), workers, progress)
                if free or modalities:
                    write_format(folder / PLATE_FILE, bool(free), modalities)
                if dirt:
                    add_dirt(folder)
                (folder / NOTE).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
                _write_truth(jobs, truth_path(root))
        elif not truth_path(root).exists():
            _write_truth(jobs, truth_path(root))
    return root


def truth_path(root: str | Path) -> Path:
    """Where the truth of a generated data set's test tracks is kept: beside the root, never inside."""
    root = Path(root)
    return root.with_name(f"{root.name}-truth.csv")


def _plate(
    seed: int | Sequence[int], layout: str, recipe: Recipe, watch: Watch | None = None
) -> tuple[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    text = plate_text(layout, rng, recipe.plates)
    return text, draw_plate(text, layout, rng, recipe.plates, watch=watch)


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


def _write_tracks(
    jobs: list[Job],
    folder: Path,
    recipe: Recipe,
    modalities: tuple[str, ...],
    workers: int | None,
    progress: bool,
) -> None:
    """Make and write all tracks, in processes where that pays."""
    for name in ("train", "test"):
        (folder / name).mkdir()
    write = partial(write_track, root=folder, recipe=recipe, modalities=modalities)
    workers = min(usable_cores(), 8) if workers is None else workers
    shown = partial(bar, description="Drawing plates", total=len(jobs), unit="track", disable=not progress)
    if workers < 2 or len(jobs) < FEW:
        for _ in shown(map(write, jobs)):
            pass
        return
    pool = process_pool(workers)
    try:
        for _ in shown(pool.map(write, jobs, chunksize=16)):
            pass
    except BrokenProcessPool as error:
        raise RuntimeError(DIED) from error
    finally:
        pool.shutdown(cancel_futures=True)


def write_track(
    job: Job, root: str | Path, recipe: Recipe = RECIPE, modalities: tuple[str, ...] = ()
) -> None:
    """Make one track and write its images (and, in training, its annotations) below ``root``.

    As the real ones: PNG files with annotated corners in Scenario A, JPEG files elsewhere, no HR frames in test.
    Raises FileExistsError if its folder exists.
    """
    training = job.split == "train"
    lossless = training and job.scenario == "A"
    seen = () if infrared.camera_was_off(job.seed) else modalities
    track = make_track(
        job.seed,
        job.scenario,
        job.layout,
        plate_seed=job.plate_seed,
        recipe=recipe,
        hr=training,
        modalities=seen,
    )
    folder = Path(root, job.folder)
    folder.mkdir(parents=True)
    ending, options = _format(job, lossless, recipe)
    names = [f"{kind}-{i}{ending}" for kind in ("lr", "hr") for i in ("001", "002", "003", "004", "005")]
    beside = [
        (f"{MADE[modality]}{i:03d}{ending}", frame)
        for modality, frames in track.beside.items()
        for i, frame in enumerate(frames, 1)
    ]
    for name, frame in [*zip(names, track.lr + track.hr, strict=False), *beside]:  # no HR frames in test
        _, data = cv2.imencode(ending, cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), options)
        _write(folder, name, data.data)
    if training:
        places = dict(zip(names, track.lr_corners + track.hr_corners, strict=True)) if lossless else {}
        annotations = {
            "plate_layout": job.layout,
            "plate_text": track.text,
            "corners": {name: _annotated(corners) for name, corners in places.items()},
        }
        _write(folder, "annotations.json", json.dumps(annotations).encode())


def _format(job: Job, lossless: bool, recipe: Recipe) -> tuple[str, list[int]]:
    """Ending and OpenCV's options of a track's files."""
    if lossless:  # against compression 1: three fifths of the time for a quarter more bytes
        return ".png", [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
    low, high = recipe.cameras[job.scenario].file_quality
    quality = np.random.default_rng((*job.seed, 2)).integers(low, high + 1)
    return ".jpg", [cv2.IMWRITE_JPEG_QUALITY, int(quality)]


def _annotated(corners: np.ndarray) -> dict[str, list[float]]:
    """Corners as an annotation says them, in hundredths of a pixel."""
    return dict(zip(CORNERS, np.round(corners.astype(float), 2).tolist(), strict=True))


def _write(folder: Path, name: str, content: bytes | memoryview) -> None:
    with open(f"{folder}/{name}", "wb") as file:  # noqa: PTH123 - a Path a frame costs as much as writing it
        file.write(content)


def _write_truth(jobs: list[Job], path: Path) -> None:
    rows = sorted((job.track_id, job.text, job.layout) for job in jobs if job.split == "test")
    lines = ["track_id,plate_text,plate_layout", *map(",".join, rows)]
    write_whole(path, "\n".join(lines) + "\n")
