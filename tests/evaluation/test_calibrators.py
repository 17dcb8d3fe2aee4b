"""Maps from confidences to probabilities: they keep the order, and are judged on other plates than they saw."""

import json
import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings, strategies as st

from lpr_helpers.evaluation.calibrators import (
    CALIBRATORS,
    LabelledConfidences,
    compare_calibrators,
    cross_fit,
    fit_calibrator,
    folds,
)
from lpr_helpers.evaluation.confidence_maps import Calibrator
from tests.support.confidences import too_sure


def evidence(values, right) -> LabelledConfidences:
    return LabelledConfidences(np.array(values, float), np.array(right, float), np.arange(len(values)))


def apart(values) -> np.ndarray:
    """Confidences in order, no two of them closer than what a calibrator promises to keep apart."""
    return np.unique(np.round(np.array([0.0, *values, 1.0]), 9))


@pytest.mark.fuzz
@settings(max_examples=int(os.environ.get("LPR_FUZZ", "40")))
@example([(0.0, False), (1.0, False), (np.nextafter(1.0, 0), False)], [], "isotonic")
@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40),
    st.lists(st.floats(0, 1), max_size=20),
    st.sampled_from(CALIBRATORS),
)
def test_a_calibrator_is_a_probability_that_keeps_the_order_without_ties(rows, more, method):
    found = fit_calibrator(method, evidence(*zip(*rows, strict=True)))
    for values in (apart(more), apart(value for value, _ in rows), np.linspace(1 - 1e-7, 1, 100)):
        told = found(values)
        assert ((told >= 0) & (told <= 1)).all()
        assert (np.diff(told) > 0).all()
    assert Calibrator(**json.loads(json.dumps(vars(found)))) == found


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("method", CALIBRATORS)
def test_evidence_of_a_single_kind_leaves_no_ties_either(method, value, right):
    found = fit_calibrator(method, evidence([value] * 20, [right] * 20))
    assert (np.diff(found(np.linspace(0, 1, 1001))) > 0).all()


def test_a_step_knows_two_values_and_keeps_the_order():
    found = fit_calibrator("step", evidence([0.1, 0.2, 0.7], [0, 1, 1]))
    assert found(np.linspace(0, 1, 11)).tolist() == [0.0] * 2 + [1.0] * 9
    assert Calibrator(**json.loads(json.dumps(vars(found)))) == found


def test_steps_are_joined_at_their_centres():
    """Three wrong around 0.2, four right around 0.8: half way between them, half of what lies between their rates."""
    found = fit_calibrator("isotonic", evidence([0.1, 0.2, 0.3, 0.7, 0.8, 0.8, 0.9], [0, 0, 0, 1, 1, 1, 1]))
    assert np.array(found.knots) == pytest.approx(
        np.array([(0, 1 / 18), (0.2, 1 / 9), (0.8, 8 / 9), (1, 17 / 18)])
    )
    assert found(0.5) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "wrong", [{"a": -1.0}, {"c": np.nan}, {"knots": [(0, 1), (1, 0)]}, {"knots": [(0, np.inf)]}]
)
def test_a_map_that_falls_or_is_no_number_is_refused(wrong):
    with pytest.raises(ValueError, match="finite and never fall"):
        Calibrator("beta", **wrong)


@pytest.mark.parametrize("method", ["temperature", "Platt", "beta"])
@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_a_factor_on_the_log_odds_is_found_again(method, factor):
    rng = np.random.default_rng(1)
    odds = rng.normal(0, 1.5, 20_000)
    right = rng.random(len(odds)) < 1 / (1 + np.exp(-odds))
    found = fit_calibrator(method, evidence(1 / (1 + np.exp(-factor * odds)), right))
    assert (found.a, found.b) == pytest.approx((1 / factor, 1 / factor), rel=0.1)
    assert found.c == pytest.approx(0, abs=0.2)


def test_the_step_widens_the_gap_more_than_any_other_map():
    found = evidence([0.1, 0.2, 0.3, 0.7, 0.8, 0.9], [0, 0, 1, 0, 1, 1])
    step = fit_calibrator("step", found)(found.values)
    assert set(step) == {0.0, 1.0}
    hit, miss = found.right == 1, found.right == 0
    gaps = [(cut[hit].mean() - cut[miss].mean()) for cut in (found.values >= t for t in found.values)]
    assert step[hit].mean() - step[miss].mean() == pytest.approx(max(gaps))


def test_folds_hold_whole_plates_and_a_share_of_the_errors_each():
    plates = np.repeat(np.arange(50), 2)
    found = LabelledConfidences(np.full(100, 0.5), (plates >= 10).astype(float), plates)
    fold_of = folds(found)
    assert (fold_of[::2] == fold_of[1::2]).all()
    assert np.bincount(fold_of).tolist() == [20] * 5
    assert np.bincount(fold_of[plates < 10]).tolist() == [4] * 5


def test_nothing_is_judged_on_what_it_was_fitted_on():
    found, seen = LabelledConfidences.of_plates(too_sure(60)), []

    def learn(part: LabelledConfidences) -> Calibrator:
        seen.append(set(part.plates))
        return Calibrator("seen", knots=((0.0, len(seen) / 10), (1.0, len(seen) / 10)))

    fold = np.round(cross_fit(found, learn) * 10).astype(int)
    assert len(seen) == 5
    assert all(plate not in seen[number - 1] for plate, number in zip(found.plates, fold, strict=True))


def test_the_choice_is_as_likely_as_the_best_and_no_other_such_widens_the_gap_more():
    table = compare_calibrators(LabelledConfidences.of_plates(too_sure()))
    chosen = table[table["chosen"]]
    assert len(chosen) == 1
    close = table[table["behind"] <= table["standard_error"]]
    assert chosen["gap"].iloc[0] == close["gap"].max()
    assert not table.loc["none", "chosen"]


def test_characters_are_right_at_their_place_alone():
    rows = {"text": ["ABC", "ABC", "ABC"], "reading": ["ABD", "AB", None], "confidence": 0.5}
    found = LabelledConfidences.of_characters(
        pd.DataFrame(rows | {"char_confidences": [[0.9, 0.8, 0.7]] * 3})
    )
    assert found.right.tolist() == [1, 1, 0, 1, 1, 0, 0, 0, 0]
    assert found.values.tolist() == [0.9, 0.8, 0.7] * 3
    assert len(set(found.plates)) == 1


def test_an_unknown_method_is_named():
    with pytest.raises(ValueError, match="'magic'; choose one of none, temperature"):
        fit_calibrator("magic", evidence([0.5], [1]))
    with pytest.raises(ValueError, match="nothing to calibrate on"):
        fit_calibrator("beta", evidence([], []))
