"""Pictures of what readings rest on."""

import numpy as np
import pytest

from lpr_helpers import plots
from lpr_helpers.evaluation.attribution import Attribution
from lpr_helpers.evaluation.confusions import confusion_matrix as tally, substitutions, top_confusions
from tests.support.figures import words


def test_crops_stand_between_marks_in_the_frame_that_weighs_most(read):
    results, attribution = read
    figure = plots.confusion_crops(
        results, attribution, substitutions(results), top_confusions(tally(results)), n=2
    )
    crop = next(axis for axis in figure.axes if axis.get_title(loc="left") == "t2\nplace 7")
    assert np.array_equal(crop.images[0].get_array(), attribution.frames[1, 1])
    assert np.mean(crop.lines[0].get_xdata()) == pytest.approx(64), "attention is even, so in the middle"
    assert "true: 4 | read: Z" in words(figure)
    nothing = top_confusions(tally(results.head(1)))
    assert "No character" in words(
        plots.confusion_crops(results, attribution, substitutions(results.head(1)), nothing)
    )


def test_attention_tells_each_frames_weight_and_what_it_says_alone(read):
    written = words(plots.attention(*read, [0, 1]))
    for part in ("weight 25%\nalone ABC1234 ✓", "weight 75%\nalone ABC1235 ✗", "missing", "Z (is 4)"):
        assert part in written
    assert "weight 100%\nalone ABC1D04 ✓" in written, "the one usable frame is the second"


def test_a_reader_of_single_frames_shows_how_sure_it_is_of_each(read):
    results, attribution = read
    seen = attribution.frames, None, attribution.frame_weights, attribution.valid, 7
    for spatial in (None, np.ones((2, 2, 4, 32), np.float32)):
        figure = plots.attention(results, Attribution(*seen, spatial, together=False), [0])
        written = words(figure)
        assert "70% sure\nalone ABC1234 ✓" in written
        assert "weight" not in written
        assert len(figure.axes) == (2 if spatial is None else 4), "a map below each of two frames"


def test_no_track_to_show_is_told_in_words(read):
    assert "no such track" in words(plots.attention(*read, []))
    assert "no such track" in words(plots.saliency(read[0], None, {}, []))
