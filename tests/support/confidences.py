"""Results that are right or wrong, with a confidence each."""

import numpy as np
import pandas as pd


def results(confidences, right) -> pd.DataFrame:
    """One track of each plate, as sure and as right as told."""
    texts = [f"ABC{i:04d}" for i in range(len(confidences))]
    readings = [text if ok else "" for text, ok in zip(texts, right, strict=True)]
    return pd.DataFrame({"text": texts, "reading": readings, "confidence": confidences})


def too_sure(tracks: int = 400, factor: float = 3.0, seed: int = 0) -> pd.DataFrame:
    """Tracks, two of each plate, whose log-odds are ``factor`` times what they should be."""
    rng = np.random.default_rng(seed)
    texts = [f"ABC{i // 2:04d}" for i in range(tracks)]
    odds = rng.normal(2.0, 1.5, (tracks, 7))
    hits = rng.random(odds.shape) < 1 / (1 + np.exp(-odds))
    chars = 1 / (1 + np.exp(-factor * odds))
    readings = [
        "".join(c if h else "?" for c, h in zip(t, r, strict=True)) for t, r in zip(texts, hits, strict=True)
    ]
    ids = [f"track_{i:05d}" for i in range(tracks)]
    columns = {"track_id": ids, "text": texts, "reading": readings, "confidence": chars.prod(axis=1)}
    return pd.DataFrame({**columns, "char_confidences": chars.tolist()})
