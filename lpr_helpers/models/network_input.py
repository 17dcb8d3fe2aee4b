"""From packed frames to what a network gets: an image pyramid of them, and each modality as bright as any other."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.models.layers import standardise
from lpr_helpers.utils.resampling import resized_by_area


def network_input(images: Tensor, frame_format: FrameFormat) -> Tensor:
    """Frames, float [B, F, C, H, W] in 0…1, as a network takes them: [B, F, `FrameFormat.inputs`, H, W].

    Light alone, at one scale, stays as it is, since every network standardises its frames by itself. What there is
    more of is standardised here, each modality for itself: if they shared a mean, a missing one, which is all 0, would
    change how all others look. It stays all 0.
    """
    scales, groups = (
        frame_format.preprocessing.scales,
        frame_format.groups * len(frame_format.preprocessing.scales),
    )
    if len(groups) == 1 and scales == (1.0,):
        return images
    frames = torch.cat([_coarser(images.flatten(0, 1), scale) for scale in scales], 1)
    parts = frames.split(groups, 1) if len(groups) > 1 else [frames]
    found = torch.cat([standardise(part) for part in parts], 1)
    # not unflatten, which writes these sizes into a graph for good
    return found.reshape(images.shape[0], images.shape[1], *found.shape[1:])


def _coarser(frames: Tensor, scale: float) -> Tensor:
    """Frames [N, C, H, W] with ``scale`` times as many pixels each way, blown up again."""
    if scale == 1:
        return frames
    height, width = map(int, frames.shape[-2:])  # numbers in a graph, too
    small = resized_by_area(frames, (max(1, round(height * scale)), max(1, round(width * scale))))
    return interpolate(small, (height, width), mode="bilinear", align_corners=False)
