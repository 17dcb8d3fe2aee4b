"""What a plate may say: its alphabet, its length and its layouts, in one place for the whole package."""

from __future__ import annotations

import codecs
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PLATE_FILE = "plates.toml"
MODALITIES = "modalities"
"""The table of that file that says what else than light the frames were taken by."""
MAX_CHARACTERS, MAX_LENGTH, MAX_LAYOUTS = 1000, 32, 100
"""The largest alphabet, the longest plate and the most layouts that a format may have."""
_MAX_BYTES = 100_000
_SEPARATORS = "\u00b7\u2022\u2219\u2212"
"""Dots in the middle and the minus sign; white space, hyphens and what is invisible are separators too."""


@dataclass(frozen=True)
class PlateFormat:
    """Alphabet and layouts of the plates of one data set.

    Parameters
    ----------
    alphabet: every character a plate may hold, once each; its order is the order of all class indices.
    layouts: name → pattern, one pattern character a place: ``L`` a letter, ``D`` a digit, ``*`` anything.
        All patterns have the same length, which is the length of a plate.

    A data set with other plates says so in a file ``plates.toml`` at its root, with the same two fields;
    `PlateFormat.of` reads it. What else its frames show stands there too, see `data.modalities`.

    Raises
    ------
    ValueError: a repeated character, or one that no line of a submission can hold (comma, semicolon, white space, what
    is invisible); patterns of different lengths or of more than 32 characters, an unknown pattern character, or one
    that no character of the alphabet fits; a layout without a name, or named "any", which stands for all of them.
    """

    alphabet: str = DIGITS + LETTERS
    layouts: Mapping[str, str] = field(
        default_factory=lambda: {"Brazilian": "LLLDDDD", "Mercosur": "LLLDLDD"}
    )

    def __post_init__(self) -> None:
        _check_alphabet(self.alphabet)
        _check_layouts(self.layouts)
        for name, pattern in self.layouts.items():
            if empty := [symbol for symbol in sorted(set(pattern)) if not self.allowed(symbol)]:
                raise ValueError(
                    f"layout {name}: the alphabet {_short(self.alphabet)} has nothing for {empty}"
                )

    @classmethod
    def of(cls, root: str | Path) -> PlateFormat:
        """The format that ``root/plates.toml`` states, or Brazil's two layouts if there is no such file.

        UTF-8, and with a byte order mark UTF-16 too. Raises ValueError, which names the file, where it is wrong.
        """
        file = Path(root) / PLATE_FILE
        try:
            tables = plate_tables(root)
            tables.pop(MODALITIES, None)
            return cls(**tables) if tables else BRAZIL
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise ValueError(
                f'{file}: {error}. Expected two fields, for example:\nalphabet = "0123456789ABC"\n'
                '[layouts]\nMine = "LLDDDD"'
            ) from error

    @property
    def length(self) -> int:
        """How many characters a plate has."""
        return len(next(iter(self.layouts.values())))

    def allowed(self, symbol: str) -> str:
        """The characters that the pattern character ``L``, ``D`` or ``*`` stands for."""
        if symbol == "*":
            return self.alphabet
        return "".join(c for c in self.alphabet if c.isdigit() == (symbol == "D"))

    def misfit(self, text: str, layout: str | None = None) -> str | None:
        """Why ``text`` is no plate of ``layout`` (of any layout, if None); None where it is one."""
        if wrong := sorted(set(text) - set(self.alphabet)):
            shown = ", ".join(map(character_name, wrong[:8])) + (", …" if len(wrong) > 8 else "")
            return f"{_short(text)} holds {shown}, outside the alphabet"
        if len(text) != self.length:
            return f"{_short(text)} has {len(text)} characters, a plate has {self.length}"
        names = [layout] if layout is not None else list(self.layouts)
        for name in names:
            if all(c in self.allowed(s) for c, s in zip(text, self.layouts[name], strict=True)):
                return None
        return f"{text!r} does not fit {' or '.join(f'{n} {self.layouts[n]}' for n in names)}"

    def normalised(self, text: str) -> str:
        """``text`` as a plate, without what people write into it besides: of this alphabet already, it stays as it is.

        Outside the alphabet, white space, hyphens, dots in the middle and invisible characters are taken out, letters
        of another case and other forms of the same character (full width, say) become the alphabet's. The rest stays.
        """
        before = None
        while text != before and set(text) - set(self.alphabet):
            before, text = text, "".join(map(self._normalised_character, unicodedata.normalize("NFC", text)))
        return text

    def _normalised_character(self, c: str) -> str:
        if c in self.alphabet:
            return c
        if c.isspace() or c in _SEPARATORS or unicodedata.category(c) in ("Pd", "Cf"):
            return ""
        forms = (
            form
            for plain in (c, unicodedata.normalize("NFKC", c))
            for form in (plain, plain.upper(), plain.lower())
        )
        return next((form for form in forms if not set(form) - set(self.alphabet)), c)

    def encode(self, text: str) -> np.ndarray:
        """Class indices of ``text``, int64 [len(text)], 0 for the alphabet's first character."""
        return np.array([self.alphabet.index(c) for c in text], dtype=np.int64)

    def decode(self, indices: Iterable[int]) -> str:
        """The text of a sequence of class indices (the inverse of `encode`)."""
        return "".join(self.alphabet[int(i)] for i in indices)

    def log_mask(self, layout: str | None) -> np.ndarray:
        """Log-mask of a layout, float32 [length, len(alphabet)]: 0 if allowed, else −inf; None allows all."""
        mask = np.zeros((self.length, len(self.alphabet)), np.float32)
        if layout is not None:
            for place, symbol in enumerate(self.layouts[layout]):
                allowed = set(self.allowed(symbol))
                mask[place] = [0.0 if c in allowed else -np.inf for c in self.alphabet]
        return mask

    def mask(self, layout: str | None) -> torch.Tensor:
        """The same as a tensor."""
        import torch  # here, because drawing plates needs this module too, in processes that must start fast

        return torch.from_numpy(self.log_mask(layout))


def plate_tables(root: str | Path) -> dict:
    """What ``root/plates.toml`` holds, {} where there is no such file.

    Raises OSError, ValueError or RecursionError where it cannot be read.
    """
    file = Path(root) / PLATE_FILE
    return tomllib.loads(_text_of(file)) if file.exists() else {}


def character_name(c: str) -> str:
    """A character as messages show it: outside ASCII by its code point and name too, since many look alike."""
    if " " < c <= "~":
        return repr(c)
    shown = f"{c!r} " if c.isprintable() and not unicodedata.category(c).startswith("M") else ""
    return f"{shown}U+{ord(c):04X} {unicodedata.name(c, '')}".rstrip()


def _check_alphabet(alphabet: object) -> None:
    if not isinstance(alphabet, str):
        raise ValueError(f"the alphabet is one string that holds every character, not {_short(alphabet)}")  # noqa: TRY004
    if not alphabet or len(set(alphabet)) != len(alphabet):
        raise ValueError(f"the alphabet must hold each character once: {_short(alphabet)}")
    if len(alphabet) > MAX_CHARACTERS:
        raise ValueError(
            f"the alphabet has {len(alphabet)} characters, at most {MAX_CHARACTERS} are possible"
        )
    unfit = [c for c in alphabet if c in ",;" or c.isspace() or unicodedata.category(c)[0] in "CMZ"]
    if unfit:
        names = ", ".join(map(character_name, unfit[:8]))
        raise ValueError(
            f"the alphabet holds {names}: commas, semicolons, white space and characters that do not stand by "
            "themselves cannot be written into a submission"
        )


def _check_layouts(layouts: object) -> None:
    if not isinstance(layouts, Mapping) or not layouts:
        raise ValueError(f"layouts are a table of names and patterns, not {_short(layouts)}")
    if len(layouts) > MAX_LAYOUTS:
        raise ValueError(f"there are {len(layouts)} layouts, at most {MAX_LAYOUTS} are possible")
    for name, pattern in layouts.items():
        if not isinstance(name, str) or not name or name != name.strip() or not name.isprintable():
            raise ValueError(f"{_short(name)} is no name of a layout: printable, without spaces around it")
        if name.casefold() == "any":
            raise ValueError(f'no layout may be named {name!r}: "any" stands for all of them')
        if not isinstance(pattern, str) or not pattern:
            raise ValueError(f"layout {name}: {_short(pattern)} is no pattern such as 'LLLDDDD'")
        if len(pattern) > MAX_LENGTH:
            raise ValueError(
                f"layout {name}: a plate has at most {MAX_LENGTH} characters, this one {len(pattern)}"
            )
        if unknown := set(pattern) - set("LD*"):
            raise ValueError(f"layout {name}: {sorted(unknown)} in {pattern!r}; use L, D and * only")
    if len({len(pattern) for pattern in layouts.values()}) != 1:
        raise ValueError(f"all layouts must have the same length: {_short(dict(layouts))}")
    if len({name.casefold() for name in layouts}) != len(layouts):
        raise ValueError(f"two layouts have the same name but for capitals: {', '.join(layouts)}")


def _text_of(file: Path) -> str:
    if not file.is_file():
        raise ValueError("it is no regular file")
    if file.stat().st_size > _MAX_BYTES:
        raise ValueError(f"it has more than {_MAX_BYTES} bytes")
    raw = file.read_bytes()
    marked = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return raw.decode("utf-16" if marked else "utf-8-sig")


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}…"


BRAZIL = PlateFormat()
