"""Our reader on pictures that a super-resolution network made twice as large first; both can learn from the reading."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn
from torch.nn.functional import pixel_unshuffle

from lpr_helpers.models.layers import SpatialTransformer, standardise
from lpr_helpers.models.multiframe import MultiFrameReader
from lpr_helpers.models.output import Output
from lpr_helpers.models.super_resolution import ESPCN, FACTOR, MultiFrameSR, ResidualSR


class SuperResolvedReader(nn.Module):
    """`ESPCN`, then `MultiFrameReader` on its pictures of 64 × 256.

    Every 2 × 2 pixels of a picture are the channels of one, so that the reader's first convolution sees all of them and
    the rest of it is as large as ever.

    Parameters
    ----------
    characters, length, channels, width, dropout: of the reader. frozen: the pictures stay as they are, and only the
    reader learns; else its loss reaches the pictures too.
    """

    network: ClassVar[type[nn.Module]] = ESPCN

    def __init__(
        self,
        characters: int = 36,
        length: int = 7,
        channels: int = 1,
        width: int = 192,
        dropout: float = 0.0,
        frozen: bool = False,
    ) -> None:
        super().__init__()
        self.super_resolution = self.network(channels).requires_grad_(not frozen)
        self.align = SpatialTransformer(channels)
        self.reader = MultiFrameReader(
            characters, length, channels * FACTOR**2, width, dropout=dropout, align=False
        )

    def forward(self, images: Tensor, valid: Tensor) -> Output:
        """Tracks, float [B, F, channels, 32, 128] in 0…1, and which frames they have, bool [B, F] → `Output`."""
        pictures = self.super_resolution(images, valid).flatten(0, 1)  # [B·F, channels, 64, 256]
        pictures = self.align(standardise(images.flatten(0, 1)), pictures)
        return self.reader(pixel_unshuffle(pictures, FACTOR).unflatten(0, tuple(valid.shape)), valid)

    def matrices(self) -> list[nn.Parameter]:
        """The weights that the optimiser Muon is for: the reader's."""
        return self.reader.matrices()

    def slow(self) -> list[nn.Parameter]:
        """The weights of alignment and pictures: a reader cannot learn from frames that change faster than it does."""
        return [*self.align.parameters(), *self.super_resolution.parameters()]


class ResidualSRReader(SuperResolvedReader):
    """The same behind `ResidualSR`."""

    network = ResidualSR


class MultiFrameSRReader(SuperResolvedReader):
    """The same behind `MultiFrameSR`."""

    network = MultiFrameSR


def super_resolution_of(model: nn.Module) -> nn.Module:
    """The network of a reader that makes pictures of its frames; raises ValueError where it has none."""
    if not isinstance(model, SuperResolvedReader):
        raise ValueError(  # noqa: TRY004 - of the kind that was chosen
            f"{type(model).__name__} reads frames as they are, without super-resolution: choose the kind sr-espcn, "
            "sr-residual or sr-multiframe"
        )
    return model.super_resolution
