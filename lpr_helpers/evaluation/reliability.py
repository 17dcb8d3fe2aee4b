"""How often readings of a stated confidence are right: the report's bands, and reliability diagrams."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lpr_helpers.evaluation.bootstrap import columns_of
from lpr_helpers.evaluation.metrics import RATES, confidence_bins, confidences, recognition_rate


def confidence_bands(results: pd.DataFrame) -> pd.DataFrame:
    """The report's three bands of confidence and how right each is; both 0.5 and 0.8 belong to the middle one.

    Columns: ``tracks``, ``share`` (of all tracks), ``recognition_rate`` and ``character_accuracy``, each with its
    ``_low`` and ``_high``; NaN in an empty band.
    """
    values = confidences(results)
    bands = {"> 0.8": values > 0.8, "0.5–0.8": (values >= 0.5) & (values <= 0.8), "< 0.5": values < 0.5}
    rows = {
        name: {"tracks": int(band.sum()), "share": band.mean(), **columns_of(results[band], RATES)}
        for name, band in bands.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("confidence")


def reliability_curve(results: pd.DataFrame, bins: int = 10) -> pd.DataFrame:
    """The points of a reliability diagram: one row for each of `bins` equal bins of confidence.

    Columns: ``bin_from``, ``bin_to``, ``tracks``, ``mean_confidence``, ``recognition_rate`` with its ``_low`` and
    ``_high``; NaN in an empty bin. Well calibrated means that rate and mean confidence agree in every row.
    """
    values = confidences(results)
    bin_of = confidence_bins(values, bins)
    rows = []
    for number in range(bins):
        inside = bin_of == number
        mean = values[inside].mean() if inside.any() else np.nan
        rate = columns_of(results[inside], {"recognition_rate": recognition_rate})
        edges = {"bin_from": number / bins, "bin_to": (number + 1) / bins}
        rows.append({**edges, "tracks": int(inside.sum()), "mean_confidence": mean, **rate})
    return pd.DataFrame(rows)
