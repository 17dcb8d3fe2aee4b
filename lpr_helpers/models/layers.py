"""The parts that networks are put together from: convolutions, attention, a spatial transformer."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import affine_grid

from lpr_helpers.utils.resampling import full_precision, sampled

COLUMNS = 32
"""Columns of features that a frame becomes."""
SPREAD = 3 / 32
"""By how much of a frame's width a character may be off its slot, one deviation, before anything is learnt."""
HEAD = 32
"""Features of an attention head."""
REACH = 0.3
"""How far a `SpatialTransformer` can move a frame: its scale, shear and shift, in halves of a frame."""


def standardise(images: Tensor) -> Tensor:
    """Frames [B, C, H, W] with mean 0 and deviation 1 each: a night and a noon plate look alike to the network."""
    mean, deviation = images.mean((1, 2, 3), keepdim=True), images.std((1, 2, 3), keepdim=True)
    return (images - mean) / (deviation + 1e-3)


def init_weights(module: nn.Module) -> None:
    """Weights that keep signals at their size: He for convolutions, Glorot and orthogonal for the LSTM."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)
    elif isinstance(module, (nn.LSTM, nn.LSTMCell)):
        for name, weight in module.named_parameters():
            for gate in weight.data.chunk(4):
                if "bias" in name:
                    nn.init.zeros_(gate)
                else:
                    (nn.init.xavier_uniform_ if "weight_ih" in name else nn.init.orthogonal_)(gate)


def evenly_spaced(length: int, columns: int = COLUMNS) -> Tensor:
    """Where a slot is looked for before anything is learnt: log-weights [length, columns] of characters side by side.

    Without it, nothing but chance tells the slots apart, and learning stands still until the queries have found theirs.
    """
    centres = (torch.arange(length) + 0.5) * columns / length - 0.5
    return -((torch.arange(columns) - centres[:, None]) ** 2) / (2 * (SPREAD * columns) ** 2)


def repeated(values: Tensor, times: int, dim: int) -> Tensor:
    """What ``values.repeat_interleave(times, dim)`` gives, by operations that ONNX has for any number of tracks."""
    shape = (*values.shape[: dim + 1], times, *values.shape[dim + 1 :])
    return values.unsqueeze(dim + 1).expand(shape).flatten(dim, dim + 1)


def parameter_count(model: nn.Module) -> int:
    """How many numbers of the model are trained."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def conv(
    before: int,
    after: int,
    kernel: int | tuple[int, int],
    stride: int | tuple[int, int],
    padding: int | tuple[int, int],
) -> nn.Sequential:
    """A convolution from ``before`` to ``after`` channels, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride, padding, bias=False), nn.BatchNorm2d(after), nn.ReLU()
    )


class Residual(nn.Module):
    """What goes in, plus what ``inner`` makes of it; the shapes are the same."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, images: Tensor) -> Tensor:
        """[N, C, H, W] → the same shape."""
        return images + self.inner(images)


class SpatialTransformer(nn.Module):
    """Each frame [N, channels, 32, 128] as it is best read (Jaderberg et al., 2015).

    Its reach is bounded. One that may look anywhere can lose the plate early on, and then nothing is ever learnt.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.reach = REACH
        self.localisation = nn.Sequential(
            nn.Conv2d(channels, 16, 5, 4, 2),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, 2, 1),  # [32, 4, 16]
            nn.ReLU(),
            nn.Flatten(),
            last := nn.Linear(32 * 4 * 16, 6),
        )
        nn.init.zeros_(last.weight)  # frames stay as they are, to begin with
        nn.init.zeros_(last.bias)

    def forward(self, frames: Tensor, pictures: Tensor | None = None) -> Tensor:
        """Frames → the same ones moved, float32; or ``pictures`` [N, …, H, W] moved as these frames would be."""
        dtype = self.localisation.get_parameter("0.weight").dtype
        move = self.localisation(frames.to(dtype)).float().view(-1, 2, 3)
        move = self.reach * (move / self.reach).tanh()
        with full_precision(frames.device):  # half precision would be too coarse for places
            theta = torch.eye(2, 3, device=frames.device) + move
            moved = frames if pictures is None else pictures
            size = [
                theta.shape[0],
                *moved.shape[1:],
            ]  # there are as many of both; ONNX asks the other one in vain
            return sampled(moved.float(), affine_grid(theta, size, align_corners=False))


class EncoderLayer(nn.Module):
    """A transformer layer, normalised first: tokens [B, N, width] attend to one another, then pass an MLP.

    bias: added to the attention's scores, [B, 1, 1, N] or the like; −∞ hides a token. None hides nothing.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm, self.query_key_value = nn.LayerNorm(width), nn.Linear(width, 3 * width)
        self.projection, self.dropout = nn.Linear(width, width), nn.Dropout(dropout)
        self.mlp = mlp(width, dropout)

    def forward(self, tokens: Tensor, bias: Tensor | None = None) -> Tensor:
        """Tokens → the same shape."""
        query, key, value = split_heads(self.query_key_value(self.norm(tokens))).chunk(3, 1)
        tokens = tokens + self.dropout(self.projection(attend(query, key, value, bias)[0]))
        return tokens + self.mlp(tokens)


class DecoderLayer(nn.Module):
    """Queries [B, L, width] attend to the memory [B, N, width], then to one another, then pass an MLP.

    bias: as in `EncoderLayer`, for the memory's tokens, [B, 1, L or 1, N].
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm, self.query = nn.LayerNorm(width), nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.projection, self.dropout = nn.Linear(width, width), nn.Dropout(dropout)
        self.self_attention = EncoderLayer(width, dropout)

    def forward(self, queries: Tensor, memory: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """Queries → the same shape, and the cross-attention's weights, float32 [B, heads, L, N]."""
        query = split_heads(self.query(self.norm(queries)))
        key, value = split_heads(self.key_value(memory)).chunk(2, 1)
        attended, weights = attend(query, key, value, bias)
        queries = queries + self.dropout(self.projection(attended))
        return self.self_attention(queries), weights


def mlp(width: int, dropout: float) -> nn.Sequential:
    """A transformer's second half, [..., width] → [..., width], normalised first."""
    return nn.Sequential(
        nn.LayerNorm(width),
        nn.Linear(width, 2 * width),
        nn.GELU(approximate="tanh"),
        nn.Linear(2 * width, width),
        nn.Dropout(dropout),
    )


def attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor]:
    """Scaled dot-product attention of N queries [B, heads, N, HEAD] to M keys and values.

    Returns what was attended to, [B, N, width], and the weights, float32 [B, heads, N, M]. On a CPU this trains a
    tenth faster than torch's fused attention, and the weights are wanted anyway.
    """
    scores = query @ key.transpose(-1, -2) * HEAD**-0.5
    weights = (scores if bias is None else scores + bias).float().softmax(-1)
    return (weights.to(value.dtype) @ value).transpose(1, 2).flatten(2), weights


def split_heads(tokens: Tensor) -> Tensor:
    """[B, N, heads · HEAD] → [B, heads, N, HEAD]."""
    return tokens.unflatten(-1, (-1, HEAD)).transpose(1, 2)
