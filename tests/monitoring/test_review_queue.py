"""Tracks that a reader doubts: queued, read blind by people, and learnt from."""

import math

import pytest

from lpr_helpers.data import TrackData, pack
from lpr_helpers.data.annotations import load_annotations
from lpr_helpers.inference import TrackReading, folder_tracks
from lpr_helpers.monitoring import doubtful, load_queue, open_queue, reviewed_tracks, write_queue
from tests.support.tracks import add_track

READINGS = [
    TrackReading("street/t1", "t1", "ABC1234", 0.99, "Brazilian", (0.99,) * 7),
    TrackReading("street/t2", "t2", "QQQ1111", 0.4, "Brazilian", (0.4,) * 7),
    TrackReading("street/t3", "t3", problem="no frame could be read"),
]


@pytest.fixture
def queue(tmp_path):
    """The file of a queue of two tracks."""
    for one in READINGS:
        add_track(tmp_path / "tracks" / one.name, hr=0)
    sources = folder_tracks(tmp_path / "tracks", progress=False)
    return write_queue(doubtful(READINGS, 0.5), sources, tmp_path / "queue.csv")


def shown(browser):
    return "".join(
        card.head.value + card.frames.value + card.texts.value for card in browser.cards if card.row
    )


def test_what_is_below_the_threshold_is_queued_the_unread_first(queue):
    table = load_queue(queue)
    assert table["track_id"].tolist() == ["t3", "t2"]
    assert table["lr"].map(len).tolist() == [5, 5]
    assert table["text"].tolist() == ["", ""]


@pytest.mark.parametrize("threshold", [math.inf, -0.1, 2])
def test_what_is_no_confidence_is_no_threshold(threshold):
    with pytest.raises(ValueError, match="from 0 to 1"):
        doubtful(READINGS, threshold)


def test_a_person_reads_before_the_reading_is_shown(queue):
    browser = open_queue(queue)
    assert "QQQ1111" not in shown(browser)
    assert "0.400" not in shown(browser)
    assert "What does the plate say?" in shown(browser)
    card = next(card for card in browser.cards if card.row and card.row["track_id"] == "t2")
    card.label.value = "OQQ1111"
    assert "confidence 0.400" in card.head.value
    assert "1 wrong" in card.head.value
    assert "What does the plate say?" not in card.texts.value
    assert load_annotations(queue.with_name("annotations.csv"))["t2"].label == "OQQ1111"
    assert "confidence 0.400" in shown(open_queue(queue)), "who has read it sees the reading from then on"


def test_what_people_read_is_ready_to_be_trained_on(queue, tmp_path, capsys):
    for card in (browser := open_queue(queue)).cards:
        if card.row and card.row["track_id"] == "t2":
            card.label.value = "OQQ1D11"
        elif card.row:
            card.flag.value = True
    assert len(browser.results) == 2
    tracks = reviewed_tracks(tmp_path / "tracks", queue.with_name("annotations.csv"), progress=False)
    assert tracks.table[["track_id", "text", "trainable", "split"]].to_numpy().tolist() == [
        ["t2", "OQQ1D11", True, "train"]
    ]
    assert "1 relabelled" in capsys.readouterr().out
    packed = pack(tracks.table, tmp_path / "packed", progress=False)
    data = TrackData(tracks.table, tracks.plate, packed)
    assert tracks.plate.decode(data.targets[data.rows("train")][0]) == "OQQ1D11"
    assert data.lr.valid.sum() == 5


def test_another_table_is_no_queue(tmp_path):
    (tmp_path / "it.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="no queue"):
        load_queue(tmp_path / "it.csv")
