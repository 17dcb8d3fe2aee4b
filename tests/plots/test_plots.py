"""All pictures: legible, closed, and in words where there is nothing to show."""

import io
from dataclasses import replace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from lpr_helpers import plots
from lpr_helpers.data.frames import Packed
from lpr_helpers.evaluation.confusions import confusion_matrix as tally, substitutions, top_confusions
from lpr_helpers.evaluation.diversity import disagreements, member_gains, oracle
from lpr_helpers.evaluation.domain_gap import measure_frames
from lpr_helpers.plots.style import note
from lpr_helpers.training.phases import PHASE1
from tests.support.figures import shown, words
from tests.support.noise import noise_data, wide_noise_data

RECORDED = {"val_loss": 2.0, "character_accuracy": 0.6, "learning_rate": 1e-3} | {
    "tracks_per_s": 81.0,
    "seconds": 60.0,
    "peak_memory_mb": 812.0,
}


def enlarged():
    """A track with an HR frame, and a picture made of its LR one."""
    hr = noise_data().hr
    hr = Packed(hr.images.repeat(2, axis=-1), hr.valid)
    return replace(wide_noise_data(), hr=hr), [2], Packed(hr.images[2:3], hr.valid[2:3])


@pytest.fixture
def pictures(
    table, history, results, confusion, rates, reliability, trials, protocols, read, by_place, conditions
):
    images = np.zeros((2, 32, 128), np.uint8)
    packed = Packed(np.zeros((2, 2, 1, 32, 128), np.uint8), np.ones((2, 2), bool))
    measures = measure_frames(table.head(1), progress=False)
    judged = results[results["text"] != ""]
    members = {"base": judged, "crnn7": judged, "other": judged}
    return {
        "track_sheet": plots.track_sheet(table, hr=True),
        "counts": plots.counts(table),
        "sizes": plots.sizes(table),
        "characters": plots.characters(table),
        "corners": plots.corners(table),
        "shrinking": plots.shrinking(table),
        "domain_gap": plots.domain_gap(measures),
        "extremes": plots.extremes(measures),
        "changes": plots.changes(measures),
        "making": plots.making(),
        "letters": plots.letters(),
        "learning_curves": plots.learning_curves(history),
        "training_view": plots.training_view(history.assign(**RECORDED), PHASE1),
        "augmentation_gallery": plots.augmentation_gallery(images, {"light": images / 255}),
        "before_after": plots.before_after(rates, rates + 0.1),
        "confusion_matrix": plots.confusion_matrix(confusion),
        "reliability_diagram": plots.reliability_diagram(reliability),
        "confidence_histogram": plots.confidence_histogram(results),
        "places": plots.places(*by_place),
        "conditions": plots.conditions(*conditions),
        "confusion_crops": plots.confusion_crops(
            *read, substitutions(read[0]), top_confusions(tally(read[0]))
        ),
        "attention": plots.attention(*read, [0, 1]),
        "saliency": plots.saliency(read[0], packed, {1: np.ones((2, 32, 128))}, [0, 1]),
        "tuning": plots.tuning(trials),
        "protocols": plots.protocols(protocols),
        "ensemble": plots.ensemble(disagreements(members), oracle(members, judged), member_gains(members)),
        "super_resolution": plots.super_resolution(*enlarged()),
    }


@pytest.mark.filterwarnings("error::UserWarning", "ignore::DeprecationWarning")
def test_every_picture_draws_legibly_without_warning_and_leaves_no_open_figure(pictures):
    assert set(pictures) | {"LiveCurves", "use_style"} == set(plots.__all__)
    assert plt.get_fignums() == []
    for name, figure in pictures.items():
        assert words(figure), name
        written = [text for text in figure.findobj(mpl.text.Text) if text.get_text() and text.get_visible()]
        assert min(text.get_fontsize() for text in written) >= 9, name
        assert 6 <= figure.get_figwidth() <= 10, name


def test_a_picture_that_fails_leaves_no_open_figure(table):
    with pytest.raises(KeyError):
        plots.sizes(table.drop(columns="hr_sizes"))
    assert plt.get_fignums() == []


def test_the_style_of_one_picture_does_not_leak_into_a_users_own(table):
    with plt.rc_context({"font.size": 5}):
        plots.counts(table)
        assert plt.rcParams["font.size"] == 5
        plots.use_style()
        assert plt.rcParams["font.size"] >= 9


def test_nothing_to_show_is_said_in_words(table, rates, trials, protocols):
    for figure in (
        plots.track_sheet(table.head(0)),
        plots.counts(table.head(0)),
        plots.characters(table.assign(text="")),
        plots.learning_curves([]),
        plots.augmentation_gallery(np.zeros((0, 32, 128)), {}),
        plots.before_after(rates.head(0), rates.head(0)),
        plots.tuning(trials.head(0)),
        plots.tuning(trials.tail(1)),
        plots.protocols(protocols.head(0)),
    ):
        assert len(words(figure)) > 15


def test_a_name_with_dollar_signs_is_no_formula():
    figure = note("track $x^$ {_")
    figure.savefig(io.BytesIO())
    assert words(figure) == "track $x^$ {_"


def test_what_a_data_set_lacks_is_said_in_words(filmed, measures):
    nothing = measures.head(0)
    for figure, part in (
        (plots.corners(filmed.tail(2)), "corners"),
        (plots.shrinking(filmed.tail(1)), "labelled"),
        (plots.domain_gap(nothing), "measured"),
        (plots.extremes(nothing), "measured"),
        (plots.changes(measures[measures["frame"] == 1]), "second frame"),
        (plots.track_sheet(filmed.head(0)), "no frames"),
    ):
        assert part in words(figure)
        assert not shown(figure)
