"""Bands and curve of reliability: they share all tracks, and tell the same as the ECE."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from lpr_helpers.evaluation import metrics
from lpr_helpers.evaluation.metrics import ece
from lpr_helpers.evaluation.reliability import confidence_bands, reliability_curve
from tests.support.confidences import results


def test_the_bands_share_all_tracks_and_0_8_is_in_the_middle():
    found = confidence_bands(results([0.9, 0.81, 0.8, 0.5, 0.49], [True, False, True, False, False]))
    assert found["tracks"].to_dict() == {"> 0.8": 2, "0.5–0.8": 2, "< 0.5": 1}
    assert found["recognition_rate"].tolist() == [0.5, 0.5, 0.0]
    assert found["share"].sum() == pytest.approx(1)


def test_an_empty_band_has_no_rate():
    found = confidence_bands(results([0.9, 0.95], [True, True]))
    assert found.loc["< 0.5", "tracks"] == 0
    assert np.isnan(found.loc["< 0.5", "recognition_rate"])
    assert found.loc["> 0.8", "character_accuracy"] == 1


@settings(max_examples=20)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40), st.integers(1, 12))
def test_the_reliability_diagram_and_the_ece_tell_the_same(rows, bins):
    table = results(*zip(*rows, strict=True))
    found = reliability_curve(table, bins)
    assert found["tracks"].sum() == len(table)
    inside = found.dropna()
    assert inside["mean_confidence"].between(inside["bin_from"] - 1e-9, inside["bin_to"] + 1e-9).all()
    off = (inside["mean_confidence"] - inside["recognition_rate"]).abs()
    assert (off * inside["tracks"]).sum() / len(table) == pytest.approx(ece(table, bins))


def test_one_definition_of_the_ece():
    assert ece is metrics.ece
