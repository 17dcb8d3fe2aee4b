"""What a line of the table is: how a system comes to be, and what it makes of tracks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lpr_helpers.data.track_data import TrackData

Read = Callable[[TrackData], np.ndarray | list[str]]
"""All tracks of some data → float32 slot log-probabilities [N, L, A], before any layout is imposed.

What reads strings gives N texts in their place, and imposes by itself the layouts that the data's table names (""
imposes nothing). Where a system sees nothing of all tracks, such as infrared frames that there are not, no number is
one.
"""


@dataclass(frozen=True)
class Budget:
    """What every system gets.

    data: synthetic tracks, as `pretraining.drawn_data` gives them: its side "train" is to be looked at as often as
    ``looks`` says, all in all (a track of five frames is one look, five frames one by one are one too); "val" chooses.
    run: a folder of the system's own. seed: of all that is left to chance. device: where to train.
    """

    data: TrackData
    looks: int
    run: Path
    seed: int = 1
    device: str = "cpu"


@dataclass(frozen=True)
class System:
    """A line of the table.

    name: what it is. part: which of the report's ideas it belongs to. expected: what the report expected of it, with
    its section; "" where it says nothing. make: trains it on a `Budget` and gives back how it reads. beside: the name
    of the line that it is to be compared with, "" for none. parameters: of the trained networks together, by ``make``'s
    result's attribute of that name where it has one. trained: whether a seed makes a difference; one seed is enough
    where it makes none.
    """

    name: str
    part: str
    make: Callable[[Budget], Read]
    expected: str = ""
    beside: str = ""
    trained: bool = True
