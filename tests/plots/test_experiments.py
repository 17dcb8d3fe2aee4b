"""Pictures of experiments: trials and protocols."""

import numpy as np
import pytest

from lpr_helpers import plots
from tests.support.figures import words


def test_every_trial_is_shown_by_its_order_and_by_each_setting(trials):
    figure = plots.tuning(trials)
    assert [axis.get_title(loc="left") for axis in figure.axes] == [
        "Trials",
        "batch size",
        "learning rate",
        "dropout",
        "hidden",
    ]
    for axis in figure.axes:
        points = [line for line in axis.lines if line.get_linestyle() == "None"]
        assert sorted(np.concatenate([line.get_ydata() for line in points])) == [0, 0.1, 0.2, 0.3, 0.4]
    assert "pruned (1)" in words(figure)
    assert "failed (1)" in words(figure)
    rates = [label.get_text() for label in figure.axes[2].get_xticklabels()]
    assert rates == ["0.0001", "0.001"]
    (medians,) = figure.axes[2].collections
    assert [segment[0][1] for segment in medians.get_segments()] == pytest.approx([0.4, 0.25])


def test_protocols_are_judged_by_their_best_checkpoint_and_phases_follow_one_another(protocols):
    bars, curves = plots.protocols(protocols).axes
    assert [bar.get_width() for bar in bars.patches] == [0.1, 0.5, 0.3, 0.75]
    assert [label.get_text() for label in bars.get_yticklabels()] == ["mixed", "two phases"]
    assert [line.get_xdata().tolist() for line in curves.lines] == [[1, 2], [1], [1, 2], [1, 2]]
