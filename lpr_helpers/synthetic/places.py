"""What one place has and the usual recipe has not: where its camera hangs, and whose plates pass; a part of the recipe.

The usual recipe has neither, and a style (`styles`) may have both. All of it is taste.
"""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class Site:
    """Where a camera hangs and what it looks through. Nothing of it unless a number says so."""

    roll: float = 0.0
    """Degrees by which plates are rolled on average: the camera hangs crooked."""
    slant: float = 0.0
    """Slant of their uprights on average: it hangs beside the lane."""
    warmth: float = 0.0
    """How far the light leans from blue to red, as `CameraRecipe.tint`: sodium lamps."""
    ghost: Range = (0.0, 0.0)
    """Strength of a second image that a pane of glass throws, as a share of all light."""
    ghost_shift: tuple[float, float] = (0.0, 0.0)
    """Where that lies, to the right and downwards, as shares of the crop's width and height."""
    comb: Range = (0.0, 0.0)
    """How far odd rows lie beside even ones, as a share of the width: an interlaced camera exposes them later."""


@dataclass(frozen=True)
class Traffic:
    """Whose plates pass."""

    states: dict[str, float]
    """Share of each state's series among plates that are, or once were, of the old format; the rest has any letters, as
    the recipe says.
    """
    new: tuple[str, str]
    """First and last series of Mercosur plates that never were old ones."""
    fleets: tuple[str, ...] = ()
    """Series in which hauliers and hirers registered whole fleets, of both kinds."""
    fleet_share: float = 0.0
    """Share of plates that belong to one of these fleets, all alike."""
