"""Augmentation of whole batches on the device, in the report's two strengths."""

from __future__ import annotations

import kornia.augmentation as K
import kornia.geometry.transform as geometry
import torch
from torch import Tensor
from torch.nn.functional import interpolate

BRIGHTNESS = CONTRAST = (0.8, 1.2)  # report, 4.2
NOISE = 0.02  # standard deviation, of a range 0…1; report, 4.2
ROTATION = 5.0  # degrees; report, 3.4
PERSPECTIVE = 0.05  # shift of each corner, of the width and height; "small angles" in the report, 10.1
JPEG_QUALITY = (30.0, 70.0)  # report, 10.1
MOTION_KERNEL = (3, 5)  # pixels; report, 10.1
SHARE = 0.5  # of the frames that each aggressive operation is applied to
SHORT = 1 / 3  # of the tracks, for readers of whole ones
POOR_SIZES = (
    (16, 40),
    (16, 48),
    (16, 56),
    (24, 56),
    (24, 64),
)  # (height, width) in pixels, about LR crops' sizes
FRAME_LOSS = 0.1  # share of the frames lost, never a track's last one

STRENGTHS = ("none", "light", "aggressive")

# The example quantisation tables of the JPEG standard (ITU-T T.81, tables K.1 and K.2), luminance and chrominance.
_LUMA = """16 11 10 16 24 40 51 61  12 12 14 19 26 58 60 55  14 13 16 24 40 57 69 56  14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77  24 35 55 64 81 104 113 92  49 64 78 87 103 121 120 101  72 92 95 98 112 100 103 99"""
_CHROMA = """17 18 24 47 99 99 99 99  18 21 26 66 99 99 99 99  24 26 56 99 99 99 99 99  47 66 99 99 99 99 99 99
""" + " ".join(["99"] * 32)
_TABLES = torch.tensor([[float(q) for q in t.split()] for t in (_LUMA, _CHROMA, _CHROMA)]).view(3, 1, 8, 1, 8)
_YCBCR = torch.tensor(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
)  # JFIF, section 7


class Augment:
    """Augment a batch of tracks.

    strength: "none"; "light" changes brightness, contrast and noise; "aggressive" adds rotation, perspective,
    motion blur, JPEG compression, colour jitter (three channels) and the loss of frames (several frames).
    scale: how far all of them reach, 0 for nothing, 1 as in training, 2 for twice the range; how often does not change.

    Call with images float32 [B, F, C, H, W] in 0…1 and valid bool [B, F]; returns the same two, changed. Every
    frame is changed on its own. Random numbers are torch's global ones.
    """

    def __init__(self, strength: str = "light", scale: float = 1.0):
        if strength not in STRENGTHS:
            raise ValueError(f"augmentation strength {strength!r}: choose one of {', '.join(STRENGTHS)}")
        if scale < 0:
            raise ValueError(f"scale {scale}: 0 for no change, 1 as in training, more for more")
        self.strength, self.scale = strength if scale else "none", scale
        longest = 1 + 2 * round(scale * (MOTION_KERNEL[1] - 1) / 2)  # odd
        kernel = min(MOTION_KERNEL[0], longest), longest
        self.motion = K.RandomMotionBlur(
            kernel, angle=180.0, direction=1.0, border_type="replicate", p=SHARE if longest > 1 else 0.0
        )
        self.jitter = K.ColorJitter(hue=min(0.03 * scale, 0.5), saturation=min(0.3 * scale, 1.0), p=SHARE)

    @torch.no_grad()
    def __call__(self, images: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        if self.strength == "none":
            return images, valid
        frames = images.flatten(0, 1)
        if self.strength == "aggressive":
            frames = self.motion(tilt(frames, self.scale))
            if frames.shape[1] == 3:
                frames = self.jitter(frames.clamp(0, 1))
            poor = _chosen(frames)
            worst = (max(1.0, 100 - (100 - end) * self.scale) for end in JPEG_QUALITY)
            frames = torch.where(poor, jpeg(frames, _uniform(frames, *worst)), frames)
        frames = photometric(frames, self.scale).unflatten(0, images.shape[:2])
        if self.strength == "aggressive" and images.shape[1] > 1:
            valid = lose_frames(valid, self.scale)
        return frames * valid[..., None, None, None], valid


def photometric(frames: Tensor, scale: float = 1.0) -> Tensor:
    """The report's brightness, contrast (about the frame's mean) and noise; float [N, C, H, W] in 0…1."""
    frames = frames * _uniform(frames, *_about_one(BRIGHTNESS, scale))
    mean = frames.mean((1, 2, 3), keepdim=True)
    frames = (frames - mean) * _uniform(frames, *_about_one(CONTRAST, scale)) + mean
    return (frames + scale * NOISE * torch.randn_like(frames)).clamp(0, 1)


def tilt(frames: Tensor, scale: float = 1.0) -> Tensor:
    """Turn by up to ±`ROTATION` and move the corners by up to `PERSPECTIVE`, in one warp; float [N, C, H, W]."""
    count, _, height, width = frames.shape
    size = torch.tensor([width - 1.0, height - 1.0], device=frames.device)
    corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], device=frames.device) * size
    turn = scale * ROTATION
    angle = torch.deg2rad(_uniform(frames, -turn, turn)).view(count, 1, 1) * _chosen(frames)[:, 0]
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
    matrix = geometry.get_perspective_transform(corners.expand(count, 4, 2), target)
    return geometry.warp_perspective(frames, matrix, (height, width), padding_mode="border")


def jpeg(frames: Tensor, quality: Tensor) -> Tensor:
    """What JPEG's quantisation leaves of float [N, C, H, W] in 0…1; H and W multiples of 8, C = 1 or 3.

    quality: 1…100, [N, 1, 1, 1], with libjpeg's scaling of the standard tables. Chroma is not subsampled. Written
    out here because nothing is differentiated through it: that makes it many times faster than kornia's, and, with
    true rounding, closer to a real file.
    """
    count, channels, height, width = frames.shape
    tables, colours = _TABLES.to(frames.device), _YCBCR.to(frames.device)
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality).view(count, 1, 1, 1, 1, 1)
    tables = ((tables[:channels] * scale + 50) / 100).floor().clamp(1, 255)
    planes = frames * 255
    if channels == 3:
        planes = torch.einsum("oc,nchw->nohw", colours, planes)
    planes[:, 0] -= 128
    blocks = planes.reshape(count, channels, height // 8, 8, width // 8, 8)
    cosine = _cosines(frames.device)
    spectrum = torch.einsum("ui,nchiwj,vj->nchuwv", cosine, blocks, cosine)
    spectrum = (spectrum / tables).round() * tables
    planes = torch.einsum("ui,nchuwv,vj->nchiwj", cosine, spectrum, cosine).reshape(frames.shape)
    planes[:, 0] += 128
    if channels == 3:
        planes = torch.einsum("oc,nchw->nohw", torch.linalg.inv(colours), planes)
    return (planes / 255).clamp(0, 1)


def degrade(frames: Tensor) -> Tensor:
    """HR frames made as poor as LR ones: float [..., C, H, W] in 0…1, each batch in one of `POOR_SIZES`, and JPEG.

    For training on HR frames without learning that plates are sharp. Random numbers are torch's global ones.
    """
    flat = frames.flatten(0, -4)
    size = POOR_SIZES[int(torch.randint(len(POOR_SIZES), ()))]
    poor = interpolate(flat, size, mode="area")
    poor = jpeg(poor, _uniform(poor, *JPEG_QUALITY))
    return interpolate(poor, frames.shape[-2:], mode="bicubic").clamp(0, 1).view_as(frames)


def lose_frames(valid: Tensor, scale: float = 1.0) -> Tensor:
    """Drop `FRAME_LOSS` of the frames of bool [B, F]; a track that would lose all keeps what it had."""
    kept = valid & (torch.rand(valid.shape, device=valid.device) >= scale * FRAME_LOSS)
    return torch.where(kept.any(1, keepdim=True), kept, valid)


def fewer_frames(valid: Tensor) -> Tensor:
    """Of `SHORT` of the tracks in bool [B, F], keep a random number of frames; a reader learns to do with any.

    Which of them, and how many from one to all, is random; other tracks keep what they had.
    """
    count = valid.shape[1]
    order = torch.rand(valid.shape, device=valid.device).masked_fill(~valid, 2.0).argsort(1).argsort(1)
    kept = torch.randint(1, count + 1, (len(valid), 1), device=valid.device)
    short = torch.rand(len(valid), 1, device=valid.device) < SHORT
    return valid & (~short | (order < kept))


def _cosines(device: torch.device) -> Tensor:
    """The orthonormal 8-point DCT-II matrix, [frequency, sample]."""
    place = torch.arange(8.0, device=device)
    matrix = torch.cos(torch.pi * (2 * place + 1) * place[:, None] / 16) / 2
    matrix[0] /= 2**0.5
    return matrix


def _about_one(ends: tuple[float, float], scale: float) -> tuple[float, float]:
    """A range of factors that reaches ``scale`` times as far from 1; never below 0."""
    return max(0.0, 1 + (ends[0] - 1) * scale), 1 + (ends[1] - 1) * scale


def _uniform(frames: Tensor, low: float, high: float) -> Tensor:
    return torch.empty(len(frames), 1, 1, 1, device=frames.device).uniform_(low, high)


def _chosen(frames: Tensor) -> Tensor:
    return torch.rand(len(frames), 1, 1, 1, device=frames.device) < SHARE
