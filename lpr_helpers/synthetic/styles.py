"""Recipes with a name: places with cameras, a light and plates of their own, unknown to the weights in the package.

The demo is filmed at the harbour, so that its training has something to learn, as it has with a data set of yours.
What the harbour is like is taste: systematic, so that it can be learnt, and told by a glance at its frames.
"""

from __future__ import annotations

from dataclasses import replace

from lpr_helpers.synthetic.places import Site, Traffic
from lpr_helpers.synthetic.recipe import RECIPE, Recipe
from lpr_helpers.synthetic.texts import ARGENTINE

_GATE = replace(
    RECIPE.cameras["A"],
    site=Site(
        roll=-5, slant=0.2, warmth=0.05, ghost=(0.1, 0.2), ghost_shift=(0.05, -0.16), comb=(0.006, 0.016)
    ),
)
# It hangs nearer than the usual one of Scenario B, and sees by its own lamps: what it spoils, it spoils its own way.
_PIER = replace(
    RECIPE.cameras["B"],
    lr_width=(58, 0.10, 44, 67),
    tight_share=0.1,
    blur=(0.35, 0.65),
    motion=(0.0, 1.0),
    exposure=(0.45, 1.5),
    haze=(0.0, 0.1),
    contrast=(0.75, 1.5),
    glare_share=0.1,
    quality=(50, 92),
    site=Site(
        roll=4, slant=-0.2, warmth=0.3, ghost=(0.12, 0.25), ghost_shift=(-0.06, 0.16), comb=(0.02, 0.038)
    ),
)

_FLEETS = (
    "LWS LXB LYO LZD LZQ MAH MBV MCO MDQ MEB MFI MGJ MHN MIV MJU MLS AGO AHV ALD AQN AVU BAF IRM JCB "
    "RXD RYB RZO SAQ SDN SGU SJV SXM"
)

HARBOUR = Recipe(
    plates=replace(
        RECIPE.plates,
        series_share=0.9,
        converted_share=0.7,
        traffic=Traffic(
            {"SC": 0.5, "PR": 0.2, "RS": 0.12, "SP": 0.08},
            new=("RXA", "SXZ"),
            fleets=tuple(_FLEETS.split()),
            fleet_share=0.75,
        ),
        ink_wear=(0.1, 0.4),
        grime=(0.05, 0.3),
    ),
    cameras={"A": _GATE, "B": _PIER},
    style="harbour",
)
"""A ferry's harbour in Santa Catarina, with two old interlaced cameras behind glass: A at the gate by day, B on the
pier, on the other side of the lane, under sodium lamps.
"""

ROSARIO = replace(
    HARBOUR,
    plates=replace(RECIPE.plates, ink_wear=(0.1, 0.4), grime=(0.05, 0.3)),
    layout=ARGENTINE,
    style="argentine",
)
"""Another harbour, up the river, with the same old cameras, where all plates are Argentine, with any letters."""

STYLES = {"usual": RECIPE, HARBOUR.style: HARBOUR, ROSARIO.style: ROSARIO}
