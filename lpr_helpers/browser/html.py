"""How the error browser shows a track: its head, its frames, and the truth above the reading, as HTML."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import TypeGuard

import numpy as np
import pandas as pd
from rapidfuzz.distance import Hamming, Levenshtein

from lpr_helpers.plots.style import RIGHT, WRONG
from lpr_helpers.utils.images import read_image
from lpr_helpers.utils.opencv import cv2

# Text and lines take the page's own colour and every tint is translucent, so that light and dark themes both work.
STYLE = f"""<style>
.lpr-track {{ padding: 10px 0 12px; border-top: 1px solid rgba(127,127,127,.45); max-width: 1000px; }}
.lpr-head {{ line-height: 1.6; }}
.lpr-head > span {{ padding: 0 7px; border-radius: 3px; font-weight: bold; }}
.lpr-right {{ background: {RIGHT}40; }}
.lpr-wrong, .lpr-refused {{ background: {WRONG}40; }}
.lpr-changed {{ border: 1px dashed currentColor; }}
.lpr-refused {{ padding: 1px 7px; border-radius: 3px; }}
.lpr-range .widget-readout {{ min-width: 88px; overflow: hidden; }}
.lpr-grid button {{ line-height: 21px; }}
.lpr-frames {{ display: flex; gap: 8px; align-items: flex-start; line-height: 1.3; }}
.lpr-frames figure {{ flex: 1 1 0; min-width: 0; max-width: 190px; margin: 0; }}
.lpr-frames img {{ width: 100%; height: auto; display: block; }}
.lpr-lr img {{ image-rendering: pixelated; }}
.lpr-frames figcaption {{ font: 12px monospace; padding-top: 2px; }}
.lpr-note {{ font-size: 12px; opacity: .8; padding: 6px 0 2px; }}
.lpr-lost {{ border: 1px dashed currentColor; padding: 1.2em 4px; text-align: center; font-size: 12px; }}
.lpr-texts {{ border-collapse: separate; border-spacing: 3px 2px; margin: 6px 0 2px; color: inherit; }}
.lpr-texts tr, .lpr-texts th, .lpr-texts td {{ background: none; border: 2px solid transparent; color: inherit; }}
.lpr-texts th {{ font-size: 13px; font-weight: normal; text-align: left; padding: 0 8px 0 0; opacity: .8; }}
.lpr-texts td {{ font: 22px/1.25 monospace; min-width: 40px; text-align: center; padding: 0 2px; }}
.lpr-texts .lpr-small td {{ font-size: 12px; white-space: nowrap; }}
.lpr-texts td.lpr-missed {{ text-decoration: underline 3px {WRONG}; text-underline-offset: 4px; }}
.lpr-texts td.lpr-swap {{ background: {WRONG}40; border-color: {WRONG}; font-weight: bold; }}
.lpr-texts td.lpr-gap {{ background: {WRONG}40; border: 2px dashed {WRONG}; }}
.lpr-texts b {{ text-decoration: underline 2px {WRONG}; }}
.lpr-bar {{ display: block; height: 6px; background: rgba(127,127,127,.3); margin-bottom: 1px; }}
.lpr-bar i {{ display: block; height: 6px; background: {RIGHT}; }}
.lpr-empty {{ padding: 14px; border: 1px dashed currentColor; max-width: 800px; line-height: 1.5; }}
</style>"""


TELLING = ("read_layout", "char_confidences", "alternatives", "frame_readings", "frame_confidences")
"""What of a row, besides reading and confidence, tells how a track was read."""
BLIND = '<div class="lpr-note">What does the plate say? Write it into <b>label</b>; then its reading appears.</div>'


def align(truth: str, reading: str) -> list[tuple[str, str]]:
    """Pairs (true, read) of characters that together spell ``truth`` and ``reading``; "" stands for a gap.

    As many pairs differ as the Levenshtein distance says. Texts of one length are paired place by place
    wherever that costs no more, since a plate's places are what a reader compares.
    """
    if len(truth) == len(reading) and Hamming.distance(truth, reading) == Levenshtein.distance(
        truth, reading
    ):
        return list(zip(truth, reading, strict=True))
    pairs: list[tuple[str, str]] = []
    for step in Levenshtein.opcodes(truth, reading):
        true, read = truth[step.src_start : step.src_end], reading[step.dest_start : step.dest_end]
        pairs += zip_longest(true, read, fillvalue="")
    return pairs


def head(row: Mapping) -> str:
    """Which track it is and how it was read, in a line. row: a row of results, also below."""
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
    facts += [verdict, f"confidence {sure}"]
    if row.get("label"):
        facts.append(
            f'<span class="lpr-changed">label corrected, was {escape(row["given"]) or "unknown"}</span>'
        )
    if row.get("flagged"):
        facts.append('<span class="lpr-changed">⚑ flagged</span>')
    return f'<div class="lpr-head">{" · ".join(facts)}</div>'


def veiled(row: Mapping) -> Mapping:
    """A row of results without anything that tells how it was read."""
    return {**row, "reading": "", "confidence": None} | dict.fromkeys(TELLING)


Enlarge = Callable[[Sequence[str]], Sequence[np.ndarray | None]]
"""Files of one track → the pictures that super-resolution makes of them, uint8 [h, w, 3] or [h, w]."""


def frames(row: Mapping, enlarge: Enlarge | None = None) -> str:
    """The LR frames, enlarged, each with what it reads alone; below them what ``enlarge`` makes of them, and the HR
    frames, where there are any.
    """
    paths = list(row["lr"])
    images = [read_image(path) for path in paths]
    readings = _placed(row.get("frame_readings"), images)
    sure = _placed(row.get("frame_confidences"), images)
    captions = [_caption(*alone, row["text"]) for alone in zip(readings, sure, strict=True)]
    figures = "".join(map(_figure, paths, images, captions, [".png"] * len(paths)))
    shown = f'<div class="lpr-frames lpr-lr">{figures or "This track has no frames."}</div>'
    if enlarge and paths:
        figures = "".join(_figure(*pair, "", ".png") for pair in zip(paths, enlarge(paths), strict=True))
        shown += (
            '<div class="lpr-note">Super-resolution: what a network makes of the frames; it may invent</div>'
        )
        shown += f'<div class="lpr-frames">{figures}</div>'
    if _is_list(row.get("hr")) and len(row["hr"]):
        figures = "".join(_figure(path, read_image(path), "", ".jpg") for path in row["hr"])
        shown += '<div class="lpr-note">HR frames: other moments, with the vehicle nearer</div>'
        shown += f'<div class="lpr-frames">{figures}</div>'
    return shown


def texts(row: Mapping) -> str:
    """Truth above reading, character by character, how sure each read one is, and what else it may be."""
    known = bool(row["text"])
    pairs = align(row["text"] if known else row["reading"], row["reading"])
    marks = ["" if t == r else "lpr-swap" if t and r else "lpr-gap" for t, r in pairs]
    true = "".join(_cell(t, mark and "lpr-missed") for (t, _), mark in zip(pairs, marks, strict=True))
    read = "".join(_cell(r, mark) for (_, r), mark in zip(pairs, marks, strict=True))
    lines = f"<tr><th>truth</th>{true}</tr>" if known else ""
    lines += f"<tr><th>reading</th>{read or '<td>(nothing)</td>'}</tr>"
    places, sure, others = len(row["reading"]), row.get("char_confidences"), row.get("alternatives")
    sure = list(sure) if _is_list(sure) and len(sure) == places else None
    if sure:
        lines += _line("sure, %", [_bar(value) for value in sure], pairs)
    if _is_list(others) and len(others) == places > 0:
        trues = [true for true, read in pairs if read]
        columns = zip(others, row["reading"], trues, sure or [None] * places, strict=True)
        lines += _line("or, %", [_others(*column) for column in columns], pairs)
    return f'<table class="lpr-texts">{lines}</table>'


def _placed(values: Sequence | None, images: list) -> list:
    """``values`` of the frames, None where there is none; fewer than frames means that the unreadable have none."""
    if not _is_list(values):
        return [None] * len(images)
    left = iter(values)
    skips = len(values) < len(images)
    return [None if skips and image is None else next(left, None) for image in images]


def _is_list(value: object) -> TypeGuard[Sequence]:
    return isinstance(value, Sequence | np.ndarray) and not isinstance(value, str)


def _caption(reading: str | None, sure: float | None, truth: str) -> str:
    """What a frame reads alone."""
    if reading is None:
        return ""
    mark = "" if not truth else "✓ " if reading == truth else "✗ "
    certainty = "" if sure is None or pd.isna(sure) else f" {sure:.2f}"
    return f"<figcaption>{mark}{escape(reading) or '(nothing)'}{certainty}</figcaption>"


def _figure(path: str, image: np.ndarray | None, caption: str, code: str) -> str:
    """One frame, encoded as ``code``: ".png" loses nothing, ".jpg" keeps a page of large frames small."""
    name = escape(Path(path).name)
    if image is None:
        return f'<figure><div class="lpr-lost">{name}<br>cannot be read</div>{caption}</figure>'
    pixels = image[:, :, ::-1] if image.ndim == 3 else image
    data = base64.b64encode(cv2.imencode(code, pixels)[1].tobytes()).decode()
    title = f"{name}, {image.shape[1]} × {image.shape[0]}"
    kind = {".png": "png", ".jpg": "jpeg"}[code]
    return (
        f'<figure><img src="data:image/{kind};base64,{data}" alt="{name}" title="{title}">{caption}</figure>'
    )


def _cell(character: str, style: str) -> str:
    return f'<td class="{style}">{escape(character) or "–"}</td>'


def _line(name: str, cells: list[str], pairs: list[tuple[str, str]]) -> str:
    """A line of small print below the reading: a cell for each character read, none under a gap."""
    left = iter(cells)
    shown = "".join(f"<td>{next(left)}</td>" if read else "<td></td>" for _, read in pairs)
    return f'<tr class="lpr-small"><th>{name}</th>{shown}</tr>'


def _bar(sure: float) -> str:
    return f'<span class="lpr-bar"><i style="width:{100 * sure:.0f}%"></i></span>{_percent(sure)}'


def _others(options: Sequence, read: str, true: str, sure: float | None) -> str:
    """The characters that a place may hold instead, with their probabilities; the true one is marked.

    Probabilities are the reader's own. Where the confidence has been calibrated since, the others share what it leaves
    to them in their old proportions.
    """
    certain, scale = dict(options).get(read), 1.0
    if certain is not None and sure is not None and max(value for _, value in options) <= certain < 1:
        scale = (1 - sure) / (1 - certain)
    shown = [
        f"<b>{escape(other)}</b> {_percent(scale * value)}"
        if other == true
        else f"{escape(other)} {_percent(scale * value)}"
        for other, value in options
        if other != read and value > 0
    ]
    return "<br>".join(shown)


def _percent(share: float) -> str:
    return "&lt;1" if 0 < share < 0.005 else f"{100 * share:.0f}"
