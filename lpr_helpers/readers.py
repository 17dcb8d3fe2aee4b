"""The two kinds of readers: the report's, of single frames, and ours, of whole tracks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from lpr_helpers.models import CRNN, frame_loss
from lpr_helpers.plates import PlateFormat
from lpr_helpers.track_reader import TrackReader, track_loss


@dataclass(frozen=True)
class Reader:
    """How to build, train and read with a kind of model.

    whole: it sees all frames of a track at once. network: plate format → arguments of ``model``. loss: (model, images
    [B, F, C, H, W], valid [B, F], targets [B, L]) → mean loss. look: (model, images, valid) → every frame's CTC logits
    [T, B·F, 1 + A], and the whole track's slot log-probabilities [B, L, A] or None.
    """

    model: type[nn.Module]
    whole: bool
    network: Callable[[PlateFormat], dict]
    loss: Callable[[nn.Module, Tensor, Tensor, Tensor], Tensor]
    look: Callable[[nn.Module, Tensor, Tensor], tuple[Tensor, Tensor | None]]


def _crnn(plate: PlateFormat) -> dict:
    return {"classes": len(plate.alphabet) + 1, "channels": 1, "hidden": 256, "dropout": 0.3}


def _track(plate: PlateFormat) -> dict:
    return {"characters": len(plate.alphabet), "length": plate.length, "channels": 1}


def _frames(model: nn.Module, images: Tensor, _: Tensor) -> tuple[Tensor, None]:
    return model(images.flatten(0, 1)).float(), None


def _tracks(model: nn.Module, images: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    said = model(images, valid)
    return said.steps.float(), said.slots.float().log_softmax(-1)


READERS = {
    "crnn": Reader(CRNN, False, _crnn, frame_loss, _frames),
    "track": Reader(TrackReader, True, _track, track_loss, _tracks),
}
