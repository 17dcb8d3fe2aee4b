"""Two readers side by side: who is ahead, by how much, how surely, and on which tracks."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from lpr_helpers.evaluation.bootstrap import bootstrap_estimate
from lpr_helpers.evaluation.comparison import compare, mcnemar, verdict

NAMES = ("old", "new")


def results(right, tracks_of_a_plate: int = 1) -> pd.DataFrame:
    """Results of a reader that reads just these tracks, and the last character of the others wrong."""
    texts = [f"ABC{i // tracks_of_a_plate:04d}" for i in range(len(right))]
    readings = [text if ok else text[:-1] + "Z" for text, ok in zip(texts, right, strict=True)]
    columns = {"text": texts, "reading": readings, "confidence": 0.5, "lr": [[]] * len(texts)}
    return pd.DataFrame({"track_id": [f"track_{i:05d}" for i in range(len(texts))], **columns})


pairs = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40)


@settings(max_examples=30)
@given(pairs, st.integers(1, 3), st.randoms())
def test_every_track_is_counted_once_and_the_order_of_rows_does_not_matter(rows, size, random):
    first, second = (results(side, size) for side in zip(*rows, strict=True))
    found = compare(first, second.sample(frac=1, random_state=random.randrange(99)), NAMES)
    assert found.counts.to_numpy().tolist() == [
        [rows.count((a, b)) for b in (True, False)] for a in (True, False)
    ]
    assert len(found.only("new")) == rows.count((False, True))
    row = found.rates.loc["recognition rate"]
    assert row["difference"] == pytest.approx(row["second"] - row["first"])
    assert row["difference_low"] <= row["difference"] <= row["difference_high"]


@settings(max_examples=30)
@given(pairs)
def test_changing_places_changes_the_sign_and_nothing_else(rows):
    first, second = (results(side) for side in zip(*rows, strict=True))
    one, other = compare(first, second, NAMES), compare(second, first, NAMES[::-1])
    assert other.p_plates == pytest.approx(one.p_plates)
    for rate in one.rates.index:
        there, back = one.rates.loc[rate], other.rates.loc[rate]
        assert back["difference"] == pytest.approx(-there["difference"])
        assert back["difference_low"] == pytest.approx(-there["difference_high"])


def test_mcnemar_is_the_binomial_of_the_tracks_that_only_one_reads():
    first, second = [True] * 1 + [False] * 7 + [True] * 20, [False] * 1 + [True] * 7 + [True] * 20
    expected = 2 * (math.comb(8, 0) + math.comb(8, 1)) / 2**8
    assert compare(results(first), results(second), NAMES).p_tracks == pytest.approx(expected)
    assert compare(results(first), results(first), NAMES).p_tracks == 1


def test_tracks_of_one_plate_have_one_vote_together():
    first, second = results([False] * 12, 3), results([True] * 12, 3)
    found = compare(first, second, NAMES)
    assert found.p_tracks == pytest.approx(2 / 2**12)
    assert found.p_plates == pytest.approx(2 / 2**4)
    assert mcnemar(found.tracks) == found.p_plates


def test_the_paired_interval_is_that_of_the_plain_bootstrap_and_narrower_than_an_unpaired_one():
    rng = np.random.default_rng(0)
    easy = rng.random(200) < 0.5
    first, second = results(easy, 2), results(easy | (rng.random(200) < 0.1), 2)
    row = compare(first, second, NAMES).rates.loc["recognition rate"]
    both = first.assign(gain=(second["reading"] == second["text"]) * 1.0 - easy)
    plain = bootstrap_estimate(both, lambda part: part["gain"].mean())
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((plain.low, plain.high))
    assert row["difference_high"] - row["difference_low"] < 0.7 * (row["first_high"] - row["first_low"])


def test_readers_that_never_differ_are_not_proven_equal():
    few, many = (compare(results([True, False] * n), results([True, False] * n), NAMES) for n in (5, 500))
    reach = few.rates.loc["recognition rate", "difference_high"]
    assert reach == pytest.approx(1 - 0.025 ** (1 / 10))
    assert few.rates.loc["recognition rate", "difference_low"] == -reach
    assert many.rates.loc["recognition rate", "difference_high"] < 0.01
    assert "They never differ" in str(few)


def test_it_says_who_is_ahead_and_when_that_may_be_chance():
    clear = compare(results([False] * 40), results([True] * 30 + [False] * 10), NAMES)
    assert "old alone reads 0 and new alone 30: +75.0 points for new" in str(clear)
    assert "chance" not in str(clear)
    assert "chance" in str(compare(results([True, False] * 9), results([False, True] * 9), NAMES))


def test_what_only_one_reads_shows_both_readings():
    found = compare(results([True, False]), results([False, True]), NAMES)
    assert found.only("new")["track_id"].tolist() == ["track_00001"]
    assert found.only("new")["reading"].tolist() == ["by new, ABC000Z by old"]
    assert found.only("old")["reading"].tolist() == ["by old, ABC000Z by new"]
    with pytest.raises(ValueError, match="no reader 'third'"):
        found.only("third")


def test_what_cannot_be_compared_says_why():
    table = results([True, False, True])
    with pytest.raises(ValueError, match=r"different tracks: 1 only in old \(track_00002"):
        compare(table, table[:2], NAMES)
    with pytest.raises(ValueError, match=r"track_00001 .*twice"):
        compare(table, table.iloc[[0, 1, 1, 2]], NAMES)
    with pytest.raises(ValueError, match="1 tracks have different texts"):
        compare(table, table.assign(text=["ABC0000", "ABC0001", "XYZ9999"]), NAMES)
    with pytest.raises(ValueError, match="no true text"):
        compare(table, table.assign(text=""), NAMES)
    with pytest.raises(ValueError, match="two names"):
        compare(table, table, ("old", "old"))


def read_first(count: int) -> pd.DataFrame:
    """Results of sixty plates, the first ``count`` of which are read."""
    return results([number < count for number in range(60)])


@pytest.mark.parametrize(
    ("after", "word"), [(20, "reads fewer"), (39, "no change that these data can prove"), (58, "reads more")]
)
def test_the_verdict_says_no_more_than_the_interval_does(after, word):
    assert word in verdict(read_first(40), read_first(after))


def test_tracks_that_share_an_id_do_not_stop_the_verdict():
    twice = pd.concat([read_first(40), read_first(40)])
    assert "60 tracks" in verdict(twice, twice)
