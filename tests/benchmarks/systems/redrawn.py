"""The same synthetic tracks with other frames: seen by a second camera too, rectified, or equalised."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from lpr_helpers.data.batches import TrackBatches
from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.data.frame_stack import equalised
from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.decoding.readings import read_output
from lpr_helpers.decoding.slot_fusion import track_slots
from lpr_helpers.inference.recognition import outputs
from lpr_helpers.models import OURS, Recogniser, parameter_count
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.fresh import FreshTracks
from lpr_helpers.synthetic.recipe import RECIPE, Recipe
from lpr_helpers.synthetic.styles import STYLES
from lpr_helpers.synthetic.unlike import UNLIKE
from lpr_helpers.training.loop import fit
from lpr_helpers.training.pretraining import PHASE, drawn_data
from lpr_helpers.utils.devices import best_device
from lpr_helpers.utils.locks import sole_writer
from tests.benchmarks.systems.system import Budget


def with_frames(data: TrackData, made_of: FrameFormat, folder: Path) -> TrackData:
    """Grey tracks with frames that are made of what ``made_of`` says.

    Tracks that `pretraining.drawn_data` drew are drawn again into ``folder``, filmed by the same camera, where a second
    one or the plates' corners are wanted. Of other tracks neither is known: what is missing is 0, and nothing is
    rectified.
    """
    streams = streams_of(data) if made_of.modalities or made_of.preprocessing.rectify else None
    if streams is None:
        return replace(data, lr=_adapted(data.lr, made_of))
    sides = {side: replace(stream, frame_format=made_of) for side, stream in streams.items()}
    drawn = drawn_data(sides, folder, progress=False)
    if made_of.visible and not made_of.preprocessing.rectify and made_of.preprocessing.equalise == "none":
        some = np.linspace(0, len(data.lr) - 1, 9).astype(int)
        if not np.array_equal(drawn.lr.images[some][:, :, :1], data.lr.images[some]):
            raise ValueError(f"{folder} holds other tracks than these: delete it, they are drawn again")
    return replace(data, lr=drawn.lr)


def streams_of(data: TrackData) -> dict[str, FreshTracks] | None:
    """What tracks were drawn from, side by side; None where they were not drawn, or nobody knows by which recipe."""
    file = Path(getattr(data.lr.images, "filename", None) or ".").parent / "streams.json"
    if not file.is_file():
        return None
    recipes: dict[str, Recipe] = {one.digest: one for one in (RECIPE, *STYLES.values(), *UNLIKE.values())}
    found = {}
    for side, told in json.loads(file.read_text(encoding="utf-8")).items():
        if told["recipe"] not in recipes or "frame_format" in told:
            return None
        plain = {name: told[name] for name in ("tracks", "seed", "free", "hr", "colour")}
        size, scenarios = tuple(told["size"]), tuple(told["scenarios"])
        found[side] = FreshTracks(**plain, size=size, scenarios=scenarios, recipe=recipes[told["recipe"]])
    return found if sum(map(len, found.values())) == len(data.lr) else None


def _adapted(lr: Packed, made_of: FrameFormat) -> Packed:
    """Grey frames with all that can be made of them alone."""
    how, (tracks, frames) = made_of.preprocessing.equalise, lr.valid.shape
    images = lr.images if how == "none" and made_of.channels == 1 else np.zeros(
        (tracks, frames, made_of.channels, *lr.images.shape[3:]), np.uint8
    )  # fmt: skip
    if images is not lr.images and made_of.visible:
        for track in range(tracks):
            for frame in np.flatnonzero(lr.valid[track]):
                images[track, frame, :1] = equalised(lr.images[track, frame], how)
    valid = lr.valid if made_of.visible else np.zeros_like(lr.valid)
    return Packed(images, valid, frame_format=made_of)


def learnt(data: TrackData, made_of: FrameFormat, budget: Budget, looks: int, run: Path) -> Recogniser:
    """Our reader, from nothing, after so many looks at tracks; those that share a run train it once."""
    train = data.rows("train")
    if looks < len(train):
        table = data.table.copy()
        table.loc[table.index[train[looks:]], "split"] = ""
        data = replace(data, table=table)
    recogniser = Recogniser.new(BRAZIL, seed=budget.seed, kind=OURS, frame_format=made_of)
    phase = replace(PHASE, epochs=max(1, round(looks / len(train))), seed=budget.seed)
    with sole_writer(run.with_name(f"{run.name}-shared"), wait=True):
        fit(recogniser, data, phase, run, progress=False)
    return recogniser


def usual(budget: Budget) -> Reader:
    """Our reader, from nothing, of grey frames as they are: its run is that of the table of networks, too."""
    run = budget.run.parent / f"network-{OURS}-{budget.seed}"
    return Reader(learnt(budget.data, FrameFormat(), budget, budget.looks, run), FrameFormat(), run)


@dataclass(frozen=True)
class Reader:
    """A trained reader that makes the frames of any grey tracks as it is to see them. folder: for those."""

    recogniser: Recogniser
    seen: FrameFormat
    folder: Path

    @property
    def parameters(self) -> int:
        """Of the network."""
        return parameter_count(self.recogniser.model)

    def __call__(self, data: TrackData) -> np.ndarray:
        """Slot log-probabilities [N, L, A], float32; no numbers of tracks that show it nothing."""
        slots, seen = self.read(data)
        return np.where(seen[:, None, None], slots, np.float32(np.nan))

    def read(self, data: TrackData) -> tuple[np.ndarray, np.ndarray]:
        """Slot log-probabilities, and of which tracks it has seen anything, bool [N]."""
        lr = data.lr if self.seen.plain else with_frames(data, self.seen, self.folder / _name(data)).lr
        if missing := self.recogniser.frame_format.channels - self.seen.channels:
            blank = np.zeros((*lr.images.shape[:2], missing, *lr.images.shape[3:]), np.uint8)
            lr = Packed(np.concatenate([lr.images, blank], 2), lr.valid)
        slots = [
            track_slots(read_output(output.cpu(), batch.valid.cpu(), self.recogniser.plate))
            for batch, output in outputs(self.recogniser, TrackBatches(lr, range(len(lr)), 32, best_device()))
        ]
        return torch.cat(slots).float().numpy(), lr.valid.any(1)


def _name(data: TrackData) -> str:
    """A folder's name for some tracks, drawn or not."""
    return Path(getattr(data.lr.images, "filename", None) or "memory/x").parent.name
