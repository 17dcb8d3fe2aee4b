"""Weights of our reader for plates of another alphabet or length: what sees stays, what names is sorted anew.

Of `MultiFrameReader` only the two heads know the alphabet, a row a character, and only the queries know the length, a
row a slot. All else carries over as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from lpr_helpers.models.layers import evenly_spaced
from lpr_helpers.plates import PlateFormat

Weights = Mapping[str, Tensor]
_SLOT_HEAD, _CTC_HEAD, _QUERIES, _QUERY_BIAS = "slot_head.1.", "ctc_head.", "queries", "query_bias"


def carried_over(known: Weights, own: PlateFormat, fresh: Weights, plate: PlateFormat) -> dict[str, Tensor]:
    """The weights ``known`` of a `MultiFrameReader` for plates ``own``, as one for ``plate`` begins with them.

    fresh: the weights that such a network has before anything is learnt; those of characters outside the alphabet of
    ``own`` are taken from there. The blank and all other characters keep theirs, wherever they now stand. Of another
    length, each slot looks where such a slot stands on the plate, with the mean of the two slots nearest to it.
    """
    made = {}
    for name, weight in known.items():
        if name.startswith(_SLOT_HEAD):
            made[name] = _sorted_anew(weight, own.alphabet, fresh[name], plate.alphabet)
        elif name.startswith(_CTC_HEAD):
            characters = _sorted_anew(weight[1:], own.alphabet, fresh[name][1:], plate.alphabet)
            made[name] = torch.cat([weight[:1], characters])
        elif name == _QUERIES:
            made[name] = _spread(weight, plate.length)
        elif name == _QUERY_BIAS:
            learnt = weight - evenly_spaced(own.length)
            made[name] = evenly_spaced(plate.length) + _spread(learnt, plate.length)
        else:
            made[name] = weight
    return made


def _sorted_anew(rows: Tensor, before: str, fresh: Tensor, after: str) -> Tensor:
    """Rows of the characters ``before`` in the order of ``after``; those that were not known are ``fresh``."""
    found = [rows[before.index(c)] if c in before else fresh[place] for place, c in enumerate(after)]
    return torch.stack([row.to(rows.dtype) for row in found])


def _spread(rows: Tensor, length: int) -> Tensor:
    """Rows [slots, n] for another number of slots, evenly over the same plate."""
    if len(rows) == length:
        return rows
    return interpolate(rows.T[None], size=length, mode="linear")[0].T.contiguous()
