"""Whether the frame that weighs most in a reading says most by itself."""

import numpy as np
import pandas as pd
import pytest

from lpr_helpers.evaluation.attribution import Attribution
from lpr_helpers.evaluation.frame_weights import by_frame_weight


def weighted(weights, readings, valid=None):
    """Results of tracks that say ABC1234, and what their readings rest on."""
    weights = np.array(weights, np.float32)
    results = pd.DataFrame({"text": "ABC1234", "reading": "", "frame_readings": readings})
    valid = weights > 0 if valid is None else valid
    return results, Attribution(np.zeros((len(weights), weights.shape[1], 1, 1)), None, weights, valid, 7)


def test_the_frame_that_weighs_most_is_compared_with_the_others():
    right, wrong = "ABC1234", "ABC1235"
    found = by_frame_weight(
        *weighted(
            [[0.2, 0.7, 0.1], [0.5, 0, 0.5], [1, 0, 0]], [[wrong, right, wrong], [right, wrong], [wrong]]
        )
    )
    assert list(found.index) == ["1", "2", "3", "1 − others"]
    assert found["tracks"].tolist() == [2, 2, 1, 2], "the track of one frame has nothing to compare"
    assert found["recognition_rate"].tolist() == [1, 0, 0, 1]
    assert found.loc["1 − others", "character_accuracy"] == pytest.approx(1 / 7)
    assert found.loc["1", "weight"] == pytest.approx(0.6)


def test_a_frame_that_weighs_nothing_is_still_a_frame():
    found = by_frame_weight(*weighted([[1, 0]], [["ABC1234", "ABC1234"]], valid=np.array([[True, True]])))
    assert found.loc["2", "recognition_rate"] == 1
    assert found.loc["1 − others", "recognition_rate"] == 0
