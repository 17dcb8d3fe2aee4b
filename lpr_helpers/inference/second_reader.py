"""A second, slower reader that is consulted on the doubtful tracks alone: the report's "secondary model".

What it says is joined to what the first one said, or stands in its place. A cascade (Viola and Jones, 2001; Wang et
al., "Wisdom of Committees", 2022), whose cost is the first reader's, and the second's of the tracks that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lpr_helpers.decoding.layouts import candidate_layouts
from lpr_helpers.decoding.slot_reading import read_slots
from lpr_helpers.decoding.text_prior import TextPrior
from lpr_helpers.evaluation.comparison import compare
from lpr_helpers.evaluation.metrics import confidences
from lpr_helpers.inference.confidence import UNCALIBRATED, calibrated_readings
from lpr_helpers.plates import BRAZIL, PlateFormat

if TYPE_CHECKING:
    from lpr_helpers.inference.frames import Track
    from lpr_helpers.inference.reader import PlateReader
    from lpr_helpers.inference.reading import Reading

HOW = ("mean", "replace")
Second = Callable[[np.ndarray], Tensor]
"""Positions of tracks, int64 [n] → what a second reader says of them, slot log-probabilities [n, L, A]."""
NAMES = ("first", "consulting")


def consult(
    results: pd.DataFrame,
    first: Tensor,
    second: Second,
    threshold: float,
    *,
    how: str = "mean",
    plate: PlateFormat = BRAZIL,
    layouts: str | Sequence[str] | None = "any",
    prior: TextPrior | None = None,
) -> pd.DataFrame:
    """Results in which a second reader has been asked about every track below a threshold of confidence.

    Parameters
    ----------
    results: what the first reader has read, B tracks, whose ``confidence``, calibrated or not, decides.
    first: its slot log-probabilities [B, L, A], see `track_slots`.
    second: called once, with the positions of the doubtful tracks, if there are any; for example
        ``lambda rows: track_slots(recognise(other, data.lr, tracks[rows], tta=5))``.
    threshold: a number, such as `review_threshold` gives; tracks whose confidence is not at least that are doubtful.
    how: "mean" joins the two, the mean of their log-probabilities as in `ensemble`; "replace" believes the second.
    plate, layouts, prior: as in `read_slots`.

    Returns
    -------
    A copy of the results. Of the tracks that were asked about, ``reading`` and ``confidence`` are new, and
    ``read_layout`` and ``char_confidences`` where there; these confidences are the readers' own, uncalibrated. A new
    column ``consulted`` (bool) says which tracks they are.

    Raises ValueError for another ``how``, for slots of other tracks, and for confidences outside 0 to 1.
    """
    _check_how(how)
    if len(first) != len(results):
        raise ValueError(
            f"slots of {len(first)} tracks for results of {len(results)}: give those of the same"
        )
    rows = _doubtful(confidences(results), threshold) if len(results) else np.zeros(0, np.int64)
    consulted = np.isin(np.arange(len(results)), rows)
    changed = results.assign(consulted=consulted)
    if not len(rows):
        return changed
    slots = _joined(first[rows], second(rows), how)
    read = read_slots(slots, _of(layouts, rows.tolist()), plate, prior)
    new = {
        "reading": read.texts,
        "confidence": read.confidence.double().tolist(),
        "read_layout": read.layouts,
        "char_confidences": read.char_confidences.tolist(),
    }
    for name in changed.columns.intersection(list(new)):
        values = changed[name].tolist()
        for row, value in zip(rows, new[name], strict=True):
            values[row] = value
        changed[name] = pd.Series(values, changed.index, dtype=changed[name].dtype)
    return changed


def consultation_table(
    results: pd.DataFrame,
    first: Tensor,
    second: Tensor,
    thresholds: Sequence[float],
    milliseconds: tuple[float, float],
    **options: Any,
) -> pd.DataFrame:
    """What consulting a second reader wins and costs: a row a threshold, from readings by both of all tracks.

    results, first: as in `consult`, with ``track_id``. second: what the other reader says of all tracks [B, L, A].
    milliseconds: what either takes a track. options: of `consult`.

    Columns: ``consulted``, a share of the tracks; ``first`` and ``consulting``, shares of plates read, and their
    ``difference``, each with its ``_low`` and ``_high`` (95 %, paired, over plates); ``milliseconds`` a track;
    ``points_per_ms``, percentage points won by each millisecond added, NaN where none is.
    """
    rows = {}
    for threshold in thresholds:
        asked = consult(results, first, lambda some: second[some], threshold, **options)
        rates = compare(results, asked, NAMES).rates.loc["recognition rate"]
        share = float(asked["consulted"].mean())
        added = share * milliseconds[1]
        row: dict[str, float] = {"consulted": share}
        for own, name in {"first": NAMES[0], "second": NAMES[1], "difference": "difference"}.items():
            row |= {f"{name}{end}": rates[f"{own}{end}"] for end in ("", "_low", "_high")}
        won = 100 * row["difference"] / added if added else np.nan
        rows[threshold] = row | {"milliseconds": milliseconds[0] + added, "points_per_ms": won}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("threshold")


def read_consulting(
    first: PlateReader,
    second: PlateReader,
    tracks: Sequence[Track],
    threshold: float,
    *,
    how: str = "mean",
    layouts: str | Sequence[str] | None = "any",
    order: str = "rgb",
    more: Sequence[Track] | None = None,
) -> list[Reading]:
    """Read tracks with one reader, and with another one too where the first is less sure than a threshold.

    first, second: from `load_reader`; the second may be an ensemble, or have ``tta=5``. tracks, layouts, order: as in
    `PlateReader.read_many`. threshold, how: as in `consult`; of the first reader's confidence, calibrated where that
    is, and ``first.calibration.threshold`` is one. more: what the second is given instead of ``tracks``, as many, such
    as all frames where the first gets by with one.

    Returns one `Reading` a track; `Reading.consulted` says of which both have read. A mean is uncalibrated, and keeps
    to the first reader's prior; a replacement is as the second gives it. Where one of the two can read no frame, the
    other's reading stands.

    Raises ValueError for readers of different plates, and where the numbers of tracks differ.
    """
    if first.plate != second.plate:
        raise ValueError("both readers have to read the same plates, with the same layouts")
    _check_how(how)
    tracks, more = list(tracks), list(tracks if more is None else more)
    if len(more) != len(tracks):
        raise ValueError(f"{len(more)} tracks for the second reader and {len(tracks)} for the first")
    readings = first.read_many(tracks, layouts=layouts, order=order)
    rows = _doubtful(np.array([reading.confidence for reading in readings]), threshold).tolist()
    own = _of(layouts, rows)
    asked = second.read_many([more[row] for row in rows], layouts=own, order=order)
    if how == "mean":
        asked = _together(first, [readings[row] for row in rows], asked, own)
    for row, reading in zip(rows, asked, strict=True):
        if reading.slots is not None:
            readings[row] = replace(reading, consulted=True)
    return readings


def _together(
    reader: PlateReader,
    one: Sequence[Reading],
    other: Sequence[Reading],
    layouts: str | Sequence[str] | None,
) -> list[Reading]:
    """Both readings of each track as one, by the first one's reader; the other where only one saw any frame."""
    found = list(other)
    pairs = ((row, a.slots, b.slots) for row, (a, b) in enumerate(zip(one, other, strict=True)))
    both = [(row, a, b) for row, a, b in pairs if a is not None and b is not None]
    if not both:
        return found
    rows = [row for row, _, _ in both]
    first, second = (torch.stack([torch.as_tensor(one[place]) for one in both]) for place in (1, 2))
    slots = _joined(first, second, "mean")
    imposed = [layouts] * len(rows) if isinstance(layouts, str) and layouts != "any" else _of(layouts, rows)
    read = read_slots(slots, imposed, reader.plate, reader.prior)
    candidates = candidate_layouts(imposed, len(rows), reader.plate)
    skipped = [one[row].skipped for row in rows]
    told = calibrated_readings(slots, read, candidates, skipped, reader.plate, UNCALIBRATED)
    for row, reading in zip(rows, told, strict=True):
        found[row] = replace(reading, missing=one[row].missing)
    return found


def _doubtful(confidence: np.ndarray, threshold: float) -> np.ndarray:
    """Positions of the tracks whose confidence is not at least the threshold."""
    return np.flatnonzero(~(confidence >= threshold))


def _joined(first: Tensor, second: Tensor, how: str) -> Tensor:
    """What two readers say of the same tracks together, log-probabilities [n, L, A]."""
    if first.shape != second.shape:
        raise ValueError(
            f"the second reader gives {list(second.shape)} where {list(first.shape)} was asked for "
            "(tracks, slots, characters)"
        )
    if how == "replace":
        return second
    return torch.stack([first.cpu().double(), second.cpu().double()]).mean(0).log_softmax(-1)


def _of(layouts: str | Sequence[str] | None, rows: Sequence[int]) -> str | Sequence[str] | None:
    """The layouts of some of the tracks."""
    return layouts if layouts is None or isinstance(layouts, str) else [layouts[row] for row in rows]


def _check_how(how: str) -> None:
    if how not in HOW:
        raise ValueError(f"how is {how!r}; choose one of {', '.join(HOW)}")
