"""What a generated data set says of itself in its ``plates.toml``: free plates, and cameras beside the first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lpr_helpers.plates import BRAZIL, MODALITIES
from lpr_helpers.synthetic import infrared
from lpr_helpers.synthetic.texts import FREE

MADE = {infrared.NAME: infrared.PREFIX}
"""The modalities that can be filmed beside light, and how their files are named."""


def check_made(modalities: Sequence[str]) -> None:
    """Raise ValueError for a modality that is not in `MADE`."""
    if unknown := [name for name in modalities if name not in MADE]:
        raise ValueError(f"no frames of {', '.join(unknown)} can be drawn; choose of {', '.join(MADE)}")


def write_format(path: Path, free: bool, modalities: Sequence[str]) -> None:
    """Write Brazil's layouts and that of ``free`` plates, and the modalities that there are beside light."""
    parts = []
    if free:
        layouts = {**BRAZIL.layouts, FREE: "*" * BRAZIL.length}
        parts.append(f'alphabet = "{BRAZIL.alphabet}"\n')
        parts.append(
            "\n".join(["[layouts]", *(f'{name} = "{said}"' for name, said in layouts.items())]) + "\n"
        )
    if modalities:
        parts.append(
            "\n".join([f"[{MODALITIES}]", *(f'{name} = "{MADE[name]}"' for name in modalities)]) + "\n"
        )
    path.write_text("\n".join(parts), encoding="utf-8")
