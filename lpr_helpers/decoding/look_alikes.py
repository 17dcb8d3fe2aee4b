"""Characters that are taken for one another, and readings put right by them: the report's rules of format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lpr_helpers.decoding.layouts import candidate_layouts, most_specific
from lpr_helpers.decoding.readings import FrameReadings
from lpr_helpers.plates import BRAZIL, PlateFormat

LOOK_ALIKES = ("0ODQ", "1I", "5S", "8B", "6G", "2Z", "MHN", "VY", "68", "38")
"""Characters that are taken for one another, by the competition's own lists and the report's."""
ACROSS = (*LOOK_ALIKES, "1L", "4A", "7T")
"""With those that stand for one another only where a layout rules the true one out, the likeliest letter first."""


def alike(one: str, other: str) -> bool:
    """Whether two characters stand together in one of the `LOOK_ALIKES`."""
    return any(one in group and other in group for group in LOOK_ALIKES)


def corrected(text: str, layouts: Sequence[str] | None = None, plate: PlateFormat = BRAZIL) -> str | None:
    """A text that violates its layout, with look-alikes at the places that violate it, and only there.

    By rule and without a look at the frames, as the report has it (format rules after reading); the exact way is a mask
    on the slots (`fuse`). A digit where a letter belongs becomes the first letter of its group in `ACROSS`, a letter
    where a digit belongs its digit. What fits stays as it is.

    layouts: the names of those that the plate may have; None takes all of the plate format. Of several the one counts
    that the fewest characters violate, of equals the one that fewest texts fit.

    Returns a plate, or None where there is none: another length, or a character without a look-alike that fits.
    Raises ValueError for a layout that the plate format has not.
    """
    names = list(plate.layouts) if layouts is None else list(layouts)
    fits = {name: fit for name in names if (fit := replaced(text, _pattern(name, plate), plate)) is not None}
    if not fits:
        return None
    changes = {name: sum(map(str.__ne__, fit, text)) for name, fit in fits.items()}
    fewest = min(changes.values())
    return fits[most_specific([name for name in fits if changes[name] == fewest], plate)]


def replaced(text: str, pattern: str, plate: PlateFormat = BRAZIL) -> str | None:
    """A text with look-alikes wherever a pattern such as ``LLLDDDD`` forbids a character; None where none fits."""
    if len(text) != len(pattern):
        return None
    found = [
        c if c in plate.allowed(symbol) else look_alike(c, plate.allowed(symbol))
        for c, symbol in zip(text, pattern, strict=True)
    ]
    return None if None in found else "".join(c for c in found if c is not None)


def look_alike(character: str, allowed: str) -> str | None:
    """The character that this one is taken for where only ``allowed`` ones may stand; None where there is none."""
    of_its_groups = (c for group in ACROSS if character in group for c in group if c != character)
    return next((c for c in of_its_groups if c in allowed), None)


def corrected_frames(
    frames: FrameReadings, plate: PlateFormat = BRAZIL, layouts: str | Sequence[str] = "any"
) -> FrameReadings:
    """Readings whose frames' texts are `corrected`, so that `fuse` can vote on them.

    layouts: as in `fuse`. What cannot be corrected stays as it was read; slots and confidences do too.
    """
    candidates = candidate_layouts(layouts, len(frames.texts), plate)
    texts = [
        [fit if (fit := corrected(text, names, plate)) is not None else text for text in track]
        for track, names in zip(frames.texts, candidates, strict=True)
    ]
    return replace(frames, texts=texts)


def _pattern(name: str, plate: PlateFormat) -> str:
    if name and name not in plate.layouts:
        raise ValueError(f"no layout {name!r}; the plate format has {list(plate.layouts)}")
    return plate.layouts[name] if name else "*" * plate.length
