"""Calibrated results: more honest, kept for tracks without a truth, and left alone where too little is known."""

import os
import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from lpr_helpers import plots
from lpr_helpers.evaluation.bootstrap import readable
from lpr_helpers.evaluation.calibration import calibrate, cross_fitted, fit_calibration
from lpr_helpers.evaluation.calibrators import (
    CALIBRATORS,
    LabelledConfidences,
    compare_calibrators,
    fit_calibrator,
)
from lpr_helpers.evaluation.kept_calibration import (
    CALIBRATION_FILE,
    Calibration,
    calibration_among,
    find_calibration,
    joint_calibration_file,
    joint_digest,
    load_calibration,
    save_calibration,
)
from lpr_helpers.evaluation.metrics import ece
from lpr_helpers.evaluation.reliability import reliability_curve
from lpr_helpers.evaluation.review import review_table
from lpr_helpers.plates import BRAZIL
from tests.support.confidences import results, too_sure
from tests.support.robustness import Area

area = Area("Layouts and confidence")


def test_calibration_mends_what_is_too_sure_of_plates_and_of_characters():
    before = too_sure()
    after = cross_fitted(before)
    assert ece(after) < 0.5 * ece(before)
    letters = [LabelledConfidences.of_characters(table).table() for table in (before, after)]
    assert ece(letters[1]) < 0.5 * ece(letters[0])
    assert after["reading"].equals(before["reading"])
    assert [len(row) for row in after["char_confidences"]] == [7] * len(before)


def test_a_calibration_is_kept_and_applied_where_no_truth_is_known(tmp_path):
    learnt = fit_calibration(too_sure(), reader="phase2 abc", plate=BRAZIL)
    assert learnt.layouts == ("LLLDDDD", "LLLDLDD")
    file = save_calibration(learnt, tmp_path / "calibration.json")
    assert load_calibration(file, "phase2 abc") == learnt
    test = too_sure(50, seed=5).assign(text="")
    found = calibrate(test, load_calibration(file))
    assert found["confidence"].tolist() == learnt.plate(test["confidence"]).tolist()
    assert found["to_review"].tolist() == (found["confidence"] < learnt.threshold).tolist()
    before, after = test["char_confidences"][7], found["char_confidences"][7]
    assert after == learnt.characters_of(test["confidence"][7], before).tolist()
    ends = calibrate(test, learnt, tie_break=True)
    assert set(ends["confidence"]) == {0.0, 1.0}
    assert ends["to_review"].equals(found["to_review"])


def test_a_calibration_of_another_reader_or_another_file_is_refused(tmp_path):
    file = save_calibration(fit_calibration(too_sure(60), reader="phase1"), tmp_path / "calibration.json")
    with pytest.raises(ValueError, match="for the reader 'phase1', not 'phase2'"):
        load_calibration(file, "phase2")
    good = file.read_text()
    for content in (
        "",
        "[]",
        '{"plate": {}}',
        "[" * 9999,
        good.replace("threshold", "limit"),
        good.replace("layouts", "x"),
    ):
        file.write_text(content)
        with pytest.raises(ValueError, match=r"calibration.json is no calibration .* run 04"):
            load_calibration(file)


@pytest.mark.parametrize("right", [[False] * 30, [True] * 30, [True] + [False] * 29, [True], [False]])
def test_too_few_right_or_wrong_plates_leave_confidences_as_they_are_and_say_so(right, tmp_path):
    table = results(np.linspace(0.1, 0.9, len(right)), right).assign(track_id=range(len(right)))
    table["char_confidences"] = [[0.5] * 7] * len(table)
    learnt = fit_calibration(table)
    assert not learnt.learnt
    assert f"{sum(right)} plates read right and {len(right) - sum(right)} misread" in str(learnt)
    assert load_calibration(save_calibration(learnt, tmp_path / "calibration.json")) == learnt
    for after in (calibrate(table, learnt), calibrate(table, learnt, tie_break=True), cross_fitted(table)):
        assert after["confidence"].tolist() == table["confidence"].tolist()
        assert after["char_confidences"].tolist() == table["char_confidences"].tolist()
    assert calibrate(table, learnt)["to_review"].all() == (not all(right))
    assert len(compare_calibrators(LabelledConfidences.of_plates(table))) == len(CALIBRATORS)
    assert plots.reliability_diagram(reliability_curve(table), reliability_curve(cross_fitted(table))).axes
    assert len(readable(review_table(table))) == 4


def a_map(name, rows):
    values, right = np.array(rows, float).T
    return fit_calibrator(name, LabelledConfidences(values, right, np.arange(len(rows))))


maps = st.tuples(
    st.sampled_from(CALIBRATORS),
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=20),
)


@pytest.mark.fuzz
@settings(max_examples=int(os.environ.get("LPR_FUZZ", "40")))
@given(of_plates=maps, of_characters=maps, seed=st.integers(0, 10**6))
def test_plates_and_characters_agree_and_keep_their_order_whatever_was_learnt(of_plates, of_characters, seed):
    rng = np.random.default_rng(seed)
    characters = rng.beta(3, rng.uniform(0.02, 2), (30, 7)).round(8)
    table = pd.DataFrame({"confidence": characters.prod(1), "char_confidences": characters.tolist()})
    told = calibrate(table, Calibration(a_map(*of_plates), a_map(*of_characters)))
    for plate, row, before in zip(told.confidence, told.char_confidences, characters, strict=True):
        assert 0 <= plate <= min(row) <= max(row) <= 1
        steps = np.diff(np.array(row)[np.argsort(before)])
        assert (steps >= 0).all()
        assert plate > 1 - 1e-4 or (steps > 0).sum() == len(set(before)) - 1
    distinct = np.unique(table.confidence.round(9), return_index=True)[1]
    far = distinct[np.diff(table.confidence[distinct], prepend=-1) > 1e-9]
    assert (np.diff(told.confidence[far]) > 0).all()


def test_judged_on_other_plates_no_plate_is_surer_than_its_weakest_character():
    after = cross_fitted(too_sure())
    assert all(plate <= min(row) for plate, row in zip(after.confidence, after.char_confidences, strict=True))
    assert after.confidence.is_unique


@pytest.fixture
def run(tmp_path):
    """A results folder with a run in it, whose best checkpoint is reader "abc"."""
    best = tmp_path / "results" / "phase1" / "best"
    best.mkdir(parents=True)
    return best


learnt_by = partial(fit_calibration, too_sure(100), plate=BRAZIL)


@pytest.mark.parametrize(
    "place",
    [
        area("a calibration beside the checkpoint", "is found", ""),
        area("a calibration in the results folder, as notebook 04 leaves it", "is found", "../.."),
    ],
)
def test_a_calibration_is_found_where_it_is_left(run, place):
    learnt = learnt_by(reader="abc")
    save_calibration(learnt, run / place / CALIBRATION_FILE)
    assert find_calibration(run, "abc") == learnt


def test_one_further_up_of_another_reader_does_not_hide_nor_replace_ones_own(run):
    save_calibration(learnt_by(reader="xyz"), run.parent.parent / CALIBRATION_FILE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not find_calibration(run, "abc").learnt
    save_calibration(learnt_by(reader="abc"), run / CALIBRATION_FILE)
    assert find_calibration(run, "abc").learnt


@pytest.mark.parametrize(
    ("content", "told"),
    [
        area(
            "a calibration of another reader beside the checkpoint",
            "a warning, uncalibrated",
            None,
            "for the reader",
        ),
        area(
            "a calibration.json with something else in it",
            "a warning, uncalibrated",
            "[1]",
            "is no calibration",
        ),
    ],
)
def test_what_cannot_be_used_is_told_and_leaves_readings_uncalibrated(run, content, told):
    file = save_calibration(learnt_by(reader="xyz"), run / CALIBRATION_FILE)
    if content:
        file.write_text(content)
    with pytest.warns(UserWarning, match=f"{told}.*run 04.*uncalibrated"):
        assert find_calibration(run, "abc") == Calibration()


@given(
    st.lists(st.text("0123456789abcdef", min_size=4, max_size=16), min_size=1, max_size=4, unique=True),
    st.randoms(),
)
def test_readers_that_count_alike_have_one_digest_in_whatever_order(digests, chance):
    shuffled = chance.sample(digests, len(digests))
    assert joint_digest(shuffled) == joint_digest(digests)
    assert (joint_digest(digests) == digests[0]) == (len(digests) == 1)


def test_an_ensembles_calibration_is_found_beside_any_member_and_a_damaged_one_is_told(tmp_path):
    folders, digests = [tmp_path / "one", tmp_path / "two"], ["aaaa", "bbbb"]
    for folder in folders:
        folder.mkdir()
    assert calibration_among(folders, digests) == Calibration()
    kept = save_calibration(
        Calibration(reader=joint_digest(digests), tracks=7), folders[1] / joint_calibration_file(digests)
    )
    assert calibration_among(folders[::-1], digests[::-1]).tracks == 7
    assert calibration_among(folders, ["aaaa", "cccc"]) == Calibration()
    kept.write_text("{", encoding="utf-8")
    with pytest.warns(UserWarning, match=f"{kept.name} is no calibration.*uncalibrated"):
        assert calibration_among(folders, digests) == Calibration()
