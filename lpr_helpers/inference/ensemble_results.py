"""What an ensemble reads of some tracks: each member alone, and the first, the first two, … together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch

from lpr_helpers.data.track_data import TrackData
from lpr_helpers.decoding.ensembles import ensemble
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.decoding.readings import FrameReadings
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.inference.results import results_table
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.ensemble_folder import load_ensemble


@dataclass(frozen=True, eq=False)
class EnsembleResults:
    """Tables of results (`results.results_table`) of the same tracks, in the members' order.

    members: by each member's name, what it reads alone. grown: by the same names, what this member and all before it
    read together. weights: how much each counts, 1 in sum.
    """

    members: dict[str, pd.DataFrame]
    grown: dict[str, pd.DataFrame]
    weights: dict[str, float]

    @property
    def joined(self) -> pd.DataFrame:
        """What all of them read together."""
        return list(self.grown.values())[-1]


def read_ensemble(
    folder: str | Path,
    data: TrackData,
    *splits: str,
    device: str | torch.device | None = None,
    progress: bool = True,
) -> EnsembleResults:
    """Read the trainable tracks of some splits, such as "val", with the ensemble in ``folder``.

    The layout is not given away: the likelier one is imposed. Members are called by the folder above their checkpoint.
    Raises CheckpointError as `ensemble_folder.load_ensemble` does, and ValueError where there is no track to read.
    """
    rows = data.rows(*splits)
    if not len(rows):
        raise ValueError(f"no trainable track on the side {' or '.join(splits)} to read with an ensemble")
    members, weights = load_ensemble(folder)
    frames = {
        _name(path): recognise(member, data.lr, rows, device=device, progress=progress)
        for path, member in members.items()
    }
    return ensemble_results(data.table.iloc[rows], frames, weights, next(iter(members.values())))


def ensemble_results(
    table: pd.DataFrame, frames: Mapping[str, FrameReadings], weights: Sequence[float], reader: Recogniser
) -> EnsembleResults:
    """The results of members whose readings of ``table`` are known; ``reader`` says of which plates they are."""

    def results(some: FrameReadings) -> pd.DataFrame:
        return results_table(table, some, fuse(some, plate=reader.plate, layouts="any"))

    every = list(frames.values())
    return EnsembleResults(
        {name: results(one) for name, one in frames.items()},
        {
            name: results(ensemble(every[:count], weights[:count]))
            for count, name in enumerate(frames, start=1)
        },
        dict(zip(frames, weights, strict=True)),
    )


def _name(path: str) -> str:
    return Path(path).parent.name or path
