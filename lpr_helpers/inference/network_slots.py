"""What networks make of frames that a reader was given: by torch, on any device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from lpr_helpers.decoding.readings import read_output
from lpr_helpers.decoding.slot_fusion import track_slots
from lpr_helpers.inference.members import JoinedFormat
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.folding import folded
from lpr_helpers.transforms.tta import check_tta, tta_images
from lpr_helpers.utils.devices import check_usable, fastest_precision

TORCH = "torch, {}"
UNSURE = 'the reader gives NaN: load it with precision="no"; if that does not help, train it again'


class NetworkSlots:
    """What one or more recognisers make of tracks, in all poses of test-time augmentation, joined by their mean."""

    def __init__(
        self,
        members: Sequence[Recogniser],
        device: str | torch.device,
        tta: int = 1,
        precision: str | None = None,
        joined: JoinedFormat | None = None,
        weights: Sequence[float] | None = None,
    ) -> None:
        check_tta(tta)
        self.members, self.device, self.tta, self.weights = members, torch.device(device), tta, weights
        self.joined = joined or JoinedFormat.of([member.frame_format for member in members])
        self.models = [folded(member.model, device, precision) for member in members]
        self.precision = precision or fastest_precision(device)

    @property
    def engine(self) -> str:
        """What computes, and in which precision."""
        return TORCH.format({"no": "float32"}.get(self.precision, self.precision))

    @torch.inference_mode()
    def __call__(self, images: np.ndarray, valid: np.ndarray) -> Tensor:
        """Images uint8 [B, F, C, H, W] and which of them are there, bool [B, F] → slot log-probabilities float32
        [B, L, A], on the CPU.

        Raises RuntimeError where they are no numbers, and in a forked process that cannot use the device.
        """
        check_usable(self.device)
        frames = torch.from_numpy(images)
        seen = self.joined.seen(frames, torch.from_numpy(valid))
        versions = tta_images(frames.to(self.device).float() / 255, self.tta)
        ways = zip(self.members, self.models, self.joined.channels, seen, strict=True)
        slots = [
            _slots_of(member, model, pixels[:, :, channels], own.to(self.device))
            for member, model, channels, own in ways
            for pixels in versions
        ]
        joined = self.joined.mean(torch.stack(slots), seen, self.weights)
        if joined.isnan().any():
            raise RuntimeError(UNSURE)
        return joined.log_softmax(-1)


def _slots_of(member: Recogniser, model: nn.Module, pixels: Tensor, valid: Tensor) -> Tensor:
    """What one recogniser makes of tracks: slot log-probabilities [B, L, A], on the CPU."""
    output = member.forward(pixels, valid, model).float()
    if output.slot_logits is not None:
        return output.slot_logits.log_softmax(-1).cpu()
    return track_slots(read_output(output.cpu(), valid.cpu(), member.plate))
