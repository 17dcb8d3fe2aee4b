"""Calibrated results: more honest, kept for tracks without a truth, and left alone where too little is known."""

import numpy as np
import pytest

from lpr_helpers import plots
from lpr_helpers.evaluation.bootstrap import readable
from lpr_helpers.evaluation.calibration import (
    calibrate,
    cross_fitted,
    fit_calibration,
    load_calibration,
    save_calibration,
)
from lpr_helpers.evaluation.calibrators import CALIBRATORS, LabelledConfidences, compare_calibrators
from lpr_helpers.evaluation.metrics import ece
from lpr_helpers.evaluation.reliability import reliability_curve
from lpr_helpers.evaluation.review import review_table
from tests.support.confidences import results, too_sure


def test_calibration_mends_what_is_too_sure_of_plates_and_of_characters():
    before = too_sure()
    after = cross_fitted(before)
    assert ece(after) < 0.5 * ece(before)
    letters = [LabelledConfidences.of_characters(table).table() for table in (before, after)]
    assert ece(letters[1]) < 0.5 * ece(letters[0])
    assert after["reading"].equals(before["reading"])
    assert [len(row) for row in after["char_confidences"]] == [7] * len(before)


def test_a_calibration_is_kept_and_applied_where_no_truth_is_known(tmp_path):
    learnt = fit_calibration(too_sure(), reader="phase2 abc")
    file = save_calibration(learnt, tmp_path / "calibration.json")
    assert load_calibration(file, "phase2 abc") == learnt
    test = too_sure(50, seed=5).assign(text="")
    found = calibrate(test, load_calibration(file))
    assert found["confidence"].tolist() == learnt.plate(test["confidence"]).tolist()
    assert found["to_review"].tolist() == (found["confidence"] < learnt.threshold).tolist()
    assert found["char_confidences"][7] == learnt.character(test["char_confidences"][7]).tolist()
    ends = calibrate(test, learnt, tie_break=True)
    assert set(ends["confidence"]) == {0.0, 1.0}
    assert ends["to_review"].equals(found["to_review"])


def test_a_calibration_of_another_reader_or_another_file_is_refused(tmp_path):
    file = save_calibration(fit_calibration(too_sure(60), reader="phase1"), tmp_path / "calibration.json")
    with pytest.raises(ValueError, match="for the reader 'phase1', not 'phase2'"):
        load_calibration(file, "phase2")
    for content in ("", "[]", '{"plate": {}}', file.read_text().replace("threshold", "limit")):
        file.write_text(content)
        with pytest.raises(ValueError, match=r"calibration.json is no calibration .* run 04"):
            load_calibration(file)


@pytest.mark.parametrize("right", [[False] * 30, [True] * 30, [True] + [False] * 29, [True], [False]])
def test_too_few_right_or_wrong_plates_leave_confidences_as_they_are_and_say_so(right, tmp_path):
    table = results(np.linspace(0.1, 0.9, len(right)), right).assign(track_id=range(len(right)))
    table["char_confidences"] = [[0.5] * 7] * len(table)
    learnt = fit_calibration(table)
    assert f"{sum(right)} plates read right and {len(right) - sum(right)} misread" in str(learnt)
    assert load_calibration(save_calibration(learnt, tmp_path / "calibration.json")) == learnt
    for after in (calibrate(table, learnt), calibrate(table, learnt, tie_break=True), cross_fitted(table)):
        assert after["confidence"].tolist() == table["confidence"].tolist()
    assert calibrate(table, learnt)["to_review"].all() == (not all(right))
    assert len(compare_calibrators(LabelledConfidences.of_plates(table))) == len(CALIBRATORS)
    assert plots.reliability_diagram(reliability_curve(table), reliability_curve(cross_fitted(table))).axes
    assert len(readable(review_table(table))) == 4
