"""A reader that knows what plates say."""

import pytest

from lpr_helpers.decoding.text_prior import learn_prior, weighed
from lpr_helpers.evaluation.calibration import fit_calibration
from lpr_helpers.evaluation.kept_calibration import calibration_file, save_calibration
from lpr_helpers.inference.reader import load_reader
from lpr_helpers.models.checkpoints import Recogniser, save_recogniser
from lpr_helpers.plates import BRAZIL, PlateFormat
from tests.support import FIXTURE
from tests.support.confidences import too_sure
from tests.support.networks import SMALL

TRACK = next(FIXTURE.rglob("track_*"))


def test_a_prior_is_used_by_every_way_of_reading_and_told_apart_by_its_calibration():
    prior = learn_prior([f"ZZZ{n:04}" for n in range(500)] + [f"ZZZ{n}Z00" for n in range(10)], weight=20)
    reader = load_reader(prior=prior)
    assert reader.read(TRACK).text.startswith("ZZZ")
    assert reader.read_many([TRACK])[0].text.startswith("ZZZ")
    assert not reader.read(TRACK).calibrated
    assert reader.read(TRACK, prior=None).text == load_reader().read(TRACK).text
    assert load_reader().read(TRACK, prior=prior).text == reader.read(TRACK).text


def test_a_prior_of_other_plates_or_a_word_is_refused():
    other = learn_prior(["AB1"], PlateFormat(layouts={"Mine": "LLD"}))
    with pytest.raises(ValueError, match="another plate format"):
        load_reader(prior=other)
    with pytest.raises(ValueError, match="another plate format"):
        load_reader().read(TRACK, prior=other)
    with pytest.raises(ValueError, match="prior='mine'; give a TextPrior"):
        load_reader().read(TRACK, prior="mine")


def test_with_a_prior_the_calibration_that_was_learnt_with_it_holds(tmp_path):
    best, prior = tmp_path / "phase1" / "best", learn_prior(["ABC1234", "ABC1D34"])
    recogniser = Recogniser.new(BRAZIL, kind="multiframe", **SMALL["multiframe"])
    save_recogniser(recogniser, best, {})
    learnt = fit_calibration(too_sure(), reader=recogniser.digest, plate=BRAZIL, prior=prior)
    save_calibration(learnt, best / calibration_file(prior))
    reader = load_reader(best, "cpu", prior=prior)
    assert reader.read(TRACK).calibration_tracks == 400
    assert not reader.read(TRACK, prior=None).calibrated
    assert not reader.read(TRACK, prior=weighed(prior, 0.5)).calibrated
    assert not load_reader(best, "cpu").read(TRACK).calibrated


def test_other_layouts_of_as_many_characters_can_be_imposed():
    argentine = PlateFormat(layouts={"Argentine": "LLDDDLL"})
    reading = load_reader(plate=argentine).read(TRACK)
    assert (reading.layout, argentine.misfit(reading.text)) == ("Argentine", None)
    assert not reading.calibrated
    with pytest.raises(ValueError, match=r"reads 7 characters of 0123456789ABC.* and no other plates"):
        load_reader(plate=PlateFormat(layouts={"Short": "LLD"}))
