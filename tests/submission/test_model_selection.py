"""Choosing how to read the test tracks: by what validation tracks say, and by nothing else."""

import numpy as np
import pandas as pd
import pytest

from lpr_helpers.data.frames import Packed
from lpr_helpers.decoding.text_prior import learn_prior
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.plates import BRAZIL
from lpr_helpers.submission.model_selection import Choice, best_choice, choices, read_by, with_prior
from tests.support.networks import SMALL


@pytest.fixture(scope="module")
def frames():
    """Three packed tracks of noise."""
    images = np.random.default_rng(0).integers(0, 256, (3, 5, 1, 32, 128), dtype=np.uint8)
    return Packed(images, np.ones((3, 5), dtype=bool))


def read_alone(frames, **kinds):
    """What fresh networks read, by name."""
    return {
        name: recognise(Recogniser.new(BRAZIL, kind=kind, **SMALL[kind]), frames, range(3), progress=False)
        for name, kind in kinds.items()
    }


def results(*readings, sure=0.5):
    return pd.DataFrame({"text": "ABC1234", "reading": readings, "confidence": sure})


def test_a_reader_of_whole_tracks_is_asked_itself_and_one_of_frames_is_joined(frames):
    ways = [(choice.fusion, choice.layouts) for choice in choices(read_alone(frames, ours="multiframe"))]
    assert ways == [("joint", "any"), ("log_sum", "any"), ("majority", "any"), ("joint", None)]
    ways = [(choice.fusion, choice.layouts) for choice in choices(read_alone(frames, report="crnn"))]
    assert ways == [("log_sum", "any"), ("majority", "any"), ("log_sum", None)]


def test_all_readers_together_are_a_choice_of_their_own(frames):
    read = read_alone(frames, ours="multiframe", report="crnn")
    choice = choices(read)[-1]
    assert choice == Choice(("ours", "report"), "joint")
    table = pd.DataFrame({"track_id": list("abc"), "text": "", "folder": "", "scenario": "", "layout": ""})
    table = table.assign(lr=[[]] * 3, hr=[[]] * 3)
    together = read_by(choice, read, table, BRAZIL)
    alone = read_by(Choice(("ours",), "joint"), read, table, BRAZIL)
    assert len(together) == 3
    assert not np.allclose(together["confidence"], alone["confidence"])


def test_the_best_reads_most_plates_and_of_equals_has_the_wider_gap():
    one, two, three = (Choice((name,), "joint") for name in ("one", "two", "three"))
    half = results("ABC1234", "ABC1235", sure=[0.6, 0.5])
    wider = results("ABC1234", "ABC1235", sure=[0.9, 0.1])
    most = results("ABC1234", "ABC1234")
    assert best_choice({one: half, two: most, three: wider}) == two
    assert best_choice({one: half, three: wider}) == three
    assert best_choice({one: half, two: half.copy()}) == one


def test_a_prior_is_tried_with_the_weight_that_suits_the_way_of_reading(frames):
    read = read_alone(frames, ours="multiframe")
    table = pd.DataFrame(
        {"track_id": list("abc"), "text": ["ABC1234"] * 3, "folder": "", "scenario": "", "layout": ""}
    )
    table = table.assign(lr=[[]] * 3, hr=[[]] * 3)
    choice = with_prior(choices(read)[0], read, table, learn_prior(["ABC1235", "ABC1D34", "ABD1234"]))
    assert choice.prior.weight > 0
    assert str(choice).endswith(f"a text prior of weight {choice.prior.weight:g}")
    assert read_by(choice, read, table, BRAZIL)["reading"].str.startswith("AB").all()
    assert not read_by(choices(read)[0], read, table, BRAZIL)["reading"].str.startswith("AB").all()
