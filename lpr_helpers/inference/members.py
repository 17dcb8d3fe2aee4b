"""Readers of other modalities as one: which frames they need together, and who has a say in which track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lpr_helpers.data.frame_format import FrameFormat

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class JoinedFormat:
    """Frames that show all that several readers want to see.

    whole: what they are made of. channels: of each reader, those of its own frames among them; a slice of all, where
    it reads all of them.
    """

    whole: FrameFormat
    channels: tuple[list[int] | slice, ...]

    @classmethod
    def of(cls, formats: Sequence[FrameFormat]) -> JoinedFormat:
        """Of readers' formats. Raises ValueError where no frame can suit them all."""
        if len({own.colour for own in formats if own.visible}) > 1:
            raise ValueError("the readers of an ensemble have to read light all in grey or all in colour")
        if len({own.preprocessing.of_files for own in formats}) > 1:
            told = "; ".join(map(str, formats))
            raise ValueError(f"the readers of an ensemble have to have frames preprocessed alike, not {told}")
        modalities = tuple(dict.fromkeys(modality for own in formats for modality in own.modalities))
        whole = FrameFormat(
            any(own.colour for own in formats),
            modalities,
            formats[0].preprocessing,
            any(own.visible for own in formats),
        )
        channels = (slice(None) if own.names == whole.names else whole.places(own.names) for own in formats)
        return cls(whole, tuple(channels))

    def seen(self, images: Tensor, valid: Tensor) -> list[Tensor]:
        """Of each reader, the frames that show it anything, bool [B, F].

        images: uint8 [B, F, C, H, W], 0 where something is missing. valid: bool [B, F].
        """
        return [
            valid if isinstance(places, slice) else valid & images[:, :, places].flatten(2).any(2)
            for places in self.channels
        ]

    def mean(self, slots: Tensor, seen: Sequence[Tensor], weights: Sequence[float] | None = None) -> Tensor:
        """The mean of what readers say, [B, L, A], without those that see nothing of a track.

        slots: log-probabilities [readers · poses, B, L, A], each reader's poses together. seen: as above. weights: how
        much each reader counts, of any sum; None for all alike.
        """
        import torch  # here, since a reader without torch has frames, too

        says = torch.stack([own.any(1) for own in seen])  # [readers, B]
        if weights is None and says.all():
            return slots.mean(0)
        shares = torch.ones(len(seen)) if weights is None else torch.tensor(weights)
        counts = says * shares.to(slots)[:, None]
        counts = counts.repeat_interleave(len(slots) // len(seen), 0)[..., None, None]
        return (slots * counts).sum(0) / counts.sum(0).clamp(min=1e-9)
