"""All networks that can be trained and read with, by their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from lpr_helpers.models.cnn import SimpleCNN
from lpr_helpers.models.crnn import CRNN
from lpr_helpers.models.crnn7 import SevenLayerCRNN
from lpr_helpers.models.crnn_attention import AttentionCRNN
from lpr_helpers.models.crnn_cbam import CBAMCRNN
from lpr_helpers.models.crnn_slots import SlotCRNN
from lpr_helpers.models.multiframe import MultiFrameReader
from lpr_helpers.models.output import Output
from lpr_helpers.models.super_resolved import MultiFrameSRReader, ResidualSRReader, SuperResolvedReader
from lpr_helpers.models.svtr import SVTR
from lpr_helpers.models.temporal import TemporalReader
from lpr_helpers.models.vit import VisionTransformer
from lpr_helpers.plates import PlateFormat

Forward = Callable[[nn.Module, Tensor, Tensor], Output]


@dataclass(frozen=True)
class Architecture:
    """How to build a network, and how tracks pass through it.

    Parameters
    ----------
    title: what people call it.
    model: its class. arguments: plate format → the arguments of ``model`` that follow from it, and ``channels``.
    forward: (model, images float [B, F, C, 32, 128] in 0…1, valid bool [B, F]) → `Output`: one of `frames_by_ctc`,
        `frames_by_slots` and `whole_tracks`.
    tuned: argument of ``model`` → the values that a study of its settings tries.
    """

    title: str
    model: type[nn.Module]
    arguments: Callable[[PlateFormat], dict]
    forward: Forward
    tuned: dict[str, tuple] = field(default_factory=dict)

    @property
    def multi_frame(self) -> bool:
        """Whether it sees all frames of a track at once, and is trained on whole tracks."""
        return self.forward is whole_tracks


def frames_by_ctc(model: nn.Module, images: Tensor, valid: Tensor) -> Output:  # noqa: ARG001
    """A network of single frames [B, C, H, W] that ends in CTC logits [T, B, 1 + A]."""
    return Output(ctc_logits=model(_frames(images)))


def frames_by_slots(model: nn.Module, images: Tensor, valid: Tensor) -> Output:
    """A network of single frames [B, C, H, W] that ends in slot logits [B, L, A]."""
    return Output(frame_slot_logits=model(_frames(images)).unflatten(0, tuple(valid.shape)))


def whole_tracks(model: nn.Module, images: Tensor, valid: Tensor) -> Output:
    """A network of whole tracks, which gives an `Output` by itself."""
    return model(images, valid)


def ctc_arguments(plate: PlateFormat) -> dict:
    """What a network needs to know of a plate that it reads by CTC."""
    return {"classes": 1 + len(plate.alphabet), "channels": 1}


def crnn_arguments(plate: PlateFormat) -> dict:
    """The same, and what has always been written down of the report's CRNN."""
    return ctc_arguments(plate) | {"hidden": 256, "dropout": 0.3}


def slot_arguments(plate: PlateFormat) -> dict:
    """What a network needs to know of a plate that it reads slot by slot."""
    return {"characters": len(plate.alphabet), "length": plate.length, "channels": 1}


def temporal_transformer_arguments(plate: PlateFormat) -> dict:
    """The same, with a transformer over time in place of the GRU."""
    return slot_arguments(plate) | {"gru_layers": 0, "encoder_layers": 2}


CRNN_GRID = {"dropout": (0.1, 0.3, 0.5), "hidden": (128, 256, 512)}
"""What the report tries (10.1) of its network: every CRNN has these arguments."""
CNN_GRID = {"dropout": (0.1, 0.3, 0.5), "hidden": (256, 512, 1024)}
WIDTH_GRID = {"dropout": (0.0, 0.1, 0.2), "width": (128, 192, 256)}
SVTR_GRID = {"dropout": (0.0, 0.1, 0.2)}
OURS = "multiframe"
"""The name of the network whose weights come with the package."""
ARCHITECTURES = {
    "crnn": Architecture("the report's CRNN", CRNN, crnn_arguments, frames_by_ctc, CRNN_GRID),
    "cnn": Architecture("the report's simple CNN", SimpleCNN, slot_arguments, frames_by_slots, CNN_GRID),
    "multiframe": Architecture("our reader", MultiFrameReader, slot_arguments, whole_tracks, WIDTH_GRID),
    "crnn7": Architecture("the seven-layer CRNN", SevenLayerCRNN, ctc_arguments, frames_by_ctc, CRNN_GRID),
    "crnn-attention": Architecture(
        "the CRNN, decoded", AttentionCRNN, slot_arguments, frames_by_slots, CRNN_GRID
    ),
    "crnn-cbam": Architecture("the CRNN with CBAM", CBAMCRNN, ctc_arguments, frames_by_ctc, CRNN_GRID),
    "crnn-slots": Architecture("the CRNN, queried", SlotCRNN, slot_arguments, frames_by_slots, CRNN_GRID),
    "vit": Architecture("a small ViT", VisionTransformer, slot_arguments, frames_by_slots, WIDTH_GRID),
    "svtr": Architecture("a small SVTR", SVTR, ctc_arguments, frames_by_ctc, SVTR_GRID),
    "temporal-gru": Architecture(
        "a GRU over the frames", TemporalReader, slot_arguments, whole_tracks, WIDTH_GRID
    ),
    "temporal-transformer": Architecture(
        "a transformer over the frames",
        TemporalReader,
        temporal_transformer_arguments,
        whole_tracks,
        WIDTH_GRID,
    ),
    "sr-espcn": Architecture(
        "ESPCN and our reader", SuperResolvedReader, slot_arguments, whole_tracks, WIDTH_GRID
    ),
    "sr-residual": Architecture(
        "residual super-resolution and our reader", ResidualSRReader, slot_arguments, whole_tracks, WIDTH_GRID
    ),
    "sr-multiframe": Architecture(
        "super-resolution of all frames and our reader",
        MultiFrameSRReader,
        slot_arguments,
        whole_tracks,
        WIDTH_GRID,
    ),
}


def _frames(images: Tensor) -> Tensor:
    """The frames of all tracks [B·F, C, H, W], in the memory layout that convolutions are fastest in."""
    return images.flatten(0, 1).contiguous(memory_format=torch.channels_last)
