"""How far scenarios lie apart, measure by measure, on frames made for the purpose."""

import cv2
import pandas as pd
import pytest

from lpr_helpers.evaluation.domain_gap import (
    against_first,
    domain_gap_table,
    domain_gaps,
    measure_frames,
    per_track,
)
from lpr_helpers.evaluation.frame_measures import MEASURES
from tests.support.frames import plate
from tests.support.robustness import Area


@pytest.fixture
def table(tmp_path):
    """Six tracks of three frames: three of Scenario A, two dark ones of B, one for the test; one file is gone."""
    rows = []
    for track, (split, scenario) in enumerate([("train", "A")] * 3 + [("train", "B")] * 2 + [("test", "")]):
        files = [str(tmp_path / f"{track}-{frame}.png") for frame in range(3)]
        for frame, file in enumerate(files):
            image = plate(track, size=(48 + 2 * frame, 20 + frame))
            cv2.imwrite(file, image // 3 if scenario == "B" else image)
        rows.append((split, scenario, files, [(48 + 2 * frame, 20 + frame) for frame in range(3)]))
    (tmp_path / "4-1.png").unlink()
    table = pd.DataFrame(rows, columns=["split", "scenario", "lr", "lr_sizes"], index=range(10, 16))
    return table.assign(hr=[[]] * 6, hr_sizes=[[]] * 6)


def test_every_readable_frame_is_measured_against_the_first_of_its_track(table):
    measures = measure_frames(table, progress=False)
    assert measures.groupby("track").size().to_dict() == {10: 3, 11: 3, 12: 3, 13: 3, 14: 2, 15: 3}
    assert measures.loc[measures["track"] == 14, "frame"].tolist() == [1, 3]
    firsts = measures.drop_duplicates("track")
    assert firsts[["dx", "dy", "likeness"]].drop_duplicates().to_numpy().tolist() == [[0, 0, 1]]
    assert measures.loc[measures["track"] == 10, "width"].tolist() == [48, 50, 52]
    assert measure_frames(table, kind="hr", progress=False).empty


frames = Area("Frames to measure")


@pytest.mark.parametrize(
    ("height", "width", "rows"),
    [
        frames("a track whose first frame has 1 × 1 pixel", "its other frames are measured", 1, 1, 2),
        frames("a track whose first frame has 3 × 20 pixels", "its other frames are measured", 20, 3, 2),
        frames("a track whose first frame has 4 × 20 pixels", "all are measured", 20, 4, 3),
    ],
)
def test_a_frame_of_any_size_stops_no_measuring(table, height, width, rows):
    cv2.imwrite(table.at[10, "lr"][0], plate(size=(48, 20))[:height, :width])
    table.at[10, "lr_sizes"][0] = (width, height)
    measures = measure_frames(table, progress=False)
    assert (measures["track"] == 10).sum() == rows
    assert not domain_gap_table(measures).empty
    assert len(against_first(measures))


def test_so_many_tracks_of_each_group_are_drawn_the_same_for_the_same_seed(table):
    drawn = [
        measure_frames(table, tracks=1, seed=seed, progress=False)["track"].unique()
        for seed in (0, 0, *range(1, 6))
    ]
    assert all(len(tracks) == 3 for tracks in drawn)
    assert drawn[0].tolist() == drawn[1].tolist()
    assert len({tuple(tracks) for tracks in drawn}) > 1


def test_further_frames_differ_from_the_first_as_shares_of_it_and_light_as_a_difference(table):
    further = against_first(measure_frames(table, progress=False))
    assert len(further) == 11
    assert further.loc[further["frame"] == 3, "width"].to_numpy() == pytest.approx(4 / 48)
    assert further["light"].abs().max() < 0.05
    assert further["likeness"].min() > 0.9


def test_gaps_go_from_each_group_to_the_next_and_say_their_size(table):
    measures = measure_frames(table, progress=False)
    found = domain_gaps(measures)
    assert found[["one", "other"]].drop_duplicates().to_numpy().tolist() == [
        ["Scenario A", "Scenario B"],
        ["Scenario B", "test tracks"],
    ]
    light = found[found["measure"] == "light"]
    assert light["delta"].tolist() == [-1, 1]
    assert light["size"].tolist() == ["large", "large"]
    assert found.loc[found["measure"] == "width", "size"].tolist()[0] == "none"
    assert (found["low"] <= found["delta"]).all()
    assert (found["delta"] <= found["high"]).all()


def test_the_frames_of_a_track_are_one_piece_of_evidence(table):
    measures = measure_frames(table, progress=False)
    assert len(per_track(measures)) == 6
    more = pd.concat([measures] + [measures[measures["track"] == 10]] * 5)
    assert domain_gaps(more)["delta"].tolist() == pytest.approx(domain_gaps(measures)["delta"].tolist())


def test_the_table_has_medians_and_one_column_a_gap_and_none_where_there_is_one_group(table):
    measures = measure_frames(table, progress=False)
    shown = domain_gap_table(measures)
    assert list(shown.index) == list(MEASURES.values())
    assert list(shown.columns)[3:] == ["Scenario A → Scenario B", "Scenario B → test tracks"]
    assert shown.loc[MEASURES["light"], "Scenario A → Scenario B"].endswith("large")
    alone = domain_gap_table(measures[measures["group"] == "Scenario B"])
    assert list(alone.columns) == ["Scenario B"]
