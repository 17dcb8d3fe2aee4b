"""Results as a table on disk, and what else each slot may be beside what was read there."""

import pandas as pd
import pytest
import torch

from lpr_helpers.data.tracks import read_tracks
from lpr_helpers.decoding.slot_reading import read_slots
from lpr_helpers.inference.results import alternatives, load_results, save_results
from lpr_helpers.plates import BRAZIL, PlateFormat
from tests.support import FIXTURE


@pytest.fixture
def slots():
    """Slots of three tracks."""
    return 4 * torch.randn(3, 7, 36, generator=torch.Generator().manual_seed(1))


def test_alternatives_begin_with_what_was_read_and_grow_less_likely(slots):
    readings = read_slots(slots)
    for text, sure, track in zip(
        readings.texts, readings.char_confidences.tolist(), alternatives(readings, BRAZIL), strict=True
    ):
        assert "".join(place[0][0] for place in track) == text
        assert [place[0][1] for place in track] == pytest.approx(sure, abs=1e-6)
        for place in track:
            values = [value for _, value in place]
            assert len(place) == 3
            assert values == sorted(values, reverse=True)
            assert sum(values) <= 1 + 1e-5


def test_what_the_layout_rules_out_is_no_alternative():
    plate = PlateFormat("0AB", {"Mine": "LD"})
    readings = read_slots(torch.zeros(1, 2, 3), plate=plate)
    letters, digits = alternatives(readings, plate)[0]
    assert sorted(letters) == [["A", 0.5], ["B", 0.5]]
    assert digits == [["0", 1.0]]


def test_alternatives_survive_the_way_to_disk_and_back(slots, tmp_path):
    readings = read_slots(slots)
    results = pd.DataFrame({"reading": readings.texts, "alternatives": alternatives(readings, BRAZIL)})
    again = load_results(save_results(results, tmp_path / "results.jsonl"))
    assert again.to_dict("records") == results.to_dict("records")


def test_results_survive_the_way_to_disk_and_back(tmp_path):
    table = read_tracks(FIXTURE, progress=False).table
    results = table.loc[table["split"] == "test", ["track_id", "text", "lr"]].reset_index(drop=True)
    results = results.assign(reading="0012345", confidence=0.25, char_confidences=[[0.5] * 7] * len(results))
    again = load_results(save_results(results, tmp_path / "results.jsonl"))
    assert again.to_dict("records") == results.to_dict("records")
