"""How plates are filmed: frames of the real ones' sizes, each step to be seen, and plates that lie in the crop."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.camera import film
from lpr_helpers.synthetic.dataset import make_track
from lpr_helpers.synthetic.recipe import RECIPE
from lpr_helpers.synthetic.texts import FREE

STEPS = [
    "blank plate",
    "lettered",
    "worn",
    "on the vehicle",
    "on the sensor",
    "developed and sharpened",
    "compressed",
]
KINDS = [(scenario, layout) for scenario in "AB" for layout in (*BRAZIL.layouts, FREE)]


def same_frames(left, right):
    assert len(left) == len(right)
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


@pytest.mark.parametrize(("scenario", "layout"), KINDS)
def test_frames_have_the_sizes_that_the_recipe_says(scenario, layout):
    camera = RECIPE.cameras[scenario]
    (*_, narrowest, widest), (*_, least, most) = camera.lr_width, camera.aspect
    for seed in range(12):
        track = make_track(seed, scenario, layout)
        assert [len(track.lr), len(track.hr)] == [5, 5]
        for far, near in zip(track.lr, track.hr, strict=True):
            h, w = far.shape[:2]
            assert far.dtype == near.dtype == np.uint8
            assert narrowest <= w <= widest
            assert camera.lr_height[0] <= h <= camera.lr_height[1]
            # Sides are whole pixels, so a ratio of sides is only known to half a pixel each.
            assert (w + 0.5) / (h - 0.5) >= least
            assert (w - 0.5) / (h + 0.5) <= most
            assert (near.shape[1] + 0.5) / (w - 0.5) >= camera.hr_scale[0]
            assert (near.shape[1] - 0.5) / (w + 0.5) <= camera.hr_scale[1]
        widths = [frame.shape[1] for frame in track.lr]
        assert widths == sorted(widths)


def test_crops_of_scenario_a_have_the_published_shape():
    *_, least, most = RECIPE.cameras["A"].aspect
    assert 2.0 <= least < most <= 2.9


@pytest.mark.parametrize("layout", [*BRAZIL.layouts, FREE])
def test_the_plate_lies_in_the_crop_in_scenario_a(layout):
    for seed in range(25):
        track = make_track(seed, "A", layout)
        frames, places = track.lr + track.hr, track.lr_corners + track.hr_corners
        for frame, corners in zip(frames, places, strict=True):
            assert corners.shape == (4, 2)
            assert (corners >= -1e-3).all()
            assert (corners <= np.array(frame.shape[1::-1]) + 1e-3).all()


def test_a_tight_crop_cuts_off_what_stands_above_and_below_the_characters():
    camera = replace(RECIPE.cameras["B"], tight_share=1.0)
    recipe = replace(RECIPE, cameras={**RECIPE.cameras, "B": camera})
    for seed in range(25):
        track = make_track(seed, "B", "Mercosur", recipe=recipe)
        for frame, corners in zip(track.lr, track.lr_corners, strict=True):
            height = frame.shape[0]
            above, below = -corners[:, 1].min() / height, corners[:, 1].max() / height - 1
            assert above > 0
            assert above > below - 0.1


@pytest.mark.parametrize("scenario", ["A", "B"])
def test_corners_run_clockwise_from_top_left(scenario):
    for seed in range(12):
        track = make_track(seed, scenario, "Mercosur", hr=False)
        for (tl, tr, br, bl), frame in zip(track.lr_corners, track.lr, strict=True):
            h, w = frame.shape[:2]
            assert max(tl[0], bl[0]) < w / 2 < min(tr[0], br[0])
            assert max(tl[1], tr[1]) < h / 2 < min(bl[1], br[1])


@pytest.mark.parametrize(("scenario", "layout"), KINDS)
def test_lr_frames_are_the_same_without_the_hr_frames(scenario, layout):
    for seed in range(3):
        whole = make_track(seed, scenario, layout)
        half = make_track(seed, scenario, layout, hr=False)
        assert same_frames(half.lr + half.lr_corners, whole.lr + whole.lr_corners)
        assert half.hr == half.hr_corners == []


@pytest.mark.parametrize(("scenario", "layout"), KINDS)
def test_every_step_can_be_watched_and_watching_changes_nothing(scenario, layout):
    steps = []
    watched = make_track(
        3, scenario, layout, watch=lambda name, image: steps.append((name, image, image.copy()))
    )
    unwatched = make_track(3, scenario, layout)
    assert same_frames(watched.lr + watched.hr, unwatched.lr + unwatched.hr)
    assert [name for name, *_ in steps] == STEPS
    for name, image, seen in steps:
        assert (image.dtype, image.ndim, image.shape[2]) == (np.uint8, 3, 3), name
        assert np.array_equal(image, seen), f"{name} was changed after it was shown"
    shapes = {name: image.shape[1::-1] for name, image, _ in steps}
    assert {shapes[name] for name in STEPS[:3]} == {RECIPE.plates.size}
    assert {shapes[name] for name in STEPS[4:]} == {watched.lr[2].shape[1::-1]}
    assert np.array_equal(steps[-1][1], watched.lr[2])


def test_the_steps_differ_from_each_other():
    steps = {}
    make_track(3, "B", "Mercosur", watch=steps.__setitem__)
    for one, other in combinations(STEPS, 2):
        assert not np.array_equal(steps[one], steps[other]), f"{one} is {other}"


def test_a_lighter_plate_gives_a_lighter_frame():
    dark, light = (
        film(np.full((130, 400, 3), tone, np.uint8), "A", np.random.default_rng(0), hr=False)
        for tone in (60, 180)
    )
    for below, above in zip(dark.lr, light.lr, strict=True):
        h, w = below.shape[:2]
        middle = slice(h // 4, -h // 4), slice(w // 4, -w // 4)
        assert below[middle].mean() + 20 < above[middle].mean()


def test_a_camera_without_colour_gives_grey_frames():
    cameras = {name: replace(camera, grey_share=1.0, tint=0.3) for name, camera in RECIPE.cameras.items()}
    track = make_track(4, "A", "Mercosur", recipe=replace(RECIPE, cameras=cameras))
    for frame in track.lr + track.hr:
        assert np.ptp(frame.astype(int), axis=2).max() <= 2
