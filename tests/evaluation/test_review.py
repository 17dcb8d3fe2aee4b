"""Plates for a human: the threshold that keeps to an error rate, and what it leaves to look at."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from lpr_helpers.evaluation.review import review_table, review_threshold
from tests.support.confidences import results


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.9]), st.booleans()), min_size=1, max_size=30),
    st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]),
)
def test_the_threshold_is_the_lowest_that_keeps_to_the_error_rate(rows, rate):
    table = results(*zip(*rows, strict=True))
    found = review_threshold(table, rate)
    wrong = (table["reading"] != table["text"]).to_numpy()
    passing = {t: wrong[table["confidence"] >= t] for t in table["confidence"]}
    keeping = [t for t, errors in passing.items() if errors.mean() <= rate + 1e-9]
    assert found.threshold == min(keeping, default=math.inf)
    assert found.passed == (table["confidence"] >= found.threshold).sum()
    assert found.to_review + found.passed == len(table)


def test_the_bound_is_clopper_and_pearsons_over_plates():
    clean = results([0.9] * 20, [True] * 20)
    assert review_threshold(clean, 0.05).upper == pytest.approx(1 - 0.05 ** (1 / 20))
    twice = pd.concat([clean, clean])
    assert review_threshold(twice, 0.05).upper == pytest.approx(1 - 0.05 ** (1 / 20))
    assert review_threshold(results([0.9] * 4, [False] * 4), 1.0).upper == 1


def test_a_review_speaks():
    table = results([0.9] * 9 + [0.2] * 3, [True] * 9 + [False] * 3)
    assert str(review_threshold(table, 0.05)).startswith(
        "9 of 12 tracks pass with a confidence of 0.9 or more, and 0 of"
    )
    assert "the other 3" in str(review_threshold(table, 0.05))
    assert "look at all 3 tracks" in str(review_threshold(table[9:], 0.05))
    with pytest.raises(ValueError, match="share from 0 to 1, not 5"):
        review_threshold(table, 5)


def test_a_review_is_judged_on_other_plates():
    values = np.random.default_rng(0).random(2000)
    honest = results(values, np.random.default_rng(1).random(2000) < values)
    found = review_table(honest, [0.02, 0.2, 1.0])
    assert (found["passed"] + found["to_review"] == 2000).all()
    assert found["to_review"].is_monotonic_decreasing
    assert found.loc["20.0%", "error_rate"] == pytest.approx(0.2, abs=0.05)
    assert found.loc["20.0%", "wrong"] / found.loc["20.0%", "passed"] == found.loc["20.0%", "error_rate"]
    assert found.loc["100.0%", "to_review"] == pytest.approx(0, abs=5)
