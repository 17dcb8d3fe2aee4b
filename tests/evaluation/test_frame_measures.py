"""How frames are measured: the measures' laws, on frames made for the purpose."""

import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from lpr_helpers.evaluation.effect_size import cliffs_delta
from lpr_helpers.evaluation.frame_measures import blockiness, frame_shift, measure_frame
from tests.support.frames import plate
from tests.support.robustness import Area

GREYS = arrays(
    np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=30), elements=st.integers(0, 100)
)
VALUES = st.lists(st.integers(-5, 5), min_size=1, max_size=12).map(lambda values: np.array(values, float))


def coded(grey, quality, top=0, left=0):
    """A frame after a codec whose grid begins ``top`` rows above and ``left`` columns before it."""
    padded = cv2.copyMakeBorder(grey, top, 8, left, 8, cv2.BORDER_REPLICATE)
    _, data = cv2.imencode(".jpg", padded, [cv2.IMWRITE_JPEG_QUALITY, quality])
    height, width = grey.shape
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)[top : top + height, left : left + width]


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


frames = Area("Frames to measure")
TINY = [
    frames(
        f"a frame of {width} × {height} pixels",
        "measured; what cannot be known of it is NaN",
        (height, width),
    )
    for width, height in ((1, 1), (1, 20), (44, 1), (2, 2), (3, 3), (20, 2), (7, 7))
]


@pytest.mark.parametrize("shape", TINY)
def test_frames_too_small_to_align_or_to_hold_a_block_have_unknown_shifts_and_blocks(shape):
    frame, usual = np.random.default_rng(0).integers(0, 255, shape, np.uint8), plate(size=(44, 20))
    measures = measure_frame(frame)
    assert measures["width"] == shape[1]
    assert np.isnan(measures.pop("blocks"))
    assert np.isfinite(list(measures.values())).all()
    for shift in (frame_shift(frame, frame), frame_shift(frame, usual), frame_shift(usual, frame)):
        assert np.isnan(shift).all() or min(shape) >= 4
        assert len(shift) == 3


@pytest.mark.fuzz
@given(
    *[arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=14), elements=st.integers(0, 255))] * 2
)
def test_any_two_frames_can_be_measured(first, other):
    measure_frame(first)
    shift = np.array(frame_shift(first, other))
    assert np.isnan(shift).all() or np.isfinite(shift).all()


frames.note("a frame of 4,000 × 4,000 pixels", "its middle is looked at for blocks and shifts")


def test_a_large_frame_is_measured_in_its_middle_and_costs_no_more_memory():
    large = np.tile(np.random.default_rng(0).integers(0, 255, (500, 500), np.uint8), (8, 8))
    tracemalloc.start()
    blocks, shift = blockiness(large), frame_shift(large, large)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0 <= blocks < 0.5
    assert shift == pytest.approx((0, 0, 1), abs=1e-3)
    assert peak < 400e6


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


@given(VALUES, VALUES)
def test_cliffs_delta_counts_the_pairs_that_one_side_wins(one, other):
    wins = np.sign(other[:, None] - one).mean()
    assert cliffs_delta(one, other) == pytest.approx(wins)
    assert cliffs_delta(other, one) == pytest.approx(-wins)
