"""The error browser: tracks with their frames, truth and reading, filtered and paged, in a notebook.

What to show is decided by `filters.select`, how a track looks by `track_html`; the widget only joins the two.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from itertools import zip_longest
from pathlib import Path

import cv2
import ipywidgets as widgets
import numpy as np
import pandas as pd
from IPython.display import display
from rapidfuzz.distance import Hamming, Levenshtein

from lpr_helpers.filters import KINDS, SORTS, select, wrong_characters
from lpr_helpers.plots.style import RIGHT, WRONG, read_image

ALL = "all"
COLUMNS = ("track_id", "text", "reading", "confidence", "layout", "scenario", "lr")

# Text and lines take the page's own colour and every tint is translucent, so that light and dark themes both work.
STYLE = f"""<style>
.lpr-track {{ padding: 10px 0 14px; border-top: 1px solid rgba(127,127,127,.45); max-width: 1000px; line-height: 1.4; }}
.lpr-head {{ margin-bottom: 6px; }}
.lpr-head > span {{ padding: 0 7px; border-radius: 3px; font-weight: bold; }}
.lpr-right {{ background: {RIGHT}40; }}
.lpr-wrong {{ background: {WRONG}40; }}
.lpr-frames {{ display: flex; gap: 8px; align-items: flex-start; }}
.lpr-frames figure {{ flex: 1 1 0; min-width: 0; max-width: 190px; margin: 0; }}
.lpr-frames img {{ width: 100%; height: auto; display: block; image-rendering: pixelated; }}
.lpr-frames figcaption {{ font: 12px monospace; padding-top: 2px; }}
.lpr-lost {{ border: 1px dashed currentColor; padding: 1.2em 4px; text-align: center; font-size: 12px; }}
.lpr-texts {{ border-collapse: separate; border-spacing: 3px 2px; margin-top: 8px; color: inherit; }}
.lpr-texts tr, .lpr-texts th, .lpr-texts td {{ background: none; border: 2px solid transparent; color: inherit; }}
.lpr-texts th {{ font-size: 13px; font-weight: normal; text-align: left; padding: 0 8px 0 0; opacity: .8; }}
.lpr-texts td {{ font: 22px/1.25 monospace; min-width: 1.1em; text-align: center; padding: 0 2px; }}
.lpr-texts .lpr-sure td {{ font-size: 12px; opacity: .8; }}
.lpr-texts td.lpr-missed {{ text-decoration: underline 3px {WRONG}; text-underline-offset: 4px; }}
.lpr-texts td.lpr-swap {{ background: {WRONG}40; border-color: {WRONG}; font-weight: bold; }}
.lpr-texts td.lpr-gap {{ background: {WRONG}40; border: 2px dashed {WRONG}; }}
.lpr-empty {{ padding: 14px; border: 1px dashed currentColor; max-width: 800px; line-height: 1.5; }}
</style>"""


def align(truth: str, reading: str) -> list[tuple[str, str]]:
    """Pairs (true, read) of characters that together spell ``truth`` and ``reading``; "" stands for a gap.

    As many pairs differ as the Levenshtein distance says. Texts of one length are paired place by place
    wherever that costs no more, since a plate's places are what a reader compares.
    """
    if len(truth) == len(reading) and Hamming.distance(truth, reading) == Levenshtein.distance(
        truth, reading
    ):
        return list(zip(truth, reading, strict=True))
    pairs = []
    for step in Levenshtein.opcodes(truth, reading):
        true, read = truth[step.src_start : step.src_end], reading[step.dest_start : step.dest_end]
        pairs += zip_longest(true, read, fillvalue="")
    return pairs


def track_html(row: Mapping) -> str:
    """One track of results as HTML: its frames, and the truth above the reading with wrong characters marked."""
    paths = list(row["lr"])
    images = [read_image(path) for path in paths]
    readings = _placed(row.get("frame_readings"), images)
    sure = _placed(row.get("frame_confidences"), images)
    frames = zip(paths, images, readings, sure, strict=True)
    figures = "".join(_figure(*frame, row["text"]) for frame in frames)
    return (
        f'<div class="lpr-track"><div class="lpr-head">{_head(row)}</div>'
        f'<div class="lpr-frames">{figures or "This track has no frames."}</div>{_texts(row)}</div>'
    )


class ErrorBrowser:
    """Filter results and page through their tracks; shows itself as the value of a notebook's cell.

    Parameters
    ----------
    results: one row a track, with `track_id`, `text`, `reading`, `confidence`, `layout`, `scenario` and `lr` (list of
        files), and where known `read_layout`, `char_confidences`, `frame_readings` and `frame_confidences`.
    page_size: tracks a page.

    `shown` holds the chosen rows in their order, for a table or a picture of the same tracks; `widget` the widget.

    Raises
    ------
    ValueError: a missing column, or a ``page_size`` below 1.
    """

    def __init__(self, results: pd.DataFrame, page_size: int = 5) -> None:
        if missing := [name for name in COLUMNS if name not in results]:
            raise ValueError(
                f"the results lack {', '.join(missing)}; give one row a track with {', '.join(COLUMNS)}"
            )
        if page_size < 1:
            raise ValueError(f"a page holds at least one track, not {page_size}")
        texts = {
            name: results[name].fillna("").astype(str) for name in ("text", "reading", "layout", "scenario")
        }
        results = results.assign(**texts)
        self.results = results.assign(wrong=wrong_characters(results))
        self.page_size, self.page = page_size, 0
        self.reading = _text("reading", "part of it, or AB?1*")
        self.truth = _text("truth", "part of it, or AB?1*")
        self.kind = _choice("kind", KINDS)
        self.layout = _choice("layout", [(ALL, ALL), *_names(results["layout"])])
        self.scenario = _choice("scenario", [(ALL, ALL), *_names(results["scenario"])])
        self.order = _choice("order", list(SORTS))
        self.confidence = widgets.FloatRangeSlider(
            value=(0.0, 1.0), min=0.0, max=1.0, step=0.01, description="confidence", continuous_update=False
        )
        self.clear = widgets.Button(description="Clear filters")
        self.previous = widgets.Button(description="◀ Previous", layout=widgets.Layout(width="110px"))
        self.next = widgets.Button(description="Next ▶", layout=widgets.Layout(width="110px"))
        self.label, self.body = widgets.HTML(), widgets.HTML()
        self._filters = (self.reading, self.truth, self.kind, self.layout, self.scenario, self.confidence)
        self._cleared = [control.value for control in self._filters]
        for control in (*self._filters, self.order):
            control.observe(lambda _: self.refresh(), names="value")
        self.clear.on_click(lambda _: self._clear())
        self.previous.on_click(lambda _: self.turn(-1))
        self.next.on_click(lambda _: self.turn(+1))
        rows = (
            (self.reading, self.truth, self.kind),
            (self.layout, self.scenario, self.confidence),
            (self.order, self.clear, self.previous, self.next),
        )
        wrap = widgets.Layout(flex_flow="row wrap", align_items="center")
        self.widget = widgets.VBox([*(widgets.HBox(row, layout=wrap) for row in rows), self.label, self.body])
        self.refresh()

    def _ipython_display_(self) -> None:
        display(self.widget)

    def refresh(self) -> None:
        """Choose the tracks that the filters ask for and show the first page of them."""
        self.shown = select(self.results, sort=self.order.value, **self._wanted())
        self.page = 0
        self._show()

    def turn(self, pages: int) -> None:
        """Go ``pages`` on, or back where negative, as far as there are any."""
        self.page = min(max(self.page + pages, 0), self._last)
        self._show()

    @property
    def _last(self) -> int:
        return max(len(self.shown) - 1, 0) // self.page_size

    def _wanted(self) -> dict:
        """What the filters say, as the keywords of `select`."""
        return {
            "reading_pattern": self.reading.value,
            "truth_pattern": self.truth.value,
            "kind": self.kind.value,
            "layout": None if self.layout.value == ALL else self.layout.value,
            "scenario": None if self.scenario.value == ALL else self.scenario.value,
            "confidence": self.confidence.value,
        }

    def _show(self) -> None:
        first = self.page * self.page_size
        rows = self.shown.iloc[first : first + self.page_size].to_dict("records")
        self.previous.disabled, self.next.disabled = self.page == 0, self.page == self._last
        total = f"{len(self.shown):,} of {len(self.results):,} tracks"
        here = f"tracks {first + 1:,}–{first + len(rows):,} of {len(self.shown):,}"
        self.label.value = (
            f"{here} · page {self.page + 1:,} of {self._last + 1:,} · {total} chosen" if rows else total
        )
        self.body.value = STYLE + ("".join(map(track_html, rows)) if rows else self._why_empty())

    def _clear(self) -> None:
        for control, value in zip(self._filters, self._cleared, strict=True):
            control.value = value

    def _why_empty(self) -> str:
        """Why no track is shown, and what to change."""
        if self.results.empty:
            return '<div class="lpr-empty">There are no results to browse: the table has no rows.</div>'
        if self.kind.value != ALL and self.results["wrong"].isna().all():
            why = (
                "No track has a known text, so none counts as right or wrong: set <b>kind</b> to <b>all</b>."
            )
            return f'<div class="lpr-empty">{why}</div>'
        offers = []
        for control, (name, value) in zip(self._filters, self._wanted().items(), strict=True):
            wanted = {key: setting for key, setting in self._wanted().items() if key != name}
            if number := len(select(self.results, **wanted)):
                offers.append(
                    f"<li><b>{control.description}</b> {escape(str(value))}: {number:,} without it</li>"
                )
        offer = f"It is enough to change one of these:<ul>{''.join(offers)}</ul>" if offers else ""
        why = "No track meets all these conditions together."
        return (
            f'<div class="lpr-empty">{why} {offer or "Press <b>Clear filters</b> to see all tracks."}</div>'
        )


def _text(name: str, hint: str) -> widgets.Text:
    return widgets.Text(description=name, placeholder=hint)


def _choice(name: str, options: list | tuple) -> widgets.Dropdown:
    return widgets.Dropdown(description=name, options=options)


def _names(column: pd.Series) -> list[tuple[str, str]]:
    """Labels and values of a Dropdown for every value of ``column``."""
    return [(value or "unknown", value) for value in sorted(column.unique())]


def _head(row: Mapping) -> str:
    layout = row["layout"] or "layout unknown"
    if (read := row.get("read_layout")) and read != row["layout"]:
        layout += f", read as {read}"
    scenario = f"Scenario {row['scenario']}" if row["scenario"] else "scenario unknown"
    sure = "unknown" if pd.isna(row["confidence"]) else f"{row['confidence']:.3f}"
    if not row["text"]:
        verdict = "truth unknown"
    elif row["text"] == row["reading"]:
        verdict = '<span class="lpr-right">✓ right</span>'
    else:
        number = Levenshtein.distance(row["text"], row["reading"])
        verdict = f'<span class="lpr-wrong">✗ {number} wrong</span>'
    facts = [f"<b>{escape(str(row['track_id']))}</b>", escape(scenario), escape(layout)]
    return " · ".join([*facts, verdict, f"confidence {sure}"])


def _placed(values: Sequence | None, images: list) -> list:
    """``values`` of the frames, None where there is none; fewer than frames means that the unreadable have none."""
    if not isinstance(values, Sequence | np.ndarray):
        return [None] * len(images)
    left = iter(values)
    skips = len(values) < len(images)
    return [None if skips and image is None else next(left, None) for image in images]


def _figure(path: str, image: np.ndarray | None, reading: str | None, sure: float | None, truth: str) -> str:
    """One enlarged frame and what it reads alone."""
    name = escape(Path(path).name)
    if image is None:
        picture = f'<div class="lpr-lost">{name}<br>cannot be read</div>'
    else:
        code = base64.b64encode(cv2.imencode(".png", image[:, :, ::-1])[1]).decode()
        title = f"{name}, {image.shape[1]} × {image.shape[0]}"
        picture = f'<img src="data:image/png;base64,{code}" alt="{name}" title="{title}">'
    caption = ""
    if reading is not None:
        mark = "" if not truth else "✓ " if reading == truth else "✗ "
        certainty = "" if sure is None or pd.isna(sure) else f" {sure:.2f}"
        caption = f"<figcaption>{mark}{escape(reading) or '(nothing)'}{certainty}</figcaption>"
    return f"<figure>{picture}{caption}</figure>"


def _texts(row: Mapping) -> str:
    """Truth above reading, character by character, with how sure each read one is."""
    known = bool(row["text"])
    pairs = align(row["text"] if known else row["reading"], row["reading"])
    marks = ["" if t == r else "lpr-swap" if t and r else "lpr-gap" for t, r in pairs]
    true = "".join(_cell(t, mark and "lpr-missed") for (t, _), mark in zip(pairs, marks, strict=True))
    read = "".join(_cell(r, mark) for (_, r), mark in zip(pairs, marks, strict=True))
    lines = f"<tr><th>truth</th>{true}</tr>" if known else ""
    lines += f"<tr><th>reading</th>{read or '<td>(nothing)</td>'}</tr>"
    sure = row.get("char_confidences")
    if isinstance(sure, Sequence | np.ndarray) and 0 < len(sure) == len(row["reading"]):
        left = iter(sure)
        cells = "".join(f"<td>{100 * next(left):.0f}</td>" if r else "<td></td>" for _, r in pairs)
        lines += f'<tr class="lpr-sure"><th>sure, %</th>{cells}</tr>'
    return f'<table class="lpr-texts">{lines}</table>'


def _cell(character: str, style: str) -> str:
    return f'<td class="{style}">{escape(character) or "–"}</td>'
