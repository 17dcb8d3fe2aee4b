"""Several readers of the same tracks as one, and how much each of them should count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from lpr_helpers.decoding.readings import FrameReadings
from lpr_helpers.decoding.slot_fusion import track_slots
from lpr_helpers.plates import BRAZIL, PlateFormat

PULL = 5.0
"""How strongly weights are drawn to equal ones, in nats: a few lucky validation plates silence no member."""


def ensemble(members: Sequence[FrameReadings], weights: Sequence[float] | None = None) -> FrameReadings:
    """Several readers of the same tracks as one: ``joint`` is the mean of their log-probabilities for whole tracks.

    weights: how much each member counts, as `weigh_members` gives them; None for all alike. Adding instead of taking
    the mean would read the same, and be too sure: members who agree are no independent witnesses. A reader of single
    frames brings the sum over its frames. All else is the first member's.

    Raises ValueError for no members, for members that have read different numbers of tracks, and for weights that are
    not one positive number each.
    """
    shapes = {(len(member.texts), *member.slots.shape[2:]) for member in members}
    if len(shapes) != 1:
        raise ValueError(
            f"the members of an ensemble have to read the same tracks; these have read {sorted(shapes)}"
        )
    joined = weighted_mean([track_slots(member) for member in members], weights)
    return replace(members[0], joint=joined.log_softmax(-1).float())


def weighted_mean(slots: Sequence[Tensor], weights: Sequence[float] | None = None) -> Tensor:
    """The weighted mean of log-probabilities [..., A] of several members, not normalised again.

    weights: one a member, above 0, of any sum; None for all alike. Raises ValueError for others.
    """
    stacked = torch.stack(list(slots))
    if weights is None:
        return stacked.mean(0)
    if len(weights) != len(stacked) or not all(0 < weight < np.inf for weight in weights):
        raise ValueError(
            f"weights {list(weights)} for {len(stacked)} members; give one number above 0 for each"
        )
    shares = torch.tensor(weights, dtype=stacked.dtype, device=stacked.device)
    return torch.einsum("m,m...->...", shares / shares.sum(), stacked)


def weigh_members(
    members: Sequence[Tensor], texts: Sequence[str], plate: PlateFormat = BRAZIL
) -> list[float]:
    """How much each member of an ensemble should count, so that validation plates surprise it least.

    The weights minimise the mean negative log-probability of the true texts' characters, which has one minimum only
    (Heskes, 1998), and are drawn to equal ones by `PULL` nats times the relative entropy of the two: they count for
    much where validation plates are few. Plates read right would be too coarse a measure.

    members: slot log-probabilities [B, L, A] of each, see `slot_fusion.track_slots`. texts: the truth, B plates, none
    of which a member was trained on.

    Returns a weight a member, above 0, 1 in sum. Raises ValueError for no members, no tracks, or a text that is no
    plate.
    """
    if not len(members) or not len(texts):
        raise ValueError(f"{len(members)} members and {len(texts)} validation tracks: both are needed")
    truth = torch.tensor([plate.encode(text).tolist() for text in texts])[..., None]
    slots, count = [one.cpu().double().log_softmax(-1) for one in members], len(members)

    def surprise(scores: np.ndarray) -> float:
        shares = torch.from_numpy(scores).log_softmax(0)
        joined = weighted_mean(slots, shares.exp().tolist()).log_softmax(-1)
        nats = -float(joined.gather(-1, truth).sum()) / len(texts)
        return nats + PULL / len(texts) * float(-np.log(count) - shares.mean())

    best = minimize(surprise, np.zeros(count), method="L-BFGS-B", bounds=[(-6.0, 6.0)] * count).x
    return torch.from_numpy(best).softmax(0).tolist()
