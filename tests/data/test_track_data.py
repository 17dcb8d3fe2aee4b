"""Targets of tracks: those of their texts, and of no text none."""

import pandas as pd

from lpr_helpers.data.track_data import targets_of
from lpr_helpers.plates import BRAZIL


def test_targets_are_minus_one_where_there_is_no_plate():
    targets = targets_of(pd.DataFrame({"text": ["ABC1234", "", "ABC123", "abc1234"]}), BRAZIL)
    assert BRAZIL.decode(targets[0]) == "ABC1234"
    assert (targets[1:] == -1).all()
