"""The ranges the generator draws from, in one place, each with where it comes from.

Origins: *rule* = the Brazilian traffic council's plate regulations; *data* = what is published of LRLPR-26;
*seen* = looking at photographs and surveillance crops of real plates; *taste* = chosen so that people can still
read nearly all of Scenario A and most of Scenario B from five frames. Where things sit on a plate, and the shapes of
single scratches, splashes, shadows and streaks (all *taste*), stay with the code that draws them.

Lengths on the plate are millimetres, lengths in a crop are pixels, light is 0 (black) to 1 (white), a share is the
part of plates or tracks that has something. A range of two numbers is drawn from evenly unless its line says
otherwise; ``spread`` is a standard deviation. `docs/generator.md` says what each ingredient is worth.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from lpr_helpers.synthetic.places import Range, Site, Traffic
from lpr_helpers.synthetic.plate_classes import CLASSES, PlateClass


@dataclass(frozen=True)
class Lettering:
    """The row of seven characters of one layout."""

    fonts: tuple[str, ...]
    """Font files for the plates that are not set in our own glyphs; seen: closest to mean real glyphs of free fonts."""
    centres: tuple[float, ...]
    """Where the seven characters stand, from the left edge; measured on upright plates."""
    base: float
    """The foot of the characters, from the top edge; seen."""
    height: float
    """Height of the characters; rule (63 mm old Brazilian, 65 mm Mercosur)."""
    width: float
    """Width of a plain character in a font; our own glyphs bring their own widths; seen."""
    stroke: Range
    """Width of the strokes as a share of the height, one a plate; seen (8–10 mm, wear and bloom included)."""
    widths: dict[str, float]
    """Characters that a font draws wider or narrower, as a share of `width`; seen."""
    bars: str = ""
    """Characters drawn as a bare bar in a font; seen (old Brazilian 1 and I)."""
    slabs: str = ""
    """Characters taken from `slab_font`, whose I and 1 have feet; seen (Mercosur)."""
    cut: str = "Q"
    """Characters always cut from our own glyphs; seen (a font's Q hangs below the line, and shrinks with its tail)."""
    slab_font: str = "B612Mono-Bold"
    """The font that has those feet."""
    dot: float | None = None
    """Centre of the separating dot, from the left edge; None where the layout has none; rule."""


_BRAZILIAN = Lettering(
    fonts=("Rajdhani-Bold", "BarlowSemiCondensed-Bold", "PlatewrightSans-Bold", "Tomorrow-SemiBold"),
    centres=(41, 89, 137, 213, 260, 307, 354),
    base=115,
    height=63,
    width=40,
    stroke=(0.12, 0.18),
    widths={"A": 1.1, "M": 1.05, "W": 1.1, "J": 0.9, "L": 0.9, "E": 0.9, "F": 0.9, "Q": 1.05},
    bars="1I",
    dot=175,
)

_MERCOSUR = Lettering(
    fonts=("RobotoCondensed-Bold", "BarlowCondensed-SemiBold", "B612Mono-Bold"),
    centres=(54.5, 101, 147.3, 193.6, 239.5, 285.6, 332.6),
    base=111,
    height=65.5,
    width=38,
    stroke=(0.12, 0.18),
    widths={"M": 1.08, "W": 1.12, "I": 0.75, "1": 0.8, "J": 0.85, "L": 0.9, "E": 0.9, "F": 0.9},
    slabs="I1",
)


@dataclass(frozen=True)
class PlateRecipe:
    """How plates are drawn."""

    size: tuple[int, int] = (400, 130)
    """Width and height of the plate; rule. One pixel is drawn per millimetre."""
    lettering: dict[str, Lettering] = field(
        default_factory=lambda: {"Brazilian": _BRAZILIAN, "Mercosur": _MERCOSUR}
    )
    """Typeface and places of the characters of each layout."""
    classes: dict[str, tuple[PlateClass, ...]] = field(default_factory=lambda: CLASSES)
    """Plate classes; rule for colours, taste for shares."""
    own_glyph_share: float = 0.7
    """Share of plates set in our own glyphs, the others in one of the fonts; taste."""
    roundness: tuple[float, ...] = (0.6, 1.0, 1.4)
    """How round our glyphs' corners are, one of these against how we drew them; seen (makers differ)."""
    series_share: float = 0.5
    """Share of old Brazilian plates whose letters belong to the series of a state; rule, share guessed."""
    converted_share: float = 0.5
    """Share of Mercosur plates whose fifth character is A–J, converted from an old digit; rule, share guessed."""
    traffic: Traffic | None = field(default=None, repr=False)
    """Whose plates these are; None: of all states alike, and Mercosur plates with any letters."""
    gaps: Range = (6, 30)
    """Extra room between groups of characters on plates with free text, 0 to 2 gaps anywhere; seen (AA 000 AA)."""
    argentine_share: float = 0.2
    """Share of plates with free text that are Argentine: LLDDDLL, in the groups of `argentine_centres`; taste."""
    argentine_centres: tuple[float, ...] = (46, 87, 152, 196, 239, 302, 345)
    """Where the characters of Argentine plates stand, from the left edge; measured on upright plates."""
    pitch: Range = (40, 49)
    """Distance from character to character on plates with free text; seen."""
    width_jitter: float = 0.05
    """Spread of the characters' width from plate to plate, as a share; taste, stands for other makers' glyphs."""
    height_jitter: float = 0.03
    """The same for their height; taste."""
    place_jitter: float = 1.0
    """Spread of each character's place; seen (characters are set by hand)."""
    natural_width: Range = (0.0, 0.5)
    """How much of a font's own proportions is kept against the table of widths; taste."""
    colour_jitter: float = 10.0
    """Spread of each painted colour, of 255; seen (fading)."""
    code_share: float = 0.7
    """Share of Mercosur plates with a QR code in the corner; rule (since 2018, dropped for some series)."""
    ink_wear: Range = (0.0, 0.28)
    """How much paint of the characters is gone where it is worn most, in patches; seen (most are evenly dark)."""
    emboss: Range = (0.0, 0.2)
    """Light and shade on the edges of the embossed characters; seen."""
    grime: Range = (0.0, 0.2)
    """How dark soft patches of grime get; seen."""
    mud_share: float = 0.08
    """Share of plates with splashes of mud at the foot; seen."""
    mud: Range = (0.3, 0.9)
    """How well a splash covers; taste."""
    scratch_share: float = 0.15
    """Share of plates with one to four scratches; seen."""
    bend_share: float = 0.15
    """Share of plates that are bent; seen."""
    bend: Range = (1.0, 5.0)
    """How far a bent plate's rows leave the straight line; seen."""
    bolt_share: float = 0.75
    """Share of plates whose bolts are seen, two above and perhaps two below; seen."""
    bolt: Range = (2.5, 5.5)
    """Radius of a bolt's head; seen."""
    frame_share: float = 0.3
    """Share of plates in a frame: black, chromed or coloured, some with the dealer's name at the foot; seen."""
    frame: Range = (4, 14)
    """Width of the frame; seen."""
    cover_share: float = 0.05
    """Share of plates that something hides in part (tow ball, cable, leaf, sticker); seen."""
    cover: Range = (8, 24)
    """Width of what hides it: at most half a character; taste."""


@dataclass(frozen=True)
class CameraRecipe:
    """How a scenario's camera sees a plate."""

    lr_width: tuple[float, float, float, float] = (44, 0.20, 26, 68)
    """Width of an LR crop: median, log-spread, least, most; data."""
    lr_height: tuple[int, int] = (13, 36)
    """Least and most height of an LR crop; data."""
    aspect: tuple[float, float, float, float] = (2.2, 0.10, 2.0, 2.9)
    """Width over height of a crop: median, log-spread, least, most; data, seen."""
    growth: Range = (0.02, 0.12)
    """How much larger the plate is in the last LR frame than in the first; seen (vehicles approach)."""
    hr_scale: Range = (2.0, 2.5)
    """HR over LR; data."""
    fill: Range = (0.85, 1.0)
    """Share of the crop that the plate takes, each way, one a track; seen."""
    jitter: float = 0.012
    """Spread of the plate's place and size in the crop from frame to frame, as a share of it; seen."""
    off_centre: float = 0.5
    """How far from the middle a plate may stand, as a share of the room around it; seen."""
    tight_share: float = 0.0
    """Share of tracks whose crops cut off what stands above and below the characters; seen."""
    tight: Range = (1.15, 1.5)
    """Height of the plate in such a crop, as a share of the crop's; seen."""
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
    body: tuple[tuple[float, float], ...] = ((0.04, 0.3), (0.1, 0.3), (0.25, 0.15), (0.6, 0.15), (0.85, 0.1))
    """Brightness of what surrounds the plate, and its share; seen (mostly a dark recess)."""
    blur: Range = (0.35, 0.65)
    """Lens and sensor blur, sigma in pixels; seen (strokes stay 1–2 px)."""
    motion: Range = (0.0, 0.8)
    """Length of motion blur, pixels; seen."""
    exposure: Range = (0.6, 1.3)
    """Gain on the whole scene, log-uniform; seen."""
    haze: Range = (0.0, 0.10)
    """Light added everywhere: fog, flare, a dirty lens; seen."""
    contrast: Range = (0.8, 1.3)
    """Stretch of the tones around their mean, log-uniform; seen."""
    gamma: Range = (0.75, 1.35)
    """Exponent of the tone curve, log-uniform; taste."""
    flicker: float = 0.02
    """Spread of the exposure from frame to frame; seen."""
    tint: float = 0.05
    """Spread of the white balance between blue and red; seen."""
    grey_share: float = 0.05
    """Share of tracks without colour; seen."""
    gradient: Range = (0.0, 0.3)
    """How unevenly light falls across the plate; seen."""
    shadow_share: float = 0.15
    """Share of tracks with the edge of a shadow across the plate; seen."""
    shadow: Range = (0.2, 0.55)
    """How much darker it is inside the shadow; seen."""
    glare_share: float = 0.0
    """Share of tracks with a headlight or the sun in or beside the plate; seen."""
    glare: Range = (0.3, 1.0)
    """Light that glare adds at its middle; seen."""
    glare_radius: Range = (0.3, 0.9)
    """Its reach, in half widths of the crop; seen."""
    night_share: float = 0.0
    """Share of tracks filmed at night: lit plate, black surroundings, more noise, half of them without colour; seen."""
    night_noise: Range = (1.2, 2.2)
    """How much stronger the noise is at night; taste."""
    rain_share: float = 0.0
    """Share of tracks with streaks of rain; taste."""
    noise: Range = (0.001, 0.010)
    """Sensor noise in brightness, sigma; in colour it is a third of that; taste."""
    sharpening: Range = (0.2, 1.6)
    """Strength of the camera's unsharp mask, which makes the halos; seen."""
    sharpening_radius: Range = (0.7, 1.3)
    """Its sigma in pixels; seen."""
    quality: tuple[int, int] = (55, 92)
    """JPEG quality that stands for the video codec, one a track; taste."""
    video_share: float = 0.3
    """Share of tracks coded as video, each frame as its difference from the one before; taste."""
    file_quality: tuple[int, int] = (92, 98)
    """JPEG quality of the file itself, where the format is .jpg; taste."""
    site: Site | None = field(default=None, repr=False)
    """Where it hangs; None: nowhere in particular."""


_EVERYTHING = CameraRecipe(
    lr_width=(47, 0.16, 28, 67),
    aspect=(2.4, 0.13, 1.6, 3.1),
    fill=(0.74, 1.04),
    overflow=0.02,
    tight_share=0.2,
    rotation=3.5,
    shear=0.10,
    blur=(0.35, 0.85),
    motion=(0.0, 1.8),
    exposure=(0.32, 1.65),
    haze=(0.0, 0.14),
    contrast=(0.75, 1.8),
    gamma=(0.7, 1.4),
    flicker=0.03,
    tint=0.06,
    grey_share=0.3,
    gradient=(0.0, 0.35),
    shadow_share=0.15,
    glare_share=0.15,
    glare=(0.1, 0.5),
    night_share=0.15,
    rain_share=0.06,
    jitter=0.025,
    body=((0.04, 0.3), (0.1, 0.25), (0.25, 0.15), (0.6, 0.15), (0.95, 0.15)),
    sharpening=(0.0, 2.6),
    sharpening_radius=(0.6, 1.5),
    noise=(0.001, 0.009),
    quality=(35, 90),
)


@dataclass(frozen=True)
class Recipe:
    """All ranges of the generator."""

    plates: PlateRecipe = field(default_factory=PlateRecipe)
    """The plates."""
    cameras: dict[str, CameraRecipe] = field(default_factory=lambda: {"A": CameraRecipe(), "B": _EVERYTHING})
    """The camera of each scenario: A mild daylight, B everything."""
    brazilian_share: dict[str, float] = field(default_factory=lambda: {"A": 0.5, "B": 0.2})
    """Share of old Brazilian plates in each scenario; data (the test sets are like B)."""
    recurring_share: float = 0.25
    """Share of Scenario A's plates that are seen in a second track; data (plates recur in A, share guessed)."""
    layout: str = field(default="", repr=False)
    """The layout of all its plates but the free ones, such as ``Argentine``; "": Brazil's two."""
    style: str = field(default="", repr=False)
    """Its name in `styles.STYLES`; the usual recipe has none."""

    @property
    def digest(self) -> str:
        """Sixteen hex digits that tell recipes apart. What the usual recipe has not, its digest does not know."""
        own = (self.layout, self.plates.traffic, *(camera.site for camera in self.cameras.values()))
        told = repr(self) + "".join(repr(part) for part in own if part)
        return hashlib.sha256(told.encode()).hexdigest()[:16]


RECIPE = Recipe()
