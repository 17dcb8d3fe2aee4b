"""Trained readers that tell another one, while it learns, what they make of the very same frames."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.folding import folded
from lpr_helpers.models.network_input import network_input
from lpr_helpers.plates import PlateFormat
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.graphs import Graphed


class Teachers:
    """Readers of whole tracks, who say together what stands where.

    Raises TrainingError for readers of single frames, and for those of other plates than ``plate``, or of frames that
    are made of anything else than ``frame_format`` says. half: they read in bf16.
    """

    def __init__(
        self,
        recognisers: Sequence[Recogniser],
        plate: PlateFormat,
        device: str | torch.device,
        frame_format: FrameFormat | None = None,
        *,
        half: bool = False,
    ) -> None:
        for recogniser in recognisers:
            if not recogniser.architecture.multi_frame:
                raise TrainingError(
                    f"{recogniser.architecture.title} reads single frames: a teacher reads whole tracks"
                )
            if (recogniser.plate.alphabet, recogniser.plate.length) != (plate.alphabet, plate.length):
                raise TrainingError(
                    "a teacher has to read the same characters, as many a plate, as its pupil"
                )
            if frame_format and recogniser.frame_format.as_packed != frame_format.as_packed:
                raise TrainingError(
                    f"a teacher reads {recogniser.frame_format}, its pupil {frame_format}: both have to see the same"
                )
        self.formats = [one.frame_format for one in recognisers]
        precision = "bf16" if half else None
        self.known = [Graphed(one.architecture, folded(one.model, device, precision)) for one in recognisers]

    @torch.no_grad()
    def __call__(self, images: Tensor, valid: Tensor) -> Tensor:
        """Tracks, float [B, F, C, H, W] in 0…1, and which frames they have → probabilities, float32 [B, L, A]."""
        said = [
            forward(network_input(images, made_of), valid).slot_logits
            for forward, made_of in zip(self.known, self.formats, strict=True)
        ]
        return torch.stack([logits.float().softmax(-1) for logits in said if logits is not None]).mean(0)
