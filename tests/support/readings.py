"""Results of texts, readings and confidences."""

import numpy as np
import pandas as pd


def results(rows=None, **columns) -> pd.DataFrame:
    """Results of (truth, reading, confidence) triples."""
    rows = rows or [
        ("ABC1234", "ABC1234", 0.9),
        ("ABC1D34", "ABC1034", 0.7),
        ("XYZ9876", "XYZ987", 0.6),
        ("OOO0000", "QQQ0000", 0.2),
    ]
    table = pd.DataFrame(rows, columns=["text", "reading", "confidence"])
    table.insert(0, "track_id", [f"track_{i:05d}" for i in range(len(table))])
    return table.assign(**columns)


def many(tracks: int, plates: int, error: float, seed: int = 0) -> pd.DataFrame:
    """Random tracks of a few plates whose readings have three wrong digits with probability `error`."""
    rng = np.random.default_rng(seed)
    texts = [f"ABC{n:04d}" for n in rng.integers(plates, size=tracks)]
    wrong = rng.random(tracks) < error
    rows = [
        (t, t[:4] + "XXX" if w else t, c) for t, w, c in zip(texts, wrong, rng.random(tracks), strict=True)
    ]
    return results(rows)
