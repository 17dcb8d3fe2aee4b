"""Two readers on the same stream."""

import pandas as pd
import pytest

from lpr_helpers.monitoring import compare_streams

TRUTH = pd.DataFrame({"folder": [f"t{n}" for n in range(40)], "text": [f"ABC{n:04d}" for n in range(40)]})


def read_by(wrong):
    """Readings of a reader that misreads the first so many."""
    readings = ["XYZ0000" if n < wrong else text for n, text in enumerate(TRUTH["text"])]
    return TRUTH[["folder"]].assign(track_id=TRUTH["folder"], reading=readings, confidence=0.5)


def test_the_one_that_reads_more_is_told_by_a_paired_test():
    found = compare_streams(read_by(20), read_by(5), ("old", "new"), TRUTH)
    assert (found.tracks, found.agreed) == (40, 25)
    assert found.judged.p_plates < 0.001
    assert found.judged.rates.at["recognition rate", "difference"] == pytest.approx(15 / 40)
    assert "+37.5 points for new" in str(found)


def test_without_truth_it_says_where_they_differ_the_surest_first():
    second = read_by(2)
    second["confidence"] = [0.1, 0.9, *[0.5] * 38]
    found = compare_streams(read_by(0), second, ("old", "new"))
    assert found.judged is None
    assert found.apart["folder"].tolist() == ["t1", "t0"]
    assert "No truth is known" in str(found)


def test_other_tracks_are_refused():
    with pytest.raises(ValueError, match="different tracks"):
        compare_streams(read_by(1), read_by(1).head(5), ("old", "new"))
