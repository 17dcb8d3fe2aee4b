"""What a plate may say: its alphabet, its length and its layouts, in one place for the whole package."""

from __future__ import annotations

import tomllib
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


@dataclass(frozen=True)
class PlateFormat:
    """Alphabet and layouts of the plates of one data set.

    Parameters
    ----------
    alphabet: every character a plate may hold, once each; its order is the order of all class indices.
    layouts: name → pattern, one pattern character a place: ``L`` a letter, ``D`` a digit, ``*`` anything.
        All patterns have the same length, which is the length of a plate.

    A data set with other plates says so in a file ``plates.toml`` at its root, with the same two fields;
    `PlateFormat.of` reads it.

    Raises
    ------
    ValueError: a repeated character, patterns of different lengths, an unknown pattern character, or one that
    no character of the alphabet fits.
    """

    alphabet: str = DIGITS + LETTERS
    layouts: Mapping[str, str] = field(
        default_factory=lambda: {"Brazilian": "LLLDDDD", "Mercosur": "LLLDLDD"}
    )

    def __post_init__(self) -> None:
        if not self.alphabet or len(set(self.alphabet)) != len(self.alphabet):
            raise ValueError(f"the alphabet must hold each character once: {self.alphabet!r}")
        if len({len(pattern) for pattern in self.layouts.values()}) != 1:
            raise ValueError(f"all layouts must have the same length: {dict(self.layouts)}")
        for name, pattern in self.layouts.items():
            if unknown := set(pattern) - set("LD*"):
                raise ValueError(f"layout {name}: {sorted(unknown)} in {pattern!r}; use L, D and * only")
            if empty := [symbol for symbol in sorted(set(pattern)) if not self.allowed(symbol)]:
                raise ValueError(f"layout {name}: the alphabet {self.alphabet!r} has nothing for {empty}")

    @classmethod
    def of(cls, root: str | Path) -> PlateFormat:
        """The format that ``root/plates.toml`` states, or Brazil's two layouts if there is no such file."""
        file = Path(root) / PLATE_FILE
        if not file.exists():
            return BRAZIL
        try:
            return cls(**tomllib.loads(file.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, AttributeError, TypeError, ValueError) as error:
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
            return f"{text!r} holds {' '.join(map(repr, wrong))}, outside the alphabet"
        if len(text) != self.length:
            return f"{text!r} has {len(text)} characters, a plate has {self.length}"
        names = [layout] if layout is not None else list(self.layouts)
        for name in names:
            if all(c in self.allowed(s) for c, s in zip(text, self.layouts[name], strict=True)):
                return None
        return f"{text!r} does not fit {' or '.join(f'{n} {self.layouts[n]}' for n in names)}"

    def encode(self, text: str) -> np.ndarray:
        """Class indices of ``text``, int64 [len(text)], 0 for the alphabet's first character."""
        return np.array([self.alphabet.index(c) for c in text], dtype=np.int64)

    def decode(self, indices: Iterable[int]) -> str:
        """The text of a sequence of class indices (the inverse of `encode`)."""
        return "".join(self.alphabet[int(i)] for i in indices)

    def mask(self, layout: str | None) -> torch.Tensor:
        """Log-mask of a layout, float32 [length, len(alphabet)]: 0 if allowed, else −inf; None allows all."""
        import torch  # here, because drawing plates needs this module too, in processes that must start fast

        mask = torch.zeros(self.length, len(self.alphabet))
        if layout is not None:
            for place, symbol in enumerate(self.layouts[layout]):
                allowed = set(self.allowed(symbol))
                mask[place] = torch.tensor([0.0 if c in allowed else -torch.inf for c in self.alphabet])
        return mask


BRAZIL = PlateFormat()
