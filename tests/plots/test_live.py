"""What is seen of a training: how far, how fast, how each track is read."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from lpr_helpers import plots
from lpr_helpers.plots.live import headline
from lpr_helpers.training.phases import PHASE1
from tests.support.figures import texts_of
from tests.support.history import COSINE, two_epochs


def test_one_line_tells_how_far_it_is_how_fast_and_when_it_ends():
    history = two_epochs()
    line = headline(history, COSINE)
    for part in ("epoch 2 of 4", "about 10 min left", "81 tracks a second", "812 MB", "40.0% of the plates"):
        assert part in line
    assert "at most about" in headline(history, replace(COSINE, early_stopping=3))
    assert "done in 10 min" in headline(history, replace(COSINE, epochs=2))


def test_wrong_characters_are_marked_and_missing_ones_too():
    history = two_epochs()
    read = pd.DataFrame(
        {"epoch": [1, 2], "track_id": "t", "text": "ABC1D23", "reading": ["A8C1D2", "ABC1D23"]}
    )
    figure = plots.training_view(history, COSINE, read, {"t": np.zeros((32, 128), np.uint8)})
    marked = [t.get_text() for t in figure.findobj(mpl.text.Text) if t.get_fontweight() == "bold"]
    assert marked == ["8", "–"]
    assert [word for word in texts_of(figure) if word in "✓✗"] == ["✗", "✓"]


def test_the_schedule_says_where_training_stands():
    history = two_epochs()
    rate = plots.training_view(history, COSINE).axes[-1]
    at = rate.lines[-1].get_xydata()[0]
    assert tuple(at) == pytest.approx((2, COSINE.rate(0.5)))
    plateau = plots.training_view(history, replace(PHASE1, epochs=4)).axes[-1]
    assert tuple(plateau.lines[-1].get_xydata()[0]) == pytest.approx((2, 5e-4))
