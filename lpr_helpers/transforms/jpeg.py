"""JPEG compression of whole batches on the device."""

from __future__ import annotations

import torch
from torch import Tensor

# The example quantisation tables of the JPEG standard (ITU-T T.81, tables K.1 and K.2), luminance and chrominance.
_LUMA = """16 11 10 16 24 40 51 61  12 12 14 19 26 58 60 55  14 13 16 24 40 57 69 56  14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77  24 35 55 64 81 104 113 92  49 64 78 87 103 121 120 101  72 92 95 98 112 100 103 99"""

_CHROMA = """17 18 24 47 99 99 99 99  18 21 26 66 99 99 99 99  24 26 56 99 99 99 99 99  47 66 99 99 99 99 99 99
""" + " ".join(["99"] * 32)

_TABLES = torch.tensor([[float(q) for q in t.split()] for t in (_LUMA, _CHROMA, _CHROMA)]).view(3, 1, 8, 1, 8)
_YCBCR = torch.tensor(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
)  # JFIF, section 7
_RGB = torch.linalg.inv(_YCBCR)


def compress_jpeg(frames: Tensor, quality: Tensor) -> Tensor:
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
        planes = torch.einsum("oc,nchw->nohw", _RGB.to(frames.device), planes)
    return (planes / 255).clamp(0, 1)


def _cosines(device: torch.device) -> Tensor:
    """The orthonormal 8-point DCT-II matrix, [frequency, sample]."""
    place = torch.arange(8.0, device=device)
    matrix = torch.cos(torch.pi * (2 * place + 1) * place[:, None] / 16) / 2
    matrix[0] /= 2**0.5
    return matrix
