"""Endless fresh tracks for training, drawn while it runs and never written to disk.

Nothing here imports torch: the drawing processes import this module, and have to start fast. They also import the
script that was started, so a script that trains on fresh tracks needs its ``if __name__ == "__main__":``, and does well
to import torch below it. A notebook needs neither.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np

from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.data.frame_stack import stacked
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.synthetic.dataset import VERSION, SyntheticTrack, make_track
from lpr_helpers.synthetic.format_file import check_made
from lpr_helpers.synthetic.recipe import RECIPE, Recipe
from lpr_helpers.synthetic.texts import FREE
from lpr_helpers.utils.cores import usable_cores
from lpr_helpers.utils.images import SIZES, resize
from lpr_helpers.utils.opencv import cv2
from lpr_helpers.utils.processes import DIED, process_pool

CHUNK = 16
"""Tracks that a process draws at a time: enough to make the way back cheap, few enough to stop within seconds."""
AHEAD = 4
"""Chunks a process that may be drawn or wait to be fetched, so that memory is bounded."""
STREAM = 0x46524553
"""First word of every seed here: no fresh track shows a plate of a written data set that has the same seed."""
Chunk = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class FreshTracks:
    """What to draw in every epoch.

    Parameters
    ----------
    tracks: tracks an epoch. seed: which endless stream; the tracks depend on seed, epoch and place in it alone.
    scenarios: filmed like these, in equal shares.
    free: share of plates that say any seven of the 36 characters, 0 to 1; of the others, the recipe's share in each
        scenario has the old Brazilian layout.
    size: (height, width) of all frames in pixels. colour: red-green-blue frames rather than grey ones.
    frame_format: what else frames are made of, in place of ``colour``; its modalities are some of `format_file.MADE`,
        and the corners of every plate are known.
    hr: give the high-resolution frames of every track too, in the same size.
    workers: drawing processes; None takes one a core, at most 16 (shared with other processes that train here), and 0
        draws in this process.

    Raises
    ------
    ValueError: no tracks, a negative seed or number of workers, an unknown scenario or modality, or a share outside
        0 to 1.
    """

    tracks: int
    seed: int
    scenarios: tuple[str, ...] = ("A", "B")
    free: float = 0.5
    size: tuple[int, int] = SIZES["lr"]
    colour: bool = False
    hr: bool = False
    recipe: Recipe = RECIPE
    workers: int | None = None
    frame_format: FrameFormat | None = None

    def __post_init__(self) -> None:
        if self.tracks < 1 or self.seed < 0 or (self.workers or 0) < 0:
            raise ValueError(
                f"tracks={self.tracks}, seed={self.seed}, workers={self.workers}: expected at least one track an "
                "epoch, and neither a negative seed nor a negative number of workers"
            )
        if not self.scenarios or set(self.scenarios) - set(self.recipe.cameras):
            raise ValueError(f"scenarios={self.scenarios}: expected some of {', '.join(self.recipe.cameras)}")
        if not 0 <= self.free <= 1:
            raise ValueError(f"free={self.free}: expected a share from 0 to 1")
        if self.hr and not self.made_of.visible:
            raise ValueError("high-resolution frames are of light alone: leave hr out, or have light too")
        check_made([modality.name for modality in self.made_of.modalities])

    @property
    def made_of(self) -> FrameFormat:
        """What its frames are made of."""
        return self.frame_format or FrameFormat(self.colour)

    def __len__(self) -> int:
        """Rows of images an epoch: one a track, or two with ``hr``."""
        return self.tracks * (1 + self.hr)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a frame."""
        return (self.made_of.channels, *self.size)

    def scenario(self, place: int) -> str:
        """Which scenario the track at a place of an epoch is filmed like."""
        return self.scenarios[place % len(self.scenarios)]

    def misfit(self, shape: tuple[int, ...], plate: PlateFormat) -> str | None:
        """Why these tracks cannot stand beside frames of ``shape`` [C, H, W] and plates like ``plate``, or None."""
        if self.shape != tuple(shape):
            return (
                f"fresh frames are {self.shape}, the data's {tuple(shape)}: set FreshTracks(size=…, colour=…)"
            )
        if (BRAZIL.alphabet, BRAZIL.length) != (plate.alphabet, plate.length):
            return (
                f"fresh plates hold {BRAZIL.length} of {BRAZIL.alphabet}, the data's {plate.length} of "
                f"{plate.alphabet}: train on the data's own tracks"
            )
        return None

    @property
    def identity(self) -> dict:
        """All that the tracks depend on, as plain values, for telling whether two streams are the same."""
        unsaid = ("recipe", "workers", "frame_format")
        plain = {name: value for name, value in asdict(self).items() if name not in unsaid}
        if not self.made_of.plain:
            plain["frame_format"] = self.made_of.table()
        return {**plain, "recipe": self.recipe.digest, "version": VERSION}


class FreshPool:
    """The processes that draw the tracks of a `FreshTracks`.

    They start with the first epoch and stay for the next ones; `close`, or leaving the ``with`` block, ends them. They
    end by themselves when the main process dies.
    """

    def __init__(self, fresh: FreshTracks) -> None:
        self.fresh = fresh
        self.workers = _cores() if fresh.workers is None else fresh.workers
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes as soon as the chunks they have begun are drawn; a later epoch would start new ones."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        self._pool = None

    def chunks(self, epoch: int, places: Sequence[int] | None = None) -> Generator[Chunk, None, None]:
        """The tracks of an epoch, in order, a few at a time: images and targets.

        places: those to draw, counted from 0; None draws all. A track is the same whichever others are drawn.
        images: uint8 [n, F, C, H, W], as `images.load_frame` would give them from lossless files. With ``hr`` a
        track's LR frames are followed by its HR frames as a row of their own.
        targets: int64 [n, 7], character indices.

        Raises whatever drawing raises, and RuntimeError if a process dies.
        """
        places = range(self.fresh.tracks) if places is None else [int(place) for place in places]
        chunks = (places[start : start + CHUNK] for start in range(0, len(places), CHUNK))
        if self.workers:
            yield from self._drawn_ahead(epoch, chunks)
        else:
            yield from (draw(self.fresh, epoch, some) for some in chunks)

    def _drawn_ahead(self, epoch: int, places: Iterator[Sequence[int]]) -> Iterator[Chunk]:
        pool = self._pool = self._pool or process_pool(self.workers)
        waiting: deque[Future[Chunk]] = deque()
        try:
            for some in places:
                waiting.append(pool.submit(draw, self.fresh, epoch, some))
                if len(waiting) == AHEAD * self.workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            self.close()
            raise RuntimeError(DIED) from error
        finally:
            for future in waiting:
                future.cancel()


def draw(fresh: FreshTracks, epoch: int, places: Iterable[int]) -> Chunk:
    """The tracks at some places of an epoch: images uint8 [n, F, C, H, W] and targets int64 [n, 7]."""
    images, targets = [], []
    for place in places:
        track = _track(fresh, epoch, place)
        for kind in ("lr", "hr") if fresh.hr else ("lr",):
            images.append(_images(track, kind, fresh))
            targets.append(BRAZIL.encode(track.text))
    return np.stack(images), np.stack(targets)


def _images(track: SyntheticTrack, kind: str, fresh: FreshTracks) -> np.ndarray:
    """The "lr" or "hr" frames of a track, uint8 [F, C, H, W], as packing makes them of files."""
    frames, corners = (track.lr, track.lr_corners) if kind == "lr" else (track.hr, track.hr_corners)
    made_of = fresh.made_of
    if made_of.plain:
        return np.stack([as_loaded(frame, fresh.size, made_of.colour) for frame in frames])
    made = []
    for number, frame in enumerate(frames):
        light = [frame if made_of.colour else cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)]
        more = [
            cv2.cvtColor(track.beside[one.name][number], cv2.COLOR_RGB2GRAY) if kind == "lr" else None
            for one in made_of.modalities
        ]
        shares = corners[number] / frame.shape[1::-1]
        made.append(stacked([*light[: made_of.visible], *more], made_of, fresh.size, shares))
    return np.stack(made)


def as_loaded(frame: np.ndarray, size: tuple[int, int], colour: bool) -> np.ndarray:
    """A drawn frame (uint8 RGB [h, w, 3]) as `images.load_frame` gives a file's: uint8 [C, H, W]."""
    if colour:
        return np.ascontiguousarray(resize(frame, size).transpose(2, 0, 1))
    return resize(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), size)[None]


def _track(fresh: FreshTracks, epoch: int, place: int) -> SyntheticTrack:
    scenario = fresh.scenario(place)
    seed = (STREAM, fresh.seed, epoch, place)
    free, brazilian = np.random.default_rng((*seed, 1)).random(2)
    layout = "Brazilian" if brazilian < fresh.recipe.brazilian_share[scenario] else "Mercosur"
    layout = FREE if free < fresh.free else layout
    more = [modality.name for modality in fresh.made_of.modalities]
    return make_track(seed, scenario, layout, recipe=fresh.recipe, hr=fresh.hr, modalities=more)


def _cores() -> int:
    """Cores for drawing, at most 16; processes that train together share them (torch says how many they are)."""
    together = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return max(1, min(usable_cores(), 16) // together)
