"""Augmentation of whole batches on the device, in the report's two strengths."""

from __future__ import annotations

import kornia.augmentation as K
import torch
from torch import Tensor

from lpr_helpers.transforms.frame_dropout import drop_frames
from lpr_helpers.transforms.jpeg import compress_jpeg
from lpr_helpers.transforms.modality_dropout import hidden_groups, shown_groups
from lpr_helpers.utils.resampling import moved_to

BRIGHTNESS = CONTRAST = (0.8, 1.2)  # report, 4.2
NOISE = 0.02  # standard deviation, of a range 0…1; report, 4.2
ROTATION = 5.0  # degrees; report, 3.4
PERSPECTIVE = 0.05  # shift of each corner, of the width and height; "small angles" in the report, 10.1
JPEG_QUALITY = (30.0, 70.0)  # report, 10.1
MOTION_KERNEL = (3, 5)  # pixels; report, 10.1
SHARE = 0.5  # of the frames that each aggressive operation is applied to
STRENGTHS = ("none", "light", "aggressive")


class Augment:
    """Augment a batch of tracks.

    strength: "none"; "light" changes brightness, contrast and noise; "aggressive" adds rotation, perspective,
    motion blur, JPEG compression, colour jitter (three channels) and the loss of frames (several frames).
    scale: how far all of them reach, 0 for nothing, 1 as in training, 2 for twice the range; how often does not change.
    groups: channels of each modality, where there are several: all are moved alike, but each is exposed, compressed
    and noisy for itself, and what is missing stays 0. None: all channels are one.

    Every frame is changed on its own. Random numbers are torch's global ones.
    """

    def __init__(
        self, strength: str = "light", scale: float = 1.0, groups: tuple[int, ...] | None = None
    ) -> None:
        if strength not in STRENGTHS:
            raise ValueError(f"augmentation strength {strength!r}: choose one of {', '.join(STRENGTHS)}")
        if scale < 0:
            raise ValueError(f"scale {scale}: 0 for no change, 1 as in training, more for more")
        self.strength, self.scale = strength if scale else "none", scale
        self.groups = groups if groups and len(groups) > 1 else None
        longest = 1 + 2 * round(scale * (MOTION_KERNEL[1] - 1) / 2)  # odd
        kernel = min(MOTION_KERNEL[0], longest), longest
        self.motion = K.RandomMotionBlur(
            kernel, angle=180.0, direction=1.0, border_type="replicate", p=SHARE if longest > 1 else 0.0
        )
        self.jitter = K.ColorJitter(hue=min(0.03 * scale, 0.5), saturation=min(0.3 * scale, 1.0), p=SHARE)

    @torch.no_grad()
    def __call__(self, images: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Images, float32 [B, F, C, H, W] in 0…1, and valid, bool [B, F] → the same two, changed."""
        if self.strength == "none":
            return images, valid
        frames = images.flatten(0, 1)
        if self.strength == "aggressive":
            frames = self.motion(tilt(frames, self.scale))
        parts = frames.split(self.groups, 1) if self.groups else [frames]
        frames = torch.cat([self._exposed(part) for part in parts], 1).unflatten(0, images.shape[:2])
        if self.groups:
            frames = hidden_groups(frames, shown_groups(images, self.groups), self.groups)
        if self.strength == "aggressive" and images.shape[1] > 1:
            valid = drop_frames(valid, self.scale)
        return frames * valid[..., None, None, None], valid

    def _exposed(self, frames: Tensor) -> Tensor:
        """Frames [N, C, H, W] of one modality with another light, codec and noise."""
        if self.strength == "aggressive":
            if frames.shape[1] == 3:
                frames = self.jitter(frames.clamp(0, 1))
            poor = _chosen(frames)
            worst = (max(1.0, 100 - (100 - end) * self.scale) for end in JPEG_QUALITY)
            frames = torch.where(poor, compress_jpeg(frames, uniform(frames, *worst)), frames)
        return photometric(frames, self.scale)


def photometric(frames: Tensor, scale: float = 1.0) -> Tensor:
    """The report's brightness, contrast (about the frame's mean) and noise; float [N, C, H, W] in 0…1."""
    frames = frames * uniform(frames, *_about_one(BRIGHTNESS, scale))
    mean = frames.mean((1, 2, 3), keepdim=True)
    frames = (frames - mean) * uniform(frames, *_about_one(CONTRAST, scale)) + mean
    return (frames + scale * NOISE * torch.randn_like(frames)).clamp(0, 1)


def tilt(frames: Tensor, scale: float = 1.0) -> Tensor:
    """Turn by up to ±`ROTATION` and move the corners by up to `PERSPECTIVE`, in one warp; float [N, C, H, W]."""
    count, _, height, width = frames.shape
    size = torch.tensor([width - 1.0, height - 1.0], device=frames.device)
    corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], device=frames.device) * size
    turn = scale * ROTATION
    angle = torch.deg2rad(uniform(frames, -turn, turn)).view(count, 1, 1) * _chosen(frames)[:, 0]
    shift = (
        scale
        * PERSPECTIVE
        * size
        * (2 * torch.rand(count, 4, 2, device=frames.device) - 1)
        * _chosen(frames)[:, 0]
    )
    turned = (corners - size / 2).expand(count, 4, 2)
    turned = (
        turned * angle.cos() + turned.flip(-1) * torch.tensor([-1.0, 1.0], device=frames.device) * angle.sin()
    )
    target = turned + size / 2 + shift
    return moved_to(frames, target)


def _about_one(ends: tuple[float, float], scale: float) -> tuple[float, float]:
    """A range of factors that reaches ``scale`` times as far from 1; never below 0."""
    return max(0.0, 1 + (ends[0] - 1) * scale), 1 + (ends[1] - 1) * scale


def uniform(frames: Tensor, low: float, high: float) -> Tensor:
    """A number from ``low`` to ``high`` for each frame [N, …], drawn evenly: [N, 1, 1, 1]."""
    return torch.empty(len(frames), 1, 1, 1, device=frames.device).uniform_(low, high)


def _chosen(frames: Tensor) -> Tensor:
    return torch.rand(len(frames), 1, 1, 1, device=frames.device) < SHARE
