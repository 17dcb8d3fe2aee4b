"""The report of drift: one small HTML page with a table, a verdict and a picture of each distribution."""

from __future__ import annotations

import base64
import io
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lpr_helpers.monitoring.drift import CHARACTERS, LARGE, MEASURES, characters
from lpr_helpers.plots.style import BLUE, ORANGE, new_figure
from lpr_helpers.utils.files import write_whole

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Drift</title>
<style>body {{ font: 15px/1.5 sans-serif; max-width: 900px; margin: 2em auto; padding: 0 1em; color: #222; }}
table {{ border-collapse: collapse; }} td, th {{ padding: 3px 12px; text-align: right; border-bottom: 1px solid #ddd; }}
td:first-child, th:first-child {{ text-align: left; }} img {{ max-width: 100%; }} .large {{ background: #D55E0040; }}
.some {{ background: #E69F0040; }}</style>
<h1>Drift</h1><p><b>{verdict}</b></p><p>{what}</p>
<table><tr><th>measure<th>shift<th>PSI<th>chance<th>KS<th>p<th>before<th>now</tr>{rows}</table>
<p>PSI: population stability index; below 0.1, or what chance makes of so few tracks once in a hundred times, is no
shift, below 0.25 some, from there on large. KS: the two-sample
Kolmogorov–Smirnov statistic. Before and now: medians, of characters how many were read.</p>
<img alt="the distributions" src="data:image/png;base64,{picture}"></html>
"""


def write_drift_report(
    table: pd.DataFrame, before: pd.DataFrame, now: pd.DataFrame, file: Path, names: tuple[str, str]
) -> Path:
    """Write the page, whole or not at all; returns ``file``.

    table: from `drift_table` of ``before`` and ``now``, which `names` names.
    """
    rows = "".join(map(_row, table.itertuples()))
    what = (
        f"{len(now):,} tracks of {names[1]} against {len(before):,} of {names[0]}; "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )
    picture = base64.b64encode(_picture(table, before, now)).decode()
    return write_whole(
        file, PAGE.format(verdict=verdict(table), what=escape(what), rows=rows, picture=picture)
    )


def verdict(table: pd.DataFrame) -> str:
    """What a `drift_table` says, in a sentence."""
    moved = {word: ", ".join(table.index[table["shift"] == word]) for word in ("large", "some")}
    if moved["large"]:
        return f"What is read now differs from before in {moved['large']}: look at its tracks before you trust it."
    if moved["some"]:
        return f"A shift that is worth a look, in {moved['some']}; nothing large."
    if blind := ", ".join(table.index[table["chance"] >= LARGE]):
        return f"Too few tracks to tell: even a large shift of {blind} could be chance."
    return "What is read now is like what was read before."


def _row(row: Any) -> str:
    numbers = "".join(
        f"<td>{_cell(one)}" for one in (row.psi, row.chance, row.ks, row.p, row.before, row.now)
    )
    return f'<tr class="{row.shift}"><td>{escape(str(row.Index))}<td>{row.shift}{numbers}</tr>'


def _cell(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3g}"


def _picture(table: pd.DataFrame, before: pd.DataFrame, now: pd.DataFrame) -> bytes:
    """All distributions as one PNG: steps of shares for measures, bars for characters."""
    with new_figure(len(table), 1, height=2.0 * len(table), squeeze=False) as (figure, axes):
        for axis, name in zip(axes[:, 0], table.index, strict=True):
            if name == CHARACTERS:
                _bars(axis, before, now)
            else:
                _steps(axis, before[name], now[name])
            axis.set_title(
                f"{MEASURES.get(name, name)} · PSI {table.at[name, 'psi']:.3f}, {table.at[name, 'shift']}"
            )
            axis.set_ylabel("share")
        axes[0, 0].legend()
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=90)
        return stream.getvalue()


def _steps(axis: Axes, before: pd.Series, now: pd.Series) -> None:
    both = pd.concat([before, now]).dropna().astype(float)
    edges = np.histogram_bin_edges(both, bins=30)
    for values, colour, name in ((before, BLUE, "before"), (now, ORANGE, "now")):
        counts, _ = np.histogram(values.dropna().astype(float), edges)
        axis.stairs(counts / max(counts.sum(), 1), edges, color=colour, label=name, lw=2)


def _bars(axis: Axes, before: pd.DataFrame, now: pd.DataFrame) -> None:
    shares = characters(before["reading"]), characters(now["reading"])
    names = sorted({*shares[0], *shares[1]})
    places = np.arange(len(names))
    for number, (found, colour) in enumerate(zip(shares, (BLUE, ORANGE), strict=True)):
        axis.bar(places + 0.4 * number - 0.2, [found.get(name, 0) for name in names], 0.4, color=colour)
    axis.set_xticks(places, names)
