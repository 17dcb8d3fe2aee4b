"""Kinds of plates of each layout: their shares and their colours, a part of the recipe; origins as there."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class PlateClass:
    """One kind of plate: its share among the plates of its layout, and its colours (RGB)."""

    share: float
    ground: Colour
    ink: Colour


# Private, commercial, official, special, collection, and light on black.
CLASSES: dict[str, tuple[PlateClass, ...]] = {
    "Brazilian": (
        PlateClass(0.81, (190, 194, 196), (28, 28, 32)),
        PlateClass(0.09, (168, 30, 36), (232, 232, 228)),
        PlateClass(0.03, (238, 238, 234), (26, 26, 30)),
        PlateClass(0.02, (30, 60, 130), (232, 232, 228)),
        PlateClass(0.02, (30, 110, 60), (232, 232, 228)),
        PlateClass(0.03, (30, 30, 32), (198, 198, 196)),
    ),
    "Mercosur": (
        PlateClass(0.80, (236, 238, 238), (24, 24, 28)),
        PlateClass(0.10, (236, 238, 238), (176, 28, 36)),
        PlateClass(0.03, (236, 238, 238), (24, 58, 150)),
        PlateClass(0.02, (236, 238, 238), (24, 120, 60)),
        PlateClass(0.01, (236, 238, 238), (176, 132, 36)),
        PlateClass(0.04, (26, 26, 28), (196, 198, 198)),
    ),
}
