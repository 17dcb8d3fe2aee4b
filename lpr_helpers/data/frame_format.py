"""What a frame is made of when it reaches a network: light, further modalities, and what is done to them before."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any

EQUALISERS = ("none", "hist", "clahe")
LEAST_SCALE, MOST_SCALES, MOST_MODALITIES = 0.1, 4, 8
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_PREFIX = re.compile(r"[a-z0-9][a-z0-9_.-]{0,30}")
TAKEN = ("grey", "rgb", "lr", "hr", "text", "layout", "split", "scenario", "folder", "track_id", "trainable",
         "corners", "problems", "lr_sizes", "hr_sizes")  # fmt: skip
"""Names that no modality may have: columns of the table of tracks, and what light is called."""


def _checked_scales(scales: Any) -> tuple[float, ...]:
    if not isinstance(scales, (tuple, list)) or not 1 <= len(scales) <= MOST_SCALES:
        raise ValueError(f"scales are {scales!r}; give one to {MOST_SCALES} numbers, such as (1.0, 0.5)")
    for scale in scales:
        number = isinstance(scale, (int, float)) and not isinstance(scale, bool)
        if not (number and math.isfinite(scale) and LEAST_SCALE <= scale <= 1):
            raise ValueError(f"a scale is {scale!r}; it is a number from {LEAST_SCALE} to 1")
    if len(set(scales)) != len(scales):
        raise ValueError(f"scales are {scales!r}; each counts once")
    return tuple(map(float, scales))


@dataclass(frozen=True)
class Modality:
    """Another kind of frame than light's: infrared, heat, depth and so on.

    name: lower-case letters, digits and _. prefix: how its files are named, "ir-" for ``ir-001.png``; the rest of the
    name is that of the LR frame it belongs to, which shows the same view. channels: 1, or 3 for files in colour.

    Raises ValueError for anything else, and for a name or a prefix that means something already.
    """

    name: str
    prefix: str
    channels: int = 1

    def __post_init__(self) -> None:
        if not _fits(_NAME, self.name) or self.name in TAKEN:
            raise ValueError(
                f"{self.name!r} is no name of a modality: lower-case letters, digits and _, and none of "
                f"{', '.join(TAKEN)}"
            )
        if not _fits(_PREFIX, self.prefix):
            raise ValueError(
                f"modality {self.name}: {self.prefix!r} is no prefix of file names such as 'ir-'"
            )
        if self.prefix.startswith(("lr-", "hr-")):
            raise ValueError(
                f"modality {self.name}: files that begin with {self.prefix!r} are LR or HR frames"
            )
        if type(self.channels) is not int or self.channels not in (1, 3):
            raise ValueError(f"modality {self.name}: channels is {self.channels!r}; it is 1, or 3 for colour")


@dataclass(frozen=True)
class Preprocessing:
    """What is done to every frame before a network gets it, in training and in reading alike.

    equalise: "none"; "hist" spreads the grey levels of a frame evenly over the whole range; "clahe" does so part by
    part, within limits (Zuiderveld, 1994). Of colour, the brightness.
    rectify: a plate whose corners are annotated is turned upright and fills its frame; frames without corners stay as
    they are.
    scales: how coarsely a network sees a frame, once for each number: 1 as it is, 0.5 with half as many pixels each
    way. More than one are stacked as channels, an image pyramid.

    Raises ValueError where there is no such thing.
    """

    equalise: str = "none"
    rectify: bool = False
    scales: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        if self.equalise not in EQUALISERS:
            raise ValueError(f"equalise is {self.equalise!r}; choose one of {', '.join(EQUALISERS)}")
        if not isinstance(self.rectify, bool):
            raise ValueError(f"rectify is {self.rectify!r}; it is true or false")  # noqa: TRY004 - of a file
        object.__setattr__(self, "scales", _checked_scales(self.scales))

    @property
    def of_files(self) -> tuple[str, bool]:
        """What changes packed frames; scales are made of these on the device."""
        return self.equalise, self.rectify


PLAIN = Preprocessing()


@dataclass(frozen=True)
class FrameFormat:
    """What a frame is made of: its channels, in this order, and what is done to them.

    Parameters
    ----------
    colour: light as red, green and blue rather than grey. modalities: what follows it.
    preprocessing: what is done to each of them.
    visible: False leaves light out, for a network of the modalities alone.

    Raises ValueError for a modality twice, for more than eight, and for frames of nothing.
    """

    colour: bool = False
    modalities: tuple[Modality, ...] = ()
    preprocessing: Preprocessing = PLAIN
    visible: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "modalities", tuple(self.modalities))
        check_modalities(self.modalities)
        if not self.visible and (self.colour or not self.modalities):
            raise ValueError("frames without light are of one modality at least, and not in colour")

    @property
    def names(self) -> tuple[str, ...]:
        """Of all that a frame shows: "grey" or "rgb", and the modalities."""
        light = ("rgb" if self.colour else "grey",) if self.visible else ()
        return (*light, *(modality.name for modality in self.modalities))

    @property
    def groups(self) -> tuple[int, ...]:
        """Channels of each of `names`."""
        light = (3 if self.colour else 1,) if self.visible else ()
        return (*light, *(modality.channels for modality in self.modalities))

    @property
    def channels(self) -> int:
        """Channels of a packed frame."""
        return sum(self.groups)

    @property
    def inputs(self) -> int:
        """Channels that a network gets: those of all scales."""
        return self.channels * len(self.preprocessing.scales)

    @property
    def plain(self) -> bool:
        """Whether it is light alone, and nothing is done to it."""
        return not self.modalities and self.preprocessing == PLAIN

    @property
    def as_packed(self) -> tuple:
        """What packed frames depend on: all but the scales, which are made of them."""
        return self.names, self.groups, self.preprocessing.of_files

    def places(self, names: tuple[str, ...]) -> list[int]:
        """The channels, among this format's, that some of its `names` have."""
        ends = list(accumulate(self.groups, initial=0))
        where = {name: range(*ends[place : place + 2]) for place, name in enumerate(self.names)}
        return [channel for name in names for channel in where[name]]

    def table(self) -> dict[str, Any]:
        """As plain values, for a file; `of_table` reads them."""
        modalities = [asdict(modality) for modality in self.modalities]
        what = {"colour": self.colour, "modalities": modalities, "visible": self.visible}
        return what | {
            "preprocessing": asdict(self.preprocessing) | {"scales": list(self.preprocessing.scales)}
        }

    @classmethod
    def of_table(cls, table: Any) -> FrameFormat:
        """What `table` gave. Raises ValueError or TypeError where it is none."""
        if not isinstance(table, dict) or not isinstance(table.get("modalities", []), list):
            raise ValueError("the frames are no table of colour, modalities, preprocessing and visible")  # noqa: TRY004
        modalities = tuple(Modality(**one) for one in table.get("modalities", []))
        made = {"modalities": modalities, "preprocessing": Preprocessing(**table.get("preprocessing", {}))}
        for name in ("colour", "visible"):
            if not isinstance(table.get(name, False), bool):
                raise ValueError(f"{name} is {table[name]!r}; it is true or false")  # noqa: TRY004 - of a file
        return cls(**table | made)

    def __str__(self) -> str:
        done = self.preprocessing
        more = [f"equalised ({done.equalise})"] if done.equalise != "none" else []
        more += ["rectified"] if done.rectify else []
        more += [f"at the scales {', '.join(f'{s:g}' for s in done.scales)}"] if done.scales != (1.0,) else []
        return ", ".join([" + ".join(self.names), *more])


def _fits(pattern: re.Pattern, said: object) -> bool:
    return isinstance(said, str) and pattern.fullmatch(said) is not None


def check_modalities(modalities: tuple[Modality, ...]) -> None:
    """Raise ValueError where two modalities share a name or files, or where there are more than eight."""
    if len(modalities) > MOST_MODALITIES:
        raise ValueError(f"there are {len(modalities)} modalities, at most {MOST_MODALITIES} are possible")
    for a, one in enumerate(modalities):
        for other in modalities[a + 1 :]:
            if (
                one.name == other.name
                or one.prefix.startswith(other.prefix)
                or other.prefix.startswith(one.prefix)
            ):
                raise ValueError(
                    f"the modalities {one.name} ({one.prefix!r}) and {other.name} ({other.prefix!r}) cannot be told "
                    "apart: give each a name of its own, and a prefix that no other begins with"
                )
