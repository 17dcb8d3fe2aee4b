"""Under which conditions plates are read: how each track's frames look, and what share is read in each band of that."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd

from lpr_helpers.evaluation.bootstrap import bootstrap_estimate, checked
from lpr_helpers.evaluation.breakdowns import breakdown
from lpr_helpers.evaluation.effect_size import cliffs_delta
from lpr_helpers.evaluation.frame_measures import MEASURES, measure_frame
from lpr_helpers.utils.images import read_image
from lpr_helpers.utils.opencv import cv2
from lpr_helpers.utils.progress import bar

CONDITIONS = {"height": "size: height of the crop [px]"} | {
    name: MEASURES[name] for name in ("light", "clipped", "contrast", "sharpness", "blocks")
}
"""What `with_conditions` measures, as figures and tables call it; all but the height as notebook 01 has it."""
UNKNOWN = "unknown"
_DRAWS = 400


def with_conditions(results: pd.DataFrame, *, progress: bool = True) -> pd.DataFrame:
    """A copy of the results with a column for each of the `CONDITIONS`: means over the track's readable LR frames.

    results: as in `evaluation`, with ``lr``, lists of image files. Frames are measured at their own size. NaN where no
    frame can be read.
    """
    tracks = checked(results, "lr")["lr"]
    means = [_means(files) for files in bar(tracks, "Measuring tracks", unit="track", disable=not progress)]
    return results.assign(**{name: [row[name] for row in means] for name in CONDITIONS})


def _means(files: Iterable[str]) -> dict[str, float]:
    images = (read_image(file) for file in files)
    frames = [_conditions(image) for image in images if image is not None]
    return pd.DataFrame(frames, columns=list(CONDITIONS), dtype=float).mean().to_dict()


def _conditions(image: np.ndarray) -> dict[str, float]:
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    found = measure_frame(grey) | {"height": float(grey.shape[0])}
    return {name: found[name] for name in CONDITIONS}


def banded(values: pd.Series, bands: int = 4) -> pd.Series:
    """The band of about equally many tracks that each value falls into, in words such as ``18 to 20``.

    An ordered categorical: fewer bands where many tracks have one value, and a last one, "unknown", for NaN.
    """
    edges = np.unique(values.quantile(np.linspace(0, 1, bands + 1)).dropna())
    shown = [f"{edge:.{_digits(edges)}f}" for edge in edges]
    names = [f"{low} to {high}" for low, high in pairwise(shown)] or shown
    places = np.searchsorted(edges[1:-1], values.to_numpy(float), side="left")
    codes = np.where(values.isna(), len(names), places)
    return pd.Series(pd.Categorical.from_codes(codes, [*names, UNKNOWN], ordered=True), index=values.index)


def _digits(edges: np.ndarray) -> int:
    """Decimals that tell the edges of bands apart."""
    step = np.diff(edges).min(initial=np.inf)
    return next((digits for digits in range(3) if step >= 10.0**-digits), 3) if len(edges) > 1 else 2


def by_condition(
    results: pd.DataFrame, others: pd.DataFrame | None = None, *, bands: int = 4
) -> pd.DataFrame:
    """`breakdowns.breakdown` by layout, by scenario, and by bands of each of the `CONDITIONS`.

    results: from `with_conditions`. others: results that count in the breakdown by scenario alone, such as those of
    easier ones. Returns rows (condition, band), bands from low to high; an empty band has no row.
    """
    everywhere = results if others is None or others.empty else pd.concat([results, others])
    tables = {"layout": breakdown(results, "layout"), "scenario": breakdown(everywhere, "scenario")}
    for name in CONDITIONS:
        band = banded(checked(results, name)[name], bands)
        table = breakdown(results.assign(**{name: band.astype(str)}), name)
        tables[name] = table.reindex([at for at in band.cat.categories if at in table.index])
    return pd.concat(tables, names=["condition", "band"])


def separations(results: pd.DataFrame) -> pd.DataFrame:
    """How well each of the `CONDITIONS` tells the wrong tracks from the right ones: one row each, strongest first.

    results: from `with_conditions`. ``delta``: how often a wrong track has the higher value than a right one, minus how
    often the lower, −1 to 1 (`frame_measures.cliffs_delta`), with its 95 % interval over plates, ``delta_low`` and
    ``delta_high``. NaN where all tracks are right, or none is.
    """
    rows = {}
    for name in CONDITIONS:
        known = checked(results, name).dropna(subset=[name])
        found = bootstrap_estimate(known, partial(_delta, name=name), draws=_DRAWS) if len(known) else None
        rows[name] = (found.value, found.low, found.high) if found else (np.nan,) * 3
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["delta", "delta_low", "delta_high"])
    return table.rename_axis("condition").sort_values(
        "delta", key=lambda deltas: -deltas.abs(), kind="stable"
    )


def _delta(results: pd.DataFrame, name: str) -> float:
    right = (results["text"] == results["reading"]).to_numpy()
    values = results[name].to_numpy(float)
    return float(cliffs_delta(values[right], values[~right])) if 0 < right.sum() < len(right) else np.nan
