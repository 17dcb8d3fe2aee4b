"""Confidences as users get them: calibrated where a calibration holds, and said so; plate and characters agree."""

import os
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given as drawn, settings, strategies as st

from lpr_helpers import load_reader
from lpr_helpers.decoding.layouts import candidate_layouts
from lpr_helpers.decoding.slot_reading import read_slots
from lpr_helpers.evaluation.calibration import fit_calibration
from lpr_helpers.evaluation.kept_calibration import (
    CALIBRATION_FILE,
    Calibration,
    load_calibration,
    save_calibration,
)
from lpr_helpers.inference.confidence import calibrated_readings
from lpr_helpers.inference.reader import PlateReader
from lpr_helpers.inference.reading import Reading
from lpr_helpers.models.checkpoints import Recogniser, save_recogniser
from lpr_helpers.models.shipped_files import SHIPPED
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.synthetic.dataset import make_track
from tests.support.confidences import too_sure
from tests.support.networks import SMALL
from tests.support.robustness import Area
from tests.support.slots import slots_of

given = Area("Layouts and confidence")
SHIPPED_CALIBRATION = load_calibration(SHIPPED / CALIBRATION_FILE)


@pytest.fixture(scope="module")
def reader():
    return load_reader(device="cpu", precision="no")


@pytest.fixture(scope="module")
def frames():
    return make_track((3, 1), "A", "Mercosur").lr


def read(slots, layouts="any", plate=BRAZIL, calibration=SHIPPED_CALIBRATION) -> list[Reading]:
    candidates = candidate_layouts(layouts, len(slots), plate)
    readings = read_slots(slots, layouts, plate)
    return calibrated_readings(slots, readings, candidates, [()] * len(slots), plate, calibration)


def test_a_reading_of_the_reader_in_the_package_says_what_stands_behind_it(reader, frames):
    reading = reader.read(frames)
    assert reading.calibrated
    assert reading.calibration_tracks == SHIPPED_CALIBRATION.tracks == 4800
    assert "uncalibrated" not in str(reading)


@pytest.mark.parametrize(
    ("layout", "calibrated"),
    [
        given('layout="any", as the calibration was learnt', "calibrated", "any", True),
        given("layout=None", "uncalibrated, and the reading says so", None, False),
        given('layout="Mercosur"', "uncalibrated, and the reading says so", "Mercosur", False),
    ],
)
def test_a_calibration_holds_for_the_layouts_it_was_learnt_with_alone(reader, frames, layout, calibrated):
    reading = reader.read(frames, layout=layout)
    assert (reading.calibrated, reading.calibration_tracks) == (calibrated, 4800 * calibrated)
    assert ("uncalibrated" in str(reading)) == (not calibrated)
    assert reading.confidence <= reading.weakest.confidence
    if not calibrated:
        reader = uncalibrated(reader)
        assert reading.confidence == reader.read(frames, layout=layout).confidence


def uncalibrated(reader):
    """The same reader, never calibrated."""
    return PlateReader(reader.members, reader.device, Calibration(), precision="no")


def test_each_track_is_calibrated_by_its_own_layouts(reader, frames):
    assert [one.calibrated for one in reader.read_many([frames] * 2, layouts=["Mercosur", ""])] == [False] * 2
    assert all(one.calibrated for one in reader.read_many([frames] * 2))


def test_other_layouts_of_the_same_names_are_another_condition():
    slots = slots_of("ABC1D34", 0.9)[None]
    other = PlateFormat(layouts={"Brazilian": "LLLDDDD", "Mercosur": "LLLD*DD"})
    assert read(slots)[0].calibrated
    assert not read(slots, plate=other)[0].calibrated
    renamed = PlateFormat(layouts={"new": "LLLDLDD", "old": "LLLDDDD"})
    assert read(slots, plate=renamed)[0].calibrated


@pytest.mark.parametrize(
    ("folders", "options"),
    [
        given("tta=3", "uncalibrated, and the reading says so", 1, {"tta": 3}),
        given("an ensemble", "uncalibrated, and the reading says so", 2, {}),
    ],
)
def test_what_no_calibration_was_learnt_for_is_uncalibrated(frames, folders, options):
    reading = load_reader([SHIPPED] * folders, "cpu", **options).read(frames)
    assert not reading.calibrated
    assert str(reading).endswith(", uncalibrated)")


def test_a_reader_of_ones_own_finds_what_notebook_04_left(tmp_path, frames):
    """In the results folder; and of another reader's calibration takes none."""
    best = tmp_path / "phase1" / "best"
    recogniser = Recogniser.new(BRAZIL, kind="multiframe", **SMALL["multiframe"])
    save_recogniser(recogniser, best, {})
    assert not load_reader(best, "cpu").read(frames).calibrated
    learnt = fit_calibration(too_sure(), reader=recogniser.digest, plate=BRAZIL)
    save_calibration(learnt, tmp_path / CALIBRATION_FILE)
    assert load_reader(best, "cpu").read(frames).calibration_tracks == 400
    assert not load_reader(best, "cpu", tta=2).read(frames).calibrated
    save_calibration(replace(learnt, reader="another"), tmp_path / CALIBRATION_FILE)
    assert not load_reader(best, "cpu").read(frames).calibrated


def test_a_calibration_that_could_not_be_learnt_calibrates_nothing():
    slots = slots_of("ABC1D34", 0.9)[None]
    empty = replace(Calibration(), layouts=SHIPPED_CALIBRATION.layouts, tracks=12)
    (reading,) = read(slots, calibration=empty)
    assert not reading.calibrated
    assert reading.confidence == pytest.approx(read_slots(slots).confidence.item())


@pytest.mark.fuzz
@settings(max_examples=int(os.environ.get("LPR_FUZZ", "30")))
@drawn(seed=st.integers(0, 10**6), scale=st.sampled_from([0.5, 2.0, 5.0, 100.0]), calibrated=st.booleans())
def test_every_reading_agrees_with_itself(seed, scale, calibrated):
    slots = scale * torch.randn(8, 7, 36, generator=torch.Generator().manual_seed(seed))
    before = read_slots(slots)
    readings = read(slots, calibration=SHIPPED_CALIBRATION if calibrated else Calibration())
    for reading in readings:
        assert reading.calibrated == calibrated
        assert 0 <= reading.confidence <= reading.weakest.confidence <= 1
        assert reading.weakest.confidence == min(one.confidence for one in reading.characters)
        for character in reading.characters:
            values = [value for _, value in character.alternatives]
            assert character.alternatives[0] == (character.text, character.confidence)
            assert values == sorted(values, reverse=True)
            assert sum(values) <= 1 + 1e-6
    order = np.argsort(before.confidence.numpy(), kind="stable")
    assert (np.diff([readings[row].confidence for row in order]) >= 0).all()


def test_an_unread_plate_has_a_weakest_character_without_confidence():
    unread = Reading("", 0.0, "", (), problem="no frame")
    assert (unread.weakest.confidence, unread.calibrated) == (0.0, False)
    assert str(unread) == "unread: no frame"


def test_characters_that_tie_are_those_of_the_text():
    (reading,) = read(torch.zeros(1, 7, 36))
    assert "".join(character.text for character in reading.characters) == reading.text
    small = PlateFormat("A1", {"small": "L*"})
    (reading,) = read(torch.zeros(1, 2, 2), plate=small)
    assert [len(character.alternatives) for character in reading.characters] == [2, 2]
