"""How frames are measured, and how far scenarios lie apart: the measures' laws, on frames made for the purpose."""

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from lpr_helpers.data.overview import group_names
from lpr_helpers.evaluation.domain_gap import (
    against_first,
    domain_gap_table,
    domain_gaps,
    measure_frames,
    per_track,
)
from lpr_helpers.evaluation.frame_measures import (
    MEASURES,
    blockiness,
    cliffs_delta,
    frame_shift,
    measure_frame,
)
from lpr_helpers.synthetic.plates import draw_plate

GREYS = arrays(
    np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=30), elements=st.integers(0, 100)
)
VALUES = st.lists(st.integers(-5, 5), min_size=1, max_size=12).map(lambda values: np.array(values, float))


def plate(seed=0, size=(48, 20)):
    """A clean frame of a plate, uint8 [H, W], ``size`` wide and high."""
    drawn = draw_plate("ABC1D23", "Mercosur", np.random.default_rng(seed))
    return cv2.resize(cv2.cvtColor(drawn, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)


def coded(grey, quality, top=0, left=0):
    """A frame after a codec whose grid begins ``top`` rows above and ``left`` columns before it."""
    padded = cv2.copyMakeBorder(grey, top, 8, left, 8, cv2.BORDER_REPLICATE)
    _, data = cv2.imencode(".jpg", padded, [cv2.IMWRITE_JPEG_QUALITY, quality])
    height, width = grey.shape
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)[top : top + height, left : left + width]


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


@given(GREYS, st.integers(0, 50))
def test_more_light_adds_to_light_alone_and_twice_the_contrast_sharpens_nothing(grey, more):
    before, after = measure_frame(grey), measure_frame(2 * grey + np.uint8(more))
    assert after["light"] == pytest.approx(2 * before["light"] + more / 255)
    assert after["contrast"] == pytest.approx(2 * before["contrast"])
    assert after["sharpness"] == pytest.approx(before["sharpness"], rel=1e-3)


def test_a_blurred_frame_is_less_sharp_and_a_bright_one_is_clipped():
    clean = plate()
    measures = measure_frame(clean)
    assert measure_frame(cv2.GaussianBlur(clean, (0, 0), 1.5))["sharpness"] < 0.7 * measures["sharpness"]
    assert measures["clipped"] == 0
    assert measure_frame(np.maximum(clean, 250))["clipped"] == 1


def test_a_flat_frame_has_neither_contrast_nor_edges_nor_blocks():
    flat = measure_frame(np.full((20, 44), 90, np.uint8))
    assert [flat[name] for name in ("contrast", "sharpness", "blocks")] == [0, 0, 0]


@pytest.mark.parametrize("place", [(0, 0), (3, 5), (7, 1)])
def test_the_harder_the_codec_the_plainer_its_grid_wherever_it_lies(place):
    frames = [plate(seed) for seed in range(8)]
    grids = [
        np.mean([blockiness(coded(frame, quality, *place)) for frame in frames]) for quality in (95, 60, 25)
    ]
    clean = np.mean([blockiness(frame) for frame in frames])
    assert clean < grids[1] < grids[2]
    assert grids[0] < grids[1]


def test_a_frame_smaller_than_a_block_has_no_known_blockiness():
    assert np.isnan(blockiness(plate(size=(44, 7))))


@pytest.mark.parametrize("shift", [(0.5, -1.25), (-2.0, 0.0), (1.3, 0.7)])
def test_a_plate_that_moved_is_found_to_a_tenth_of_a_pixel(shift):
    around = cv2.copyMakeBorder(plate(size=(400, 160)), 20, 20, 20, 20, cv2.BORDER_CONSTANT, value=40)
    fine = cv2.GaussianBlur(around, (0, 0), 4)  # a lens, without which the pixels alias
    moves = np.float32([[1, 0, 10 * shift[0]], [0, 1, 10 * shift[1]]])
    moved = cv2.warpAffine(fine, moves, fine.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    first, other = (cv2.resize(image, (44, 20), interpolation=cv2.INTER_AREA) for image in (fine, moved))
    dx, dy, likeness = frame_shift(first, other)
    assert (dx, dy) == pytest.approx(shift, abs=0.1)
    assert likeness > 0.95


def test_growing_is_no_shift_and_what_cannot_be_aligned_is_unknown():
    first, larger = plate(size=(40, 16)), plate(size=(48, 20))
    assert frame_shift(first, larger)[:2] == pytest.approx((0, 0), abs=0.2)
    assert np.isnan(frame_shift(np.zeros_like(first), first)).all()


def test_tracks_are_named_by_scenario_and_where_none_is_known_by_their_split():
    table = pd.DataFrame({"split": ["train", "test", "train", "val"], "scenario": ["A", "", "", "B"]})
    assert group_names(table).tolist() == ["Scenario A", "test tracks", "no scenario", "Scenario B"]


def test_every_readable_frame_is_measured_against_the_first_of_its_track(table):
    measures = measure_frames(table, progress=False)
    assert measures.groupby("track").size().to_dict() == {10: 3, 11: 3, 12: 3, 13: 3, 14: 2, 15: 3}
    assert measures.loc[measures["track"] == 14, "frame"].tolist() == [1, 3]
    firsts = measures.drop_duplicates("track")
    assert firsts[["dx", "dy", "likeness"]].drop_duplicates().to_numpy().tolist() == [[0, 0, 1]]
    assert measures.loc[measures["track"] == 10, "width"].tolist() == [48, 50, 52]
    assert measure_frames(table, kind="hr", progress=False).empty


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


@given(VALUES, VALUES)
def test_cliffs_delta_counts_the_pairs_that_one_side_wins(one, other):
    wins = np.sign(other[:, None] - one).mean()
    assert cliffs_delta(one, other) == pytest.approx(wins)
    assert cliffs_delta(other, one) == pytest.approx(-wins)


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
