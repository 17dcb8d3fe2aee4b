"""What each frame of a track says by itself, and whether the frame that a reader trusts most says most."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lpr_helpers.bootstrap import Metric, checked, columns_of
from lpr_helpers.checkpoints import Recogniser
from lpr_helpers.evaluation import RATES
from lpr_helpers.frames import Packed
from lpr_helpers.fusion import fuse
from lpr_helpers.looking import Looks
from lpr_helpers.reading import recognise


def with_frames_alone(
    results: pd.DataFrame, recogniser: Recogniser, packed: Packed, rows, *, progress: bool = True
) -> pd.DataFrame:
    """The results with ``frame_readings`` and ``frame_confidences`` of frames that were read by themselves.

    Our reader joins frames early, so what it says of one frame of five knows the others. Here each usable frame of the
    tracks ``rows`` of ``packed``, those of ``results``, is a track of its own, with the layout imposed as for a whole.
    """
    rows, count = np.asarray(rows, dtype=np.int64), packed.valid.shape[1]
    single = Packed(packed.images.reshape(-1, 1, *packed.images.shape[2:]), packed.valid.reshape(-1, 1))
    usable = packed.valid[rows]
    frames = (rows[:, None] * count + np.arange(count))[usable]
    if not len(frames):
        return results
    seen = recognise(recogniser, single, frames, progress=progress, batch_size=160)
    told = fuse(seen, plate=recogniser.plate, layouts="any")
    ends = np.cumsum(usable.sum(1))[:-1]
    texts, sure = (
        np.split(values, ends) for values in (np.array(told.texts), told.confidence.double().numpy())
    )
    return results.assign(
        frame_readings=pd.Series([part.tolist() for part in texts], results.index, dtype=object),
        frame_confidences=pd.Series([part.tolist() for part in sure], results.index, dtype=object),
    )


def by_trust(results: pd.DataFrame, looked: Looks) -> pd.DataFrame:
    """Does trust mean anything? What the most trusted frame of each track reads, the second, and so on.

    results: of the tracks of ``looked``, with the ``frame_readings`` of the usable frames. Rows: 1, 2 … by trust, and
    ``1 − others``, the difference to the mean of the track's other frames. Columns: ``tracks``, ``trust`` (mean
    share), and the frame's own recognition_rate and character_accuracy, each with its ``_low`` and ``_high``. Tracks
    of fewer than two usable frames have nothing to compare and are left out.
    """
    several = looked.valid.sum(1) > 1
    results = checked(results, "frame_readings")[several]
    rows = zip(
        results["text"], results["frame_readings"], looked.trust[several], looked.valid[several], strict=True
    )
    ranked = np.array([_ranked(*row) for row in rows]).reshape(len(results), -1, 3)  # trust, right, hits
    lengths = results["text"].str.len().to_numpy(float)
    units = dict(zip(RATES, ((1, np.ones_like(lengths)), (2, lengths)), strict=True))
    table = {}
    for rank in range(ranked.shape[1]):
        there = ~np.isnan(ranked[:, rank, 0])
        terms = {name: (ranked[:, rank, i], there * unit) for name, (i, unit) in units.items()}
        first = {"tracks": int(there.sum()), "trust": float(np.nanmean(ranked[:, rank, 0]))}
        table[str(rank + 1)] = first | _rates(results, terms, share=True)
    terms = {
        name: (ranked[:, 0, i] - np.nanmean(ranked[:, 1:, i], axis=1), unit)
        for name, (i, unit) in units.items()
    }
    table["1 − others"] = {"tracks": len(results), "trust": np.nan} | _rates(results, terms, share=False)
    return pd.DataFrame.from_dict(table, orient="index").rename_axis("frame by trust")


def _ranked(text: str, readings: list[str], trust: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Trust of each frame, whether it is right, its right characters: float64 [F, 3], the most trusted first, and NaN
    for the missing ones last."""
    ranked = np.full((len(trust), 3), np.nan)
    hits = [sum(a == b for a, b in zip(text, reading, strict=False)) for reading in readings]
    right = [reading == text for reading in readings]
    ranked[: len(readings)] = sorted(zip(trust[valid], right, hits, strict=True), key=lambda frame: -frame[0])
    return ranked


def _rates(results: pd.DataFrame, terms: dict, *, share: bool) -> dict[str, float]:
    """Rates from their terms (numerators, denominators), where NaN is nothing, with their intervals."""
    known = {name: np.nan_to_num(np.stack(pair, axis=1)) for name, pair in terms.items()}
    found = {name: Metric(lambda _, t=t: t, RATES[name].combine, share) for name, t in known.items()}
    return columns_of(results, found)
