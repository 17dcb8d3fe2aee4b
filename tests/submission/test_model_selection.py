"""Choosing how to read the test tracks: by what validation tracks say, and by nothing else."""

import numpy as np
import pandas as pd
import pytest

from lpr_helpers.data.frames import Packed
from lpr_helpers.data.splits import add_split, save_split
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.models.checkpoints import Recogniser, save_recogniser
from lpr_helpers.notebook import datasets
from lpr_helpers.notebook.datasets import open_data
from lpr_helpers.notebook.settings import read_settings
from lpr_helpers.plates import BRAZIL
from lpr_helpers.submission import model_selection
from lpr_helpers.submission.model_selection import Choice
from tests.test_data import FIXTURE

SMALL = {"track": {"looks": 1, "width": 32}, "crnn": {"hidden": 16}}


@pytest.fixture(scope="module")
def frames():
    images = np.random.default_rng(0).integers(0, 256, (3, 5, 1, 32, 128), dtype=np.uint8)
    return Packed(images, np.ones((3, 5), dtype=bool))


def seen(frames, **kinds):
    return {
        name: recognise(Recogniser.new(BRAZIL, kind=kind, **SMALL[kind]), frames, range(3), progress=False)
        for name, kind in kinds.items()
    }


def results(*readings, sure=0.5):
    return pd.DataFrame({"text": "ABC1234", "reading": readings, "confidence": sure})


def test_a_reader_of_whole_tracks_is_asked_itself_and_one_of_frames_is_joined(frames):
    ways = [(choice.fusion, choice.layouts) for choice in model_selection.choices(seen(frames, ours="track"))]
    assert ways == [("joint", "any"), ("log_sum", "any"), ("majority", "any"), ("joint", None)]
    ways = [
        (choice.fusion, choice.layouts) for choice in model_selection.choices(seen(frames, report="crnn"))
    ]
    assert ways == [("log_sum", "any"), ("majority", "any"), ("log_sum", None)]


def test_all_readers_together_are_a_choice_of_their_own(frames):
    told = seen(frames, ours="track", report="crnn")
    choice = model_selection.choices(told)[-1]
    assert choice == Choice(("ours", "report"), "joint")
    table = pd.DataFrame({"track_id": list("abc"), "text": "", "folder": "", "scenario": "", "layout": ""})
    table = table.assign(lr=[[]] * 3, hr=[[]] * 3)
    read = model_selection.read(choice, told, table, BRAZIL)
    alone = model_selection.read(Choice(("ours",), "joint"), told, table, BRAZIL)
    assert len(read) == 3
    assert not np.allclose(read["confidence"], alone["confidence"])


def test_the_best_reads_most_plates_and_of_equals_has_the_wider_gap():
    one, two, three = (Choice((name,), "joint") for name in ("one", "two", "three"))
    half = results("ABC1234", "ABC1235", sure=[0.6, 0.5])
    wider = results("ABC1234", "ABC1235", sure=[0.9, 0.1])
    most = results("ABC1234", "ABC1234")
    assert model_selection.best({one: half, two: most, three: wider}) == two
    assert model_selection.best({one: half, three: wider}) == three
    assert model_selection.best({one: half, two: half.copy()}) == one


def test_phases_and_the_package_stand_side_by_side_on_the_validation_tracks(tmp_path):
    settings = read_settings(
        {"LPR_DATA": str(FIXTURE), "LPR_ARTIFACTS": str(tmp_path), "LPR_PROFILE": "tiny"}
    )
    save_split(add_split(open_data(settings, progress=False).table, fraction=0.2), settings.split)
    save_recogniser(
        Recogniser.new(BRAZIL, kind="track", **SMALL["track"]), settings.phase1 / "best", {"epoch": 1}
    )
    readers = datasets.trained_readers(settings)
    assert list(readers) == ["phase1", "package"]
    validated = datasets.read_validation(readers, settings, progress=False)
    table = model_selection.validation_table(validated)
    assert len(table) == len(validated) == 9
    assert model_selection.best(validated).readers[0] == "package"  # the other has never learnt anything
