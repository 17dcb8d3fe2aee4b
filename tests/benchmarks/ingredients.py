"""The generator's ingredients, each of which can be left out to see what it is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lpr_helpers.synthetic.recipe import Recipe

FREE = 0.5


def _plates(**changes) -> Callable[[Recipe], Recipe]:
    return lambda recipe: replace(recipe, plates=replace(recipe.plates, **changes))


def _cameras(**changes) -> Callable[[Recipe], Recipe]:
    def changed(recipe: Recipe) -> Recipe:
        cameras = {name: replace(camera, **changes) for name, camera in recipe.cameras.items()}
        return replace(recipe, cameras=cameras)

    return changed


def _one_font(recipe: Recipe) -> Recipe:
    lettering = {
        name: replace(style, fonts=style.fonts[:1]) for name, style in recipe.plates.lettering.items()
    }
    return replace(recipe, plates=replace(recipe.plates, lettering=lettering, own_glyph_share=0.0))


def _dark_on_light(recipe: Recipe) -> dict:
    kinds = recipe.plates.classes.items()
    return {name: tuple(kind for kind in some if max(kind.ground) >= 64) for name, some in kinds}


INGREDIENTS: dict[str, Callable[[Recipe], Recipe]] = {
    "free": lambda recipe: recipe,  # see `without`
    "own-glyphs": _plates(own_glyph_share=0.0),
    "fonts": _plates(own_glyph_share=1.0),
    "many-faces": _one_font,
    "wear": _plates(
        ink_wear=(0.0, 0.0), emboss=(0.0, 0.0), grime=(0.0, 0.0), mud_share=0.0, scratch_share=0.0, bend_share=0.0,
        cover_share=0.0, bolt_share=0.0, frame_share=0.0,
    ),
    "light-on-black": lambda recipe: _plates(classes=_dark_on_light(recipe))(recipe),
    "argentine": _plates(argentine_share=0.0),
    "tight-crops": _cameras(tight_share=0.0),
    "halos": _cameras(sharpening=(0.0, 0.0)),
    "aspect": _cameras(aspect=(3.0, 0.02, 2.9, 3.1)),
    "size": _cameras(lr_width=(48, 0.0, 48, 48)),
    "loose-crops": _cameras(fill=(0.98, 1.0), overflow=0.0, jitter=0.004),
    "pose": _cameras(rotation=0.0, shear=0.0, perspective=0.0),
    "tones": _cameras(contrast=(1.0, 1.0), gamma=(1.0, 1.0), haze=(0.0, 0.0), exposure=(0.9, 1.1)),
    "light": _cameras(gradient=(0.0, 0.0), shadow_share=0.0, glare_share=0.0, night_share=0.0, rain_share=0.0),
    "noise": _cameras(noise=(0.0, 0.0)),
    "blur": _cameras(blur=(0.4, 0.45), motion=(0.0, 0.0)),
    "blocks": _cameras(quality=(96, 98), video_share=0.0),
    "surroundings": _cameras(body=((0.1, 1.0),)),
}  # fmt: skip
"""Name → the recipe without that ingredient."""


def without(name: str, recipe: Recipe) -> tuple[Recipe, float]:
    """The recipe without the ingredient ``name`` (``everything`` leaves nothing out), and its share of free texts."""
    return INGREDIENTS.get(name, lambda whole: whole)(recipe), 0.0 if name == "free" else FREE
