"""What a prior wins and costs is told apart by what it expected."""

import pandas as pd
import pytest

from lpr_helpers.decoding.text_prior import learn_prior
from lpr_helpers.evaluation.expectations import BANDS, prior_effects


def test_gains_on_expected_plates_and_losses_on_others_are_told_apart():
    expected, middle, odd = ([f"{letters}{n:04}" for n in range(3)] for letters in ("OKA", "OKQ", "QZX"))
    prior = learn_prior([f"OKA{n:04}" for n in range(5000, 5060)] + ["OKQ7777"])
    texts = [*expected, *middle, *odd]
    table = pd.DataFrame({"track_id": [f"track_{n}" for n in range(9)], "text": texts})
    before = table.assign(reading=["DKA0000", *texts[1:]])
    after = table.assign(reading=[*texts[:8], "OZX0002"])
    effects = prior_effects(before, after, prior)
    assert effects["tracks"].tolist() == [9, 3, 3, 3]
    assert effects.loc["all", "difference"] == pytest.approx(0)
    assert effects.loc[BANDS[0], ["won", "lost"]].tolist() == [0, 1]
    assert effects.loc[BANDS[2], ["won", "lost"]].tolist() == [1, 0]
    assert effects.loc[BANDS[2], "difference"] == pytest.approx(1 / 3)
    assert (effects["difference_low"] <= effects["difference"]).all()
