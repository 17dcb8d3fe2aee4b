"""Recipes unlike the one that readers learn from: plates set in other typefaces, a worse camera, and both.

Confidences that were learnt on tracks like the training's are too sure of all others. So they are tried on these too.
"""

from __future__ import annotations

from dataclasses import replace

from lpr_helpers.synthetic.recipe import RECIPE, CameraRecipe, Recipe

WORSE_CAMERA = replace(
    RECIPE.cameras["B"],
    lr_width=(40, 0.22, 24, 67),
    blur=(0.5, 1.1),
    motion=(0.0, 2.6),
    exposure=(0.25, 1.9),
    contrast=(0.6, 2.2),
    quality=(18, 85),
)
"""Scenario B's, with smaller crops, more blur, harder light and compression."""


def _filmed(recipe: Recipe, camera: CameraRecipe) -> Recipe:
    return replace(recipe, cameras={**recipe.cameras, "B": camera})


OTHER_TYPEFACES = replace(RECIPE, plates=replace(RECIPE.plates, own_glyph_share=0.0))
"""No plate is set in our own glyphs, which most training plates are set in."""
UNLIKE = {
    "as usual": RECIPE,
    "other typefaces": OTHER_TYPEFACES,
    "a worse camera": _filmed(RECIPE, WORSE_CAMERA),
    "both": _filmed(OTHER_TYPEFACES, WORSE_CAMERA),
}
"""Recipes to try confidences on, in equal shares."""
