"""The ranges the generator draws from, each with where it comes from.

Origins: *rule* = the Brazilian traffic council's plate regulations; *data* = what is published of LRLPR-26;
*seen* = looking at photographs and surveillance crops of real plates; *taste* = chosen so that people can
still read nearly all of Scenario A and most of Scenario B from five frames.
What a plate is furnished with (`plates`) and its surroundings and shadows (`camera`) still keep theirs beside the code.
Lengths on the plate are millimetres, lengths in a crop are pixels, light is 0 (black) to 1 (white).
"""

from __future__ import annotations

from dataclasses import dataclass, field

Range = tuple[float, float]
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class PlateClass:
    """One kind of plate: how often it is seen, and its colours (RGB)."""

    share: float
    """Its share among the plates of its layout."""
    ground: Colour
    """The painted ground."""
    ink: Colour
    """The characters."""


@dataclass(frozen=True)
class Lettering:
    """The row of seven characters of one layout."""

    fonts: tuple[str, ...]
    """Font files that a plate may be set in; seen: closest to mean real glyphs among free fonts."""
    centres: tuple[float, ...]
    """Where the seven characters stand, mm from the left edge; seen on upright plates."""
    base: float
    """The foot of the characters, mm from the top edge; seen."""
    height: float
    """Height of the characters; rule (63 mm old Brazilian, 65 mm Mercosur)."""
    width: float
    """Width of a plain character; seen."""
    stroke: Range
    """Width of the strokes as a share of the height, one a plate; seen (8–10 mm, wear and bloom included)."""
    widths: dict[str, float]
    """Characters that are wider or narrower, as a share of `width`; seen."""
    bars: str = ""
    """Characters drawn as a bare bar; seen (old Brazilian 1 and I)."""
    slabs: str = ""
    """Characters taken from `slab_font`, whose I and 1 have feet; seen (Mercosur)."""
    slab_font: str = "B612Mono-Bold"
    """The font that has those feet."""
    dot: float | None = None
    """Centre of the separating dot, mm from the left edge; None where the layout has none; rule."""


@dataclass(frozen=True)
class PlateRecipe:
    """How plates are drawn."""

    size: tuple[int, int] = (400, 130)
    """Width and height of the plate; rule. One pixel is drawn per millimetre."""
    lettering: dict[str, Lettering] = field(
        default_factory=lambda: {
            "Brazilian": Lettering(
                fonts=(
                    "Rajdhani-Bold",
                    "BarlowSemiCondensed-Bold",
                    "PlatewrightSans-Bold",
                    "Tomorrow-SemiBold",
                ),
                centres=(41, 89, 137, 213, 260, 307, 354),
                base=115,
                height=63,
                width=40,
                stroke=(0.13, 0.175),
                widths={"A": 1.1, "M": 1.05, "W": 1.1, "J": 0.9, "L": 0.9, "E": 0.9, "F": 0.9, "Q": 1.05},
                bars="1I",
                dot=175,
            ),
            "Mercosur": Lettering(
                fonts=("RobotoCondensed-Bold", "BarlowCondensed-SemiBold", "B612Mono-Bold"),
                centres=(56, 105, 154, 203, 252, 301, 350),
                base=113,
                height=65,
                width=40,
                stroke=(0.13, 0.17),
                widths={"M": 1.08, "W": 1.12, "I": 0.75, "1": 0.8, "J": 0.85, "L": 0.9, "E": 0.9, "F": 0.9},
                slabs="I1",
            ),
        }
    )
    """Typeface and places of the characters of each layout."""
    classes: dict[str, tuple[PlateClass, ...]] = field(
        default_factory=lambda: {
            "Brazilian": (
                PlateClass(0.84, (190, 194, 196), (28, 28, 32)),
                PlateClass(0.09, (168, 30, 36), (232, 232, 228)),
                PlateClass(0.03, (238, 238, 234), (26, 26, 30)),
                PlateClass(0.02, (30, 60, 130), (232, 232, 228)),
                PlateClass(0.02, (30, 110, 60), (232, 232, 228)),
            ),
            "Mercosur": (
                PlateClass(0.84, (236, 238, 238), (24, 24, 28)),
                PlateClass(0.10, (236, 238, 238), (176, 28, 36)),
                PlateClass(0.03, (236, 238, 238), (24, 58, 150)),
                PlateClass(0.02, (236, 238, 238), (24, 120, 60)),
                PlateClass(0.01, (236, 238, 238), (176, 132, 36)),
            ),
        }
    )
    """Plate classes: private, commercial, official, special, collection; rule for colours, taste for shares."""
    band_colour: Colour = (16, 48, 132)
    """The Mercosur band; rule (Pantone 286)."""
    band_height: float = 30
    """Height of the Mercosur band; rule."""
    converted_share: float = 0.5
    """Share of Mercosur plates whose fifth character is A–J, converted from an old digit; rule, share guessed."""
    width_jitter: float = 0.05
    """Spread of the characters' width from plate to plate, as a share; taste, stands for other makers' dies."""
    height_jitter: float = 0.03
    """The same for their height; taste."""
    place_jitter: float = 1.0
    """Spread of each character's place; seen (hand-set dies)."""
    natural_width: Range = (0.0, 0.5)
    """How much of a font's own proportions is kept against the table of widths; taste."""
    colour_jitter: float = 10.0
    """Spread of each painted colour, of 255; seen (fading)."""
    dirt: Range = (0.0, 0.16)
    """How dark patches of grime get; seen."""
    cities: tuple[str, ...] = (
        "SP-SAO PAULO", "RJ-RIO DE JANEIRO", "MG-BELO HORIZONTE", "BA-SALVADOR", "PR-CURITIBA",
        "RS-PORTO ALEGRE", "PE-RECIFE", "CE-FORTALEZA", "DF-BRASILIA", "GO-GOIANIA", "PA-BELEM",
        "SC-JOINVILLE", "ES-VITORIA", "SP-CAMPINAS", "PR-LONDRINA", "MG-UBERLANDIA", "AM-MANAUS", "RN-NATAL",
    )  # fmt: skip
    """What the strip of old plates says; rule for the form (state, hyphen, town)."""


@dataclass(frozen=True)
class CameraRecipe:
    """How a scenario's camera sees a plate."""

    lr_width: tuple[float, float, float, float] = (44, 0.20, 26, 68)
    """Width of an LR crop: median, log-spread, least, most; data."""
    lr_height: tuple[int, int] = (13, 36)
    """Least and most height of an LR crop; data."""
    aspect: tuple[float, float, float, float] = (2.2, 0.10, 2.0, 2.9)
    """Width over height of a crop: median, log-spread, least, most; data, seen."""
    growth: Range = (0.02, 0.14)
    """How much larger the plate is in the last LR frame than in the first; seen (vehicles approach)."""
    hr_scale: Range = (2.0, 2.5)
    """HR over LR; data."""
    fill: Range = (0.86, 1.0)
    """Share of the crop that the plate takes, each way, one a track; seen."""
    jitter: float = 0.012
    """Spread of the plate's place and size in the crop from frame to frame, as a share of it; seen."""
    overflow: float = 0.0
    """How far a plate may leave the crop, as a share of it; seen (0 where corners are annotated)."""
    rotation: float = 2.5
    """Spread of the roll, degrees, on the crop's own aspect; seen."""
    shear: float = 0.05
    """Spread of the slant of the uprights; seen."""
    perspective: float = 0.025
    """Spread of each corner's own offset, as a share of the plate; taste."""
    wobble: float = 0.006
    """Spread of each corner from frame to frame; seen (hand-made or tracked boxes)."""
    blur: Range = (0.35, 0.65)
    """Lens and sensor blur, sigma in pixels; seen (strokes stay 1–2 px)."""
    motion: Range = (0.0, 0.8)
    """Length of motion blur, pixels; seen."""
    exposure: Range = (0.6, 1.15)
    """Gain on the whole scene, log-uniform; seen."""
    haze: Range = (0.0, 0.10)
    """Light added everywhere: fog, flare, a dirty lens; seen."""
    gamma: Range = (0.75, 1.35)
    """Exponent of the tone curve; taste."""
    flicker: float = 0.03
    """Spread of the exposure from frame to frame; seen."""
    tint: float = 0.05
    """Spread of the white balance between blue and red; seen."""
    grey_share: float = 0.05
    """Share of tracks without colour; seen."""
    gradient: Range = (0.0, 0.3)
    """How unevenly light falls across the plate; seen."""
    shadow_share: float = 0.15
    """Share of tracks with the edge of a shadow across the plate; seen."""
    glare_share: float = 0.0
    """Share of tracks with a headlight or the sun in the plate; seen."""
    glare: Range = (0.3, 1.0)
    """Light that glare adds at its middle; seen."""
    noise: Range = (0.004, 0.016)
    """Sensor noise in brightness, sigma; in colour it is a third of that; taste."""
    sharpening: Range = (0.2, 1.4)
    """Strength of the camera's unsharp mask, which makes the halos; seen."""
    sharpening_radius: Range = (0.7, 1.3)
    """Its sigma in pixels; seen."""
    quality: tuple[int, int] = (55, 92)
    """JPEG quality that stands for the video codec, one a track; taste."""
    file_quality: tuple[int, int] = (92, 98)
    """JPEG quality of the file itself, where the format is .jpg; taste."""


@dataclass(frozen=True)
class Recipe:
    """All ranges of the generator."""

    plates: PlateRecipe = field(default_factory=PlateRecipe)
    """The plates."""
    cameras: dict[str, CameraRecipe] = field(
        default_factory=lambda: {
            "A": CameraRecipe(),
            "B": CameraRecipe(
                lr_width=(48, 0.12, 36, 66),
                aspect=(2.6, 0.09, 2.0, 2.9),
                overflow=0.02,
                rotation=3.5,
                shear=0.08,
                blur=(0.38, 0.72),
                motion=(0.0, 1.8),
                exposure=(0.32, 1.35),
                haze=(0.0, 0.16),
                gamma=(0.7, 1.4),
                flicker=0.05,
                tint=0.07,
                grey_share=0.25,
                gradient=(0.0, 0.5),
                shadow_share=0.25,
                glare_share=0.2,
                glare=(0.15, 0.6),
                jitter=0.02,
                noise=(0.004, 0.016),
                sharpening=(0.0, 2.0),
                quality=(35, 85),
            ),
        }
    )
    """The camera of each scenario: A mild daylight, B everything."""
    brazilian_share: dict[str, float] = field(default_factory=lambda: {"A": 0.5, "B": 0.2})
    """Share of old Brazilian plates in each scenario; data (the test sets are like B)."""
    recurring_share: float = 0.25
    """Share of Scenario A's plates that are seen in a second track; data (plates recur in A, share guessed)."""


RECIPE = Recipe()
