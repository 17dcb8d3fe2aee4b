"""Confidence against truth, what makes the two agree, and which plates a human should look at."""

import json
import math

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lpr_helpers import plots
from lpr_helpers.evaluation import metrics
from lpr_helpers.evaluation.bootstrap import readable
from lpr_helpers.evaluation.calibration import (
    calibrate,
    cross_fitted,
    fit_calibration,
    load_calibration,
    save_calibration,
)
from lpr_helpers.evaluation.calibrators import (
    METHODS,
    Calibrator,
    Evidence,
    compare_calibrators,
    cross_fit,
    fit_calibrator,
    folds,
)
from lpr_helpers.evaluation.metrics import ece
from lpr_helpers.evaluation.reliability import confidence_bands, reliability_curve
from lpr_helpers.evaluation.review import review_table, review_threshold
from lpr_helpers.evaluation.temperature import apply_temperature, fit_temperature
from lpr_helpers.plates import BRAZIL


def results(confidences, right) -> pd.DataFrame:
    texts = [f"ABC{i:04d}" for i in range(len(confidences))]
    readings = [text if ok else "" for text, ok in zip(texts, right, strict=True)]
    return pd.DataFrame({"text": texts, "reading": readings, "confidence": confidences})


def honest_slots(plates: int, seed: int = 0, layout: str | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Slot log-probabilities and truths drawn from just these probabilities."""
    generator = torch.Generator().manual_seed(seed)
    slots = torch.randn(plates, 7, 36, generator=generator) * 2 + BRAZIL.mask(layout)
    slots = slots.log_softmax(dim=-1)
    return slots, torch.multinomial(slots.exp().flatten(0, 1), 1, generator=generator).reshape(plates, 7)


def test_the_bands_share_all_tracks_and_0_8_is_in_the_middle():
    found = confidence_bands(results([0.9, 0.81, 0.8, 0.5, 0.49], [True, False, True, False, False]))
    assert found["tracks"].to_dict() == {"> 0.8": 2, "0.5–0.8": 2, "< 0.5": 1}
    assert found["recognition_rate"].tolist() == [0.5, 0.5, 0.0]
    assert found["share"].sum() == pytest.approx(1)


def test_an_empty_band_has_no_rate():
    found = confidence_bands(results([0.9, 0.95], [True, True]))
    assert found.loc["< 0.5", "tracks"] == 0
    assert np.isnan(found.loc["< 0.5", "recognition_rate"])
    assert found.loc["> 0.8", "character_accuracy"] == 1


@settings(max_examples=20)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40), st.integers(1, 12))
def test_the_reliability_diagram_and_the_ece_tell_the_same(rows, bins):
    table = results(*zip(*rows, strict=True))
    found = reliability_curve(table, bins)
    assert found["tracks"].sum() == len(table)
    inside = found.dropna()
    assert inside["mean_confidence"].between(inside["bin_from"] - 1e-9, inside["bin_to"] + 1e-9).all()
    off = (inside["mean_confidence"] - inside["recognition_rate"]).abs()
    assert (off * inside["tracks"]).sum() / len(table) == pytest.approx(ece(table, bins))


def test_one_definition_of_the_ece():
    assert ece is metrics.ece


@pytest.mark.parametrize("layout", [None, "Mercosur"])
@pytest.mark.parametrize("factor", [0.4, 1.0, 3.0])
def test_the_temperature_undoes_a_recogniser_that_is_too_sure_or_too_shy(factor, layout):
    slots, truth = honest_slots(400, layout=layout)
    distorted = (slots * factor).log_softmax(dim=-1)
    assert fit_temperature(distorted, truth) == pytest.approx(factor, rel=0.05)


def test_no_other_temperature_makes_the_truth_more_likely():
    slots, truth = honest_slots(50)
    slots = (slots * 2).log_softmax(dim=-1)

    def loss(t: float) -> float:
        return -float(apply_temperature(slots, t).gather(-1, truth[..., None]).sum())

    best = fit_temperature(slots, truth)
    assert all(loss(best) <= loss(best * factor) for factor in (0.5, 0.99, 1.01, 2))


def test_plates_that_the_mask_excludes_are_left_out_of_the_fit():
    slots, truth = honest_slots(100, layout="Brazilian")
    impossible = truth.clone()
    impossible[::2, 0] = 0
    assert fit_temperature(slots, impossible) == fit_temperature(slots[1::2], truth[1::2])
    impossible[:, 0] = 0
    with pytest.raises(ValueError, match="wrong layout"):
        fit_temperature(slots, impossible)


def test_only_right_plates_drive_the_temperature_to_its_end():
    slots, _ = honest_slots(20)
    assert fit_temperature(slots, slots.argmax(dim=-1)) == pytest.approx(0.05, rel=1e-3)


def test_a_temperature_changes_neither_the_reading_nor_the_mask():
    slots, _ = honest_slots(10, layout="Mercosur")
    cooler = apply_temperature(slots, 0.5)
    assert torch.equal(cooler.argmax(dim=-1), slots.argmax(dim=-1))
    assert torch.equal(cooler.isinf(), slots.isinf())
    assert torch.allclose(cooler.exp().sum(dim=-1), torch.ones(10, 7))
    assert torch.allclose(apply_temperature(slots, 1.0), slots, atol=1e-5)
    with pytest.raises(ValueError, match="positive"):
        apply_temperature(slots, 0)


def test_what_cannot_be_fitted_says_why():
    slots, truth = honest_slots(5)
    with pytest.raises(ValueError, match=r"\[5, 7, 36\] and \[5, 6\]"):
        fit_temperature(slots, truth[:, :6])
    with pytest.raises(ValueError, match="at least one plate"):
        fit_temperature(slots[:0], truth[:0])
    with pytest.raises(ValueError, match="0 to 35"):
        fit_temperature(slots, truth + 36)
    with pytest.raises(ValueError, match="1 plates have NaN"):
        fit_temperature(torch.where(torch.arange(5)[:, None, None] == 2, torch.nan, slots), truth)


# --- calibrating results ---


def too_sure(tracks: int = 400, factor: float = 3.0, seed: int = 0) -> pd.DataFrame:
    """Tracks, two of each plate, whose log-odds are ``factor`` times what they should be."""
    rng = np.random.default_rng(seed)
    texts = [f"ABC{i // 2:04d}" for i in range(tracks)]
    odds = rng.normal(2.0, 1.5, (tracks, 7))
    hits = rng.random(odds.shape) < 1 / (1 + np.exp(-odds))
    chars = 1 / (1 + np.exp(-factor * odds))
    readings = [
        "".join(c if h else "?" for c, h in zip(t, r, strict=True)) for t, r in zip(texts, hits, strict=True)
    ]
    ids = [f"track_{i:05d}" for i in range(tracks)]
    columns = {"track_id": ids, "text": texts, "reading": readings, "confidence": chars.prod(axis=1)}
    return pd.DataFrame({**columns, "char_confidences": chars.tolist()})


def evidence(values, right) -> Evidence:
    return Evidence(np.array(values, float), np.array(right, float), np.arange(len(values)))


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40),
    st.sampled_from([*METHODS, "step"]),
)
def test_a_calibrator_is_a_probability_that_keeps_the_order(rows, method):
    found = fit_calibrator(method, evidence(*zip(*rows, strict=True)))
    values = found(np.linspace(0, 1, 101))
    assert ((values >= 0) & (values <= 1)).all()
    assert (np.diff(values) >= -1e-12).all()
    assert Calibrator(**json.loads(json.dumps(vars(found)))) == found


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
    found = Evidence(np.full(100, 0.5), (plates >= 10).astype(float), plates)
    fold_of = folds(found)
    assert (fold_of[::2] == fold_of[1::2]).all()
    assert np.bincount(fold_of).tolist() == [20] * 5
    assert np.bincount(fold_of[plates < 10]).tolist() == [4] * 5


def test_nothing_is_judged_on_what_it_was_fitted_on():
    found, seen = Evidence.of_plates(too_sure(60)), []

    def learn(part: Evidence) -> Calibrator:
        seen.append(set(part.plates))
        return Calibrator("seen", knots=((0.0, len(seen) / 10), (1.0, len(seen) / 10)))

    fold = np.round(cross_fit(found, learn) * 10).astype(int)
    assert len(seen) == 5
    assert all(plate not in seen[number - 1] for plate, number in zip(found.plates, fold, strict=True))


def test_calibration_mends_what_is_too_sure_of_plates_and_of_characters():
    before = too_sure()
    after = cross_fitted(before)
    assert ece(after) < 0.5 * ece(before)
    letters = [Evidence.of_characters(table).table() for table in (before, after)]
    assert ece(letters[1]) < 0.5 * ece(letters[0])
    assert after["reading"].equals(before["reading"])
    assert [len(row) for row in after["char_confidences"]] == [7] * len(before)


def test_the_choice_is_as_likely_as_the_best_and_no_other_such_widens_the_gap_more():
    table = compare_calibrators(Evidence.of_plates(too_sure()))
    chosen = table[table["chosen"]]
    assert len(chosen) == 1
    close = table[table["behind"] <= table["standard_error"]]
    assert chosen["gap"].iloc[0] == close["gap"].max()
    assert not table.loc["none", "chosen"]


def test_characters_are_right_at_their_place_alone():
    rows = {"text": ["ABC", "ABC", "ABC"], "reading": ["ABD", "AB", None], "confidence": 0.5}
    found = Evidence.of_characters(pd.DataFrame(rows | {"char_confidences": [[0.9, 0.8, 0.7]] * 3}))
    assert found.right.tolist() == [1, 1, 0, 1, 1, 0, 0, 0, 0]
    assert found.values.tolist() == [0.9, 0.8, 0.7] * 3
    assert len(set(found.plates)) == 1


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
    assert len(compare_calibrators(Evidence.of_plates(table))) == len(METHODS)
    assert plots.reliability_diagram(reliability_curve(table), reliability_curve(cross_fitted(table))).axes
    assert len(readable(review_table(table))) == 4


def test_an_unknown_method_is_named():
    with pytest.raises(ValueError, match="'magic'; choose one of none, temperature"):
        fit_calibrator("magic", evidence([0.5], [1]))
    with pytest.raises(ValueError, match="nothing to calibrate on"):
        fit_calibrator("beta", evidence([], []))


# --- plates for a human ---


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.9]), st.booleans()), min_size=1, max_size=30),
    st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]),
)
def test_the_threshold_is_the_lowest_that_keeps_to_the_error_rate(rows, rate):
    table = results(*zip(*rows, strict=True))
    found = review_threshold(table, rate)
    wrong = (table["reading"] != table["text"]).to_numpy()
    passing = {t: wrong[table["confidence"] >= t] for t in table["confidence"]}
    keeping = [t for t, errors in passing.items() if errors.mean() <= rate + 1e-9]
    assert found.threshold == min(keeping, default=math.inf)
    assert found.passed == (table["confidence"] >= found.threshold).sum()
    assert found.to_review + found.passed == len(table)


def test_the_bound_is_clopper_and_pearsons_over_plates():
    clean = results([0.9] * 20, [True] * 20)
    assert review_threshold(clean, 0.05).upper == pytest.approx(1 - 0.05 ** (1 / 20))
    twice = pd.concat([clean, clean])
    assert review_threshold(twice, 0.05).upper == pytest.approx(1 - 0.05 ** (1 / 20))
    assert review_threshold(results([0.9] * 4, [False] * 4), 1.0).upper == 1


def test_a_review_speaks():
    table = results([0.9] * 9 + [0.2] * 3, [True] * 9 + [False] * 3)
    assert str(review_threshold(table, 0.05)).startswith(
        "9 of 12 tracks pass with a confidence of 0.9 or more, and 0 of"
    )
    assert "the other 3" in str(review_threshold(table, 0.05))
    assert "look at all 3 tracks" in str(review_threshold(table[9:], 0.05))
    with pytest.raises(ValueError, match="share from 0 to 1, not 5"):
        review_threshold(table, 5)


def test_a_review_is_judged_on_other_plates():
    values = np.random.default_rng(0).random(2000)
    honest = results(values, np.random.default_rng(1).random(2000) < values)
    found = review_table(honest, [0.02, 0.2, 1.0])
    assert (found["passed"] + found["to_review"] == 2000).all()
    assert found["to_review"].is_monotonic_decreasing
    assert found.loc["20.0%", "error_rate"] == pytest.approx(0.2, abs=0.05)
    assert found.loc["20.0%", "wrong"] / found.loc["20.0%", "passed"] == found.loc["20.0%", "error_rate"]
    assert found.loc["100.0%", "to_review"] == pytest.approx(0, abs=5)
