"""Layouts imposed on slots that are joined already, as masks: the last step to a reading."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lpr_helpers.decoding.readings import Readings
from lpr_helpers.plates import BRAZIL, PlateFormat


def read_slots(
    slots: Tensor, layouts: str | Sequence[str] | None = "any", plate: PlateFormat = BRAZIL
) -> Readings:
    """Readings of slot log-probabilities [B, L, A] that are joined already; ``layouts`` as in `fuse`."""
    return read_under_layouts(
        slots.cpu().double().log_softmax(-1), candidate_layouts(layouts, len(slots), plate), plate
    )


def candidate_layouts(
    layouts: str | Sequence[str] | None, tracks: int, plate: PlateFormat
) -> list[list[str]]:
    """For each track the names of the layouts it may have; "" stands for no layout."""
    if layouts is None:
        return [[""]] * tracks
    if isinstance(layouts, str):
        if layouts != "any":
            raise ValueError(
                f'layouts={layouts!r}; give "any", or a list with one layout name for each track'
            )
        return [list(plate.layouts)] * tracks
    if len(layouts) != tracks:
        raise ValueError(f"{len(layouts)} layouts for {tracks} tracks; give one name for each track")
    if unknown := set(layouts) - {"", *plate.layouts}:
        raise ValueError(f"unknown layouts {sorted(unknown)}; the plate format has {list(plate.layouts)}")
    return [[name] for name in layouts]


def read_under_layouts(fused: Tensor, candidates: list[list[str]], plate: PlateFormat) -> Readings:
    """Readings of fused slots [B, L, A] under the best of each track's candidate layouts."""
    names = ["", *plate.layouts]
    masks = torch.stack([plate.mask(name or None) for name in names]).double()
    allowed = torch.tensor([[name in given for name in names] for given in candidates])
    masked = fused[:, None] + masks  # [B, layouts, L, A]
    best = masked.amax(-1).sum(-1).masked_fill(~allowed, -torch.inf)
    mass = masked.logsumexp(-1).sum(-1).masked_fill(~allowed, -torch.inf)
    score, chosen = best.max(1)
    slots = masked[torch.arange(len(chosen)), chosen].log_softmax(-1)
    return Readings(
        texts=[plate.decode(places) for places in slots.argmax(-1).tolist()],
        confidence=(score - mass.logsumexp(1)).exp().clamp(max=1.0).float(),
        slots=slots.float(),
        layouts=[names[i] for i in chosen.tolist()],
    )
