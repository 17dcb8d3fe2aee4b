"""Every system that the report names, at one budget: the figures that come with the package."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from lpr_helpers.utils.spreadsheets import plain_text

SYSTEMS = Path(__file__).with_name("systems.csv")
"""What `python -m tests.benchmarks.systems` has measured; docs/systems.md tells how."""
TEXTS = ("part", "system", "expected", "beside", "seeds", "device", "precision", "error", "verdict", "core")
GROUPS = ("synthetic", "real")
PACES = {
    "core_tracks_per_s": "training, tracks/s of one core",
    "tracks_per_s": "tracks/s where it was trained",
}


def read_systems(file: str | Path = SYSTEMS) -> pd.DataFrame:
    """The figures themselves, a row a system. Shares lie between 0 and 1, and have their 95 % intervals over plates
    beside them: ``NAME``, ``NAME_low``, ``NAME_high``.

    ``synthetic A`` and each other name that has a ``NAME, characters`` too: the recognition rate of such tracks.
    ``synthetic, plates`` and ``real, plates``: by how much it is above that of the system in ``beside``, paired.
    ``ms``: milliseconds a track, ``ratio``: of that to our reader's, ``core_minutes``: of all the training; of one
    core, ``core``. ``tracks_per_s``: of training on the ``device``. ``error``: why there is nothing.
    """
    table = pd.read_csv(file, dtype=dict.fromkeys(TEXTS, str))
    for name in set(TEXTS) & set(table):
        table[name] = table[name].fillna("").map(plain_text)
    return table


def systems_table(figures: pd.DataFrame | None = None, *, characters: bool = False) -> pd.DataFrame:
    """Every system beside what the report expected of it, for the eye: a row a system, its name the index.

    figures: as `read_systems` gives them; None takes those in the package. characters: shares of characters rather
    than of plates. Shares are percentages with their 95 % intervals over plates, differences are points.
    """
    figures = read_systems() if figures is None else figures
    what = "characters" if characters else "plates"
    shown = {
        "part": figures["part"],
        "the report expects": figures["expected"].replace("", "–"),
        "beside": figures["beside"].replace("", "–"),
    }
    for group in GROUPS:
        if f"{group}, {what}" in figures:
            shown[f"found, {group}"] = [_points(*cell) for cell in _cells(figures, f"{group}, {what}")]
    shown["verdict"] = [_verdict(*cell) for cell in zip(figures["verdict"], figures["error"], strict=True)]
    for kind in kinds(figures):
        name = f"{kind}, characters" if characters else kind
        shown[kind] = [_share(*cell) for cell in _cells(figures, name)]
    if not characters:
        shown["parameters"] = [f"{number / 1e6:.1f} M" if number else "–" for number in figures["parameters"]]
        times = zip(figures["ms"], figures["ratio"], strict=True)
        shown["ms a track (× ours)"] = [_time(*time) for time in times]
        shown |= {told: figures[name].map(_number) for name, told in PACES.items()}
    table = pd.DataFrame(shown)
    table.index = pd.Index(figures["system"], name="system")
    return table


def kinds(figures: pd.DataFrame) -> list[str]:
    """The kinds of tracks that systems were tried on."""
    end = ", characters"
    named = [str(name).removesuffix(end) for name in figures if str(name).endswith(end)]
    return [name for name in named if name not in GROUPS]


def _cells(figures: pd.DataFrame, name: str) -> zip:
    return zip(*(figures[f"{name}{end}"] for end in ("", "_low", "_high")), strict=True)


def _share(value: float, low: float, high: float) -> str:
    return "–" if pd.isna(value) else f"{100 * value:.1f} ({100 * low:.0f}–{100 * high:.0f})"


def _points(value: float, low: float, high: float) -> str:
    return "–" if pd.isna(value) else f"{100 * value:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def _time(milliseconds: float, ratio: float) -> str:
    return "–" if pd.isna(milliseconds) else f"{milliseconds:.3g} ({ratio:.2g} ×)"


def _number(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.3g}"


def _verdict(verdict: str, error: str) -> str:
    return verdict or (f"failed: {error}" if error else "–")
