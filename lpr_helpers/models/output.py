"""What a network makes of a batch of tracks, whatever its architecture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor


@dataclass(frozen=True)
class Output:
    """The logits of B tracks of F frames; a network fills in what it has, and leaves all else None.

    Every network says something of each frame by itself, as CTC logits or as slot logits.

    Parameters
    ----------
    ctc_logits: [T, B·F, 1 + A], of each frame by itself, blank 0.
    frame_slot_logits: [B, F, L, A], of each frame by itself.
    slot_logits: [B, L, A], of the whole track.
    frame_weights: float32 [B, F], each frame's share in ``slot_logits``; sums to 1 over the frames.
    """

    ctc_logits: Tensor | None = None
    frame_slot_logits: Tensor | None = None
    slot_logits: Tensor | None = None
    frame_weights: Tensor | None = None

    def float(self) -> Output:
        """The same in float32."""
        return Output(*(None if value is None else value.float() for value in self._values()))

    def cpu(self) -> Output:
        """The same on the CPU."""
        return Output(*(None if value is None else value.cpu() for value in self._values()))

    def _values(self) -> list[Tensor | None]:
        return [getattr(self, field.name) for field in fields(self)]


def mean_output(outputs: Sequence[Output]) -> Output:
    """Several outputs of the same tracks as one: means of their log-probabilities; a single one as it is."""
    if len(outputs) == 1:
        return outputs[0]
    weights = [output.frame_weights for output in outputs if output.frame_weights is not None]
    return Output(
        _mean_log_probs([output.ctc_logits for output in outputs]),
        _mean_log_probs([output.frame_slot_logits for output in outputs]),
        _mean_log_probs([output.slot_logits for output in outputs]),
        torch.stack(weights).mean(0) if len(weights) == len(outputs) else None,
    )


def _mean_log_probs(logits: Sequence[Tensor | None]) -> Tensor | None:
    """The mean of the log-probabilities [..., A], normalised again; None where there are none."""
    known = [one.log_softmax(-1) for one in logits if one is not None]
    return torch.stack(known).mean(0).log_softmax(-1) if known else None
