"""How frames look, in numbers, and how far one scenario lies from another: the domain gap, measured."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from lpr_helpers.data.overview import group_names
from lpr_helpers.evaluation.effect_size import cliffs_delta
from lpr_helpers.evaluation.frame_measures import MEASURES, blockiness, frame_shift, measure_frame
from lpr_helpers.utils.images import load_frame
from lpr_helpers.utils.opencv import cv2
from lpr_helpers.utils.progress import bar

_SIZES = ((0.147, "none"), (0.33, "small"), (0.474, "medium"), (np.inf, "large"))
QUALITIES = (90, 75, 60, 45, 30, 20)
"""JPEG qualities that `compression_gap` tries."""


def measure_frames(
    table: pd.DataFrame, *, kind: str = "lr", tracks: int = 200, seed: int = 0, progress: bool = True
) -> pd.DataFrame:
    """Measure the frames of at most ``tracks`` tracks of each group (see `group_names`), drawn at random by ``seed``.

    table: `TrackSet.table`. kind: "lr" or "hr". Returns one row a frame: `group`, `track` (its row's label in
    ``table``), `frame` (1 for the first usable one), `file`, the `MEASURES`, and `dx`, `dy`, `likeness` against the
    track's first frame (see `frame_measures.frame_shift`). Files that cannot be read have no row.
    """
    groups = group_names(table)[table[kind].str.len() > 0]
    drawn = groups.sample(frac=1, random_state=seed).groupby(groups).head(tracks).sort_index()
    rows = []
    for track in bar(drawn.index, "Measuring frames", unit="track", disable=not progress):
        told = {"group": drawn[track], "track": track}
        files, sizes = table.at[track, kind], table.at[track, f"{kind}_sizes"]
        rows += [told | row for row in _track_rows(files, sizes)]
    columns = ["group", "track", "frame", "file", *MEASURES, "dx", "dy", "likeness"]
    return pd.DataFrame(rows, columns=columns)


def _track_rows(files: list[str], sizes: list[tuple[int, int]]) -> list[dict]:
    rows, first = [], None
    for number, (file, (width, height)) in enumerate(zip(files, sizes, strict=True), 1):
        image = load_frame(file, (height, width), colour=False)
        if image is None:
            continue
        grey = image[0]
        first = grey if first is None else first
        dx, dy, likeness = (0.0, 0.0, 1.0) if first is grey else frame_shift(first, grey)
        place = {"frame": number, "file": file, "dx": dx, "dy": dy, "likeness": likeness}
        rows.append(place | measure_frame(grey))
    return rows


def measure_images(images: np.ndarray, group: str, first: int = 0) -> pd.DataFrame:
    """Measure tracks that are in memory, uint8 [N, F, C, H, W], as one group: the same table, without files and shifts.

    Tracks are counted from ``first``, so that the tables of several groups can be joined. Frames were brought to one
    size, so `width` is the same for all, and `blocks` says little.
    """
    rows = [
        {"group": group, "track": track, "frame": number}
        | measure_frame(frame.mean(0).round().astype(np.uint8))
        for track, frames in enumerate(images, first)
        for number, frame in enumerate(frames, 1)
    ]
    return pd.DataFrame(rows, columns=["group", "track", "frame", *MEASURES])


def compression_gap(
    one: pd.DataFrame, other: pd.DataFrame, *, tracks: int = 100, seed: int = 0
) -> float | None:
    """The JPEG quality that gives frames of ``one`` table the block grid of the ``other``'s, at their own size.

    Of at most so many ``tracks`` of each, one frame a track. The quality is that of `QUALITIES` whose median of
    `blocks` comes closest; None where no compression comes closer, where ``one`` shows the grid as plainly, and where
    no file can be opened.
    """
    frames, wanted = (_first_frames(table, tracks, seed) for table in (one, other))
    if not frames or not wanted:
        return None
    target, own = _blocks(wanted), _blocks(frames)
    if not own < target:
        return None
    gaps: dict[float | None, float] = {None: target - own}
    gaps |= {
        quality: abs(_blocks([_compressed(frame, quality) for frame in frames]) - target)
        for quality in QUALITIES
    }
    return min(gaps, key=gaps.__getitem__)


def _first_frames(table: pd.DataFrame, tracks: int, seed: int) -> list[np.ndarray]:
    """Grey frames, uint8 [h, w] each, of tracks drawn at random."""
    listed = table[table["lr"].str.len() > 0]
    drawn = listed.sample(n=min(tracks, len(listed)), random_state=seed)
    sizes = drawn["lr_sizes"] if len(drawn) else []
    opened = (
        load_frame(files[0], each[0][::-1], colour=False)
        for files, each in zip(drawn["lr"], sizes, strict=True)
    )
    return [frame[0] for frame in opened if frame is not None]


def _compressed(grey: np.ndarray, quality: int) -> np.ndarray:
    coded = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE))


def _blocks(frames: list[np.ndarray]) -> float:
    """The median of how plainly a codec's grid shows."""
    return float(np.nanmedian([blockiness(frame) for frame in frames]))


def per_track(measures: pd.DataFrame) -> pd.DataFrame:
    """The mean of each of the `MEASURES` over a track's frames, which are no independent evidence; `group` stays."""
    return measures.groupby("track").agg({"group": "first"} | dict.fromkeys(MEASURES, "mean"))


def against_first(measures: pd.DataFrame) -> pd.DataFrame:
    """How each further frame differs from the first of its track.

    Returns one row a frame: `group`, `frame`, `dx`, `dy`, `likeness`, the changes of `width`, `contrast` and
    `sharpness` as shares of what they were, and that of `light` as a difference.
    """
    names = ["width", "contrast", "sharpness", "light"]
    first = measures.groupby("track")[names].transform("first")
    changes = measures[names] - first
    changes[names[:3]] /= first[names[:3]].replace(0, np.nan)
    changes = measures[["group", "frame", "dx", "dy", "likeness"]].join(changes)
    return changes[measures["track"].duplicated()].reset_index(drop=True)


def domain_gaps(measures: pd.DataFrame, *, draws: int = 500, seed: int = 0) -> pd.DataFrame:
    """The gap of each of the `MEASURES` from each group to the next: one row a gap.

    measures: from `measure`. Returns `measure`, `one`, `other` (the groups), `delta` (see `cliffs_delta`, over
    tracks), `low` and `high` (its 95 % interval, from a bootstrap over tracks), and `size`: "none" below 0.147,
    "small" below 0.33, "medium" below 0.474, else "large" (Romano et al., 2006). No row where there is one group.
    """
    tracks, rng, rows = per_track(measures), np.random.default_rng(seed), []
    names = sorted(tracks["group"].unique())
    for one, other in pairwise(names):
        for name in MEASURES:
            a, b = (tracks.loc[tracks["group"] == group, name].dropna().to_numpy() for group in (one, other))
            if not len(a) or not len(b):
                continue
            delta = float(cliffs_delta(a, b))
            drawn = cliffs_delta(*(v[rng.integers(len(v), size=(draws, len(v)))] for v in (a, b)))
            low, high = np.quantile(drawn, (0.025, 0.975))
            size = next(word for limit, word in _SIZES if abs(delta) < limit)
            rows.append((name, one, other, delta, low, high, size))
    return pd.DataFrame(rows, columns=["measure", "one", "other", "delta", "low", "high", "size"])


def domain_gap_table(measures: pd.DataFrame) -> pd.DataFrame:
    """Medians of each group and the gaps between them, for the eye: one row each of the `MEASURES`."""
    shown = per_track(measures).groupby("group")[list(MEASURES)].median().T.round(2)
    for (one, other), part in domain_gaps(measures).groupby(["one", "other"]):
        cells = {
            row.measure: f"{row.delta:+.2f} ({row.low:+.2f} to {row.high:+.2f}), {row.size}"
            for row in part.itertuples()
        }
        shown[f"{one} → {other}"] = [cells.get(name, "–") for name in MEASURES]
    return shown.rename(index=MEASURES).rename_axis(index=None, columns=None)
