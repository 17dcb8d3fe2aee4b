"""What a generated data set says of itself in its ``plates.toml``: its layouts, and cameras beside the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lpr_helpers.plates import BRAZIL, MODALITIES
from lpr_helpers.synthetic import infrared
from lpr_helpers.synthetic.texts import FREE, PATTERNS

MADE = {infrared.NAME: infrared.PREFIX}
"""The modalities that can be filmed beside light, and how their files are named."""


def check_made(modalities: Sequence[str]) -> None:
    """Raise ValueError for a modality that is not in `MADE`."""
    if unknown := [name for name in modalities if name not in MADE]:
        raise ValueError(f"no frames of {', '.join(unknown)} can be drawn; choose of {', '.join(MADE)}")


def layouts_drawn(layout: str, free: bool) -> Mapping[str, str]:
    """The layouts of a data set and their patterns. layout: as in `recipe.Recipe`. free: some plates are free."""
    usual = {layout: PATTERNS[layout]} if layout else BRAZIL.layouts
    return {**usual, FREE: PATTERNS[FREE]} if free else usual


def write_format(path: Path, layouts: Mapping[str, str], modalities: Sequence[str]) -> None:
    """Write ``layouts`` and the modalities that there are beside light; no file where both are as usual."""
    parts = []
    if layouts != BRAZIL.layouts:
        parts.append(f'alphabet = "{BRAZIL.alphabet}"\n')
        parts.append(
            "\n".join(["[layouts]", *(f'{name} = "{said}"' for name, said in layouts.items())]) + "\n"
        )
    if modalities:
        parts.append(
            "\n".join([f"[{MODALITIES}]", *(f'{name} = "{MADE[name]}"' for name in modalities)]) + "\n"
        )
    if parts:
        path.write_text("\n".join(parts), encoding="utf-8")
