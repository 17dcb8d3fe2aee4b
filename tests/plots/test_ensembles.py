"""The picture of an ensemble names its members and what they come to."""

import pandas as pd

from lpr_helpers import plots
from lpr_helpers.evaluation.diversity import disagreements, member_gains, oracle
from tests.support.figures import words


def test_an_ensemble_shows_who_differs_and_what_each_brings():
    truth = ["ABC1234", "BRA2E19"]
    one, two = (pd.DataFrame({"text": truth, "reading": read}) for read in (truth, ["ABC1234", "BRA2E79"]))
    members = {"base": one, "crnn7": two, "other": two}
    written = words(plots.ensemble(disagreements(members), oracle(members, one), member_gains(members)))
    for part in ("base", "+ crnn7", "50%", "the oracle", "all so far together"):
        assert part in written
