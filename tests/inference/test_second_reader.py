"""A second reader is asked about the doubtful tracks alone, and has its say there alone."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, strategies as st

from lpr_helpers.decoding.ensembles import ensemble
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.decoding.slot_fusion import track_slots
from lpr_helpers.decoding.slot_reading import read_slots
from lpr_helpers.evaluation import recognition_rate, review_threshold
from lpr_helpers.inference.reader import load_reader
from lpr_helpers.inference.recognition import merge_shares
from lpr_helpers.inference.second_reader import consult, consultation_table, read_consulting
from lpr_helpers.models.checkpoints import Recogniser, save_recogniser
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.synthetic.dataset import make_track
from tests.support.networks import SMALL
from tests.support.slots import slots_of, whole

TRUTH = ["ABC1234", "XYZ9A87", "QWE4R56", "JKL0987"]
FIRST = [("ABC1234", 0.99), ("XYZ9A81", 0.6), ("QWE4R56", 0.7), ("JKL0981", 0.95)]
"""What the first reader reads, and with which probability each character: sure and right, doubtful and wrong, doubtful
and right, sure and wrong.
"""
SECOND = [("ZZZ9999", 0.9), ("XYZ9A87", 0.9), ("QWE4R56", 0.8), ("JKL0987", 0.9)]


def slots(readings):
    return torch.stack([slots_of(*one) for one in readings])


def results():
    read = read_slots(slots(FIRST))
    return pd.DataFrame(
        {
            "track_id": [f"track_{n:05}" for n in range(4)],
            "text": TRUTH,
            "reading": read.texts,
            "confidence": read.confidence.double().tolist(),
            "read_layout": read.layouts,
            "char_confidences": read.char_confidences.tolist(),
        },
        index=range(10, 14),
    )


class Asked:
    """A second reader that remembers what it was asked about."""

    def __init__(self):
        self.rows = []

    def __call__(self, rows):
        self.rows += rows.tolist()
        return slots(SECOND)[rows]


@pytest.mark.parametrize("how", ["mean", "replace"])
def test_only_doubtful_tracks_are_read_again_and_only_they_change(how):
    second, before = Asked(), results()
    after = consult(before, slots(FIRST), second, 0.5, how=how)
    assert second.rows == [1, 2]
    assert after["consulted"].tolist() == [False, True, True, False]
    assert after["reading"].tolist() == ["ABC1234", "XYZ9A87", "QWE4R56", "JKL0981"]
    sure = ~after["consulted"]
    pd.testing.assert_frame_equal(after.loc[sure, list(before)], before[sure])
    assert recognition_rate(after) == 0.75 > recognition_rate(before) == 0.5
    assert "consulted" not in before


def test_a_mean_is_the_ensemble_of_both_and_a_replacement_the_second_alone():
    one, other = (merge_shares([[whole(*track) for track in tracks]]) for tracks in (FIRST, SECOND))
    together, alone = fuse(ensemble([one, other]), layouts="any"), fuse(other, layouts="any")
    for how, expected in (("mean", together), ("replace", alone)):
        after = consult(results(), track_slots(one), lambda rows: track_slots(other)[rows], math.inf, how=how)
        assert after["reading"].tolist() == expected.texts
        assert after["confidence"].tolist() == pytest.approx(expected.confidence.tolist())
        assert after["read_layout"].tolist() == expected.layouts
        np.testing.assert_allclose(np.stack(after["char_confidences"]), expected.char_confidences, rtol=1e-5)


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4), st.floats(0, 1), st.floats(0, 1))
def test_the_higher_the_threshold_the_more_tracks_are_asked_about(sure, one, other):
    table = results().assign(confidence=sure)
    low, high = (
        consult(table, slots(FIRST), Asked(), threshold)["consulted"] for threshold in sorted((one, other))
    )
    assert (high | ~low).all()
    assert low.tolist() == [value < min(one, other) for value in sure]


def test_a_reader_that_nobody_doubts_is_never_asked_and_without_a_threshold_it_always_is():
    second = Asked()
    assert not consult(results(), slots(FIRST), second, 0.0)["consulted"].any()
    assert not second.rows
    assert consult(results(), slots(FIRST), second, math.inf)["consulted"].all()
    assert second.rows == [0, 1, 2, 3]
    assert consult(results()[:0], slots(FIRST)[:0], second, 0.5)["consulted"].tolist() == []


def test_the_threshold_may_be_the_one_of_a_review():
    table = results()
    threshold = review_threshold(table, 0.5).threshold
    asked = consult(table, slots(FIRST), Asked(), threshold)["consulted"]
    assert asked.tolist() == (table["confidence"] < threshold).tolist()


def test_each_track_is_read_again_under_its_own_layout():
    layouts = ["Brazilian", "Mercosur", "Brazilian", ""]
    after = consult(results(), slots(FIRST), Asked(), 0.5, how="replace", layouts=layouts)
    assert after["read_layout"].tolist()[1:3] == ["Mercosur", "Brazilian"]
    assert BRAZIL.misfit(after["reading"].iloc[2], "Brazilian") is None


def test_what_each_threshold_wins_and_costs_stands_side_by_side():
    table = consultation_table(results(), slots(FIRST), slots(SECOND), [0.0, 0.5, math.inf], (2.0, 10.0))
    assert table["consulted"].tolist() == [0.0, 0.5, 1.0]
    assert table["milliseconds"].tolist() == [2.0, 7.0, 12.0]
    assert table["first"].tolist() == [0.5] * 3
    assert table["consulting"].tolist()[:2] == [0.5, 0.75]
    assert table["difference"].tolist()[:2] == [0.0, 0.25]
    assert (table["consulting_low"] <= table["consulting"]).all()
    assert (table["consulting"] <= table["consulting_high"]).all()
    assert math.isnan(table["points_per_ms"].iloc[0])
    assert table["points_per_ms"].iloc[1] == pytest.approx(25 / 5)


def test_what_cannot_be_joined_is_refused():
    with pytest.raises(ValueError, match="how is 'sum'; choose one of mean, replace"):
        consult(results(), slots(FIRST), Asked(), 0.5, how="sum")
    with pytest.raises(ValueError, match="slots of 3 tracks for results of 4"):
        consult(results(), slots(FIRST)[:3], Asked(), 0.5)
    with pytest.raises(ValueError, match=r"gives \[4, 7, 36\] where \[2, 7, 36\] was asked for"):
        consult(results(), slots(FIRST), lambda _: slots(SECOND), 0.5)


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    """Two readers of whole tracks with fresh weights, and both as an ensemble."""
    folders = [tmp_path_factory.mktemp("reader") / str(seed) for seed in (1, 2)]
    for seed, folder in enumerate(folders):
        save_recogniser(Recogniser.new(BRAZIL, seed, "multiframe", **SMALL["multiframe"]), folder, {})
    return [load_reader(one, "cpu", precision="no") for one in (*folders, folders)]


@pytest.fixture(scope="module")
def tracks():
    return [make_track((3, number), "A", "Mercosur").lr for number in range(4)]


def confidences(readings):
    return [reading.confidence for reading in readings]


def test_two_readers_of_frames_consult_too(readers, tracks):
    first, second, both = readers
    alone = first.read_many(tracks)
    threshold = sorted(confidences(alone))[2]
    for how, other in (("mean", both), ("replace", second)):
        found = read_consulting(first, second, tracks, threshold, how=how)
        expected = other.read_many(tracks)
        assert [reading.consulted for reading in found] == [c < threshold for c in confidences(alone)]
        assert sum(reading.consulted for reading in found) == 2
        for reading, own, joined in zip(found, alone, expected, strict=True):
            stands = joined if reading.consulted else own
            assert reading.text == stands.text
            assert reading.confidence == pytest.approx(stands.confidence, rel=1e-3)


@pytest.mark.parametrize("layouts", ["Mercosur", None, ["Mercosur", "Brazilian", "", "Mercosur"]])
def test_layouts_are_imposed_on_what_both_have_read(readers, tracks, layouts):
    found = read_consulting(*readers[:2], tracks, math.inf, layouts=layouts)
    told = [layouts or ""] * 4 if not isinstance(layouts, list) else layouts
    assert [reading.layout for reading in found] == told


def test_the_second_reader_may_be_given_more_frames(readers, tracks):
    first, second, _ = readers
    one_frame = [[track[0]] for track in tracks]
    found = read_consulting(first, second, one_frame, math.inf, how="replace", more=tracks)
    assert confidences(found) == pytest.approx(confidences(second.read_many(tracks)), rel=1e-3)
    with pytest.raises(ValueError, match="3 tracks for the second reader and 4 for the first"):
        read_consulting(first, second, one_frame, 0.5, more=tracks[:3])


@pytest.mark.parametrize("how", ["mean", "replace"])
def test_a_track_that_one_of_them_cannot_see_is_read_by_the_other(readers, tracks, how):
    first, second, _ = readers
    given_first, given_second = ["/nowhere", tracks[1], "/nowhere"], [tracks[0], "/nowhere", "/nowhere"]
    found = read_consulting(first, second, given_first, math.inf, how=how, more=given_second)
    assert [reading.consulted for reading in found] == [True, False, False]
    assert found[0].text == second.read(tracks[0]).text
    assert found[1].text == first.read(tracks[1]).text
    assert "no such file" in found[2].problem


def test_readers_of_different_plates_are_not_consulted(readers, tracks):
    argentine = load_reader(device="cpu", precision="no", plate=PlateFormat(layouts={"Argentine": "LLDDDLL"}))
    with pytest.raises(ValueError, match="the same plates"):
        read_consulting(readers[0], argentine, tracks, 0.5)
