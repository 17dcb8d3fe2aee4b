"""Tracks drawn on demand: the same whoever draws them, and as their files would be."""

import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest

from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic import fresh
from lpr_helpers.synthetic.fresh import FreshPool, FreshTracks, as_loaded
from lpr_helpers.synthetic.recipe import RECIPE
from lpr_helpers.utils.images import load_frame
from tests.support.fresh import FRESH, drawn


@pytest.fixture(scope="module")
def epoch():
    """All tracks of an epoch, in order."""
    return drawn(FRESH)


def test_a_track_is_five_grey_frames_and_seven_characters(epoch):
    images, targets = epoch
    assert (images.shape, images.dtype) == ((4, 5, 1, 32, 128), np.uint8)
    assert (targets.shape, targets.dtype) == ((4, 7), np.int64)
    assert len(np.unique(images.reshape(20, -1), axis=0)) == 20


def test_the_tracks_are_the_same_whatever_the_number_of_processes_and_their_pool_lasts(monkeypatch):
    monkeypatch.setattr(fresh, "CHUNK", 2)
    with FreshPool(replace(FRESH, tracks=5)) as here, FreshPool(replace(FRESH, tracks=5, workers=2)) as there:
        for number in (0, 1):
            for (images, targets), (same, again) in zip(
                here.chunks(number), there.chunks(number), strict=True
            ):
                np.testing.assert_array_equal(images, same)
                np.testing.assert_array_equal(targets, again)
        next(left := there.chunks(2))
        left.close()
        processes = list(there._pool._processes.values())
        assert len(processes) <= 2
    assert not any(process.is_alive() for process in processes)


def test_what_goes_wrong_in_a_process_is_said_here():
    broken = replace(RECIPE, brazilian_share={"A": 0.5})
    with FreshPool(FreshTracks(1, seed=0, scenarios=("B",), recipe=broken, workers=1)) as pool:
        with pytest.raises(KeyError, match="B"):
            next(pool.chunks(0))


def test_another_epoch_or_seed_gives_other_tracks(epoch):
    for other in (drawn(FRESH, epoch=1), drawn(replace(FRESH, seed=8))):
        assert not (other[1] == epoch[1]).all(axis=1).any()
        assert not np.array_equal(other[0], epoch[0])


def test_a_longer_epoch_begins_with_the_same_tracks(epoch):
    longer = drawn(replace(FRESH, tracks=6))
    np.testing.assert_array_equal(longer[0][:4], epoch[0])
    np.testing.assert_array_equal(longer[1][:4], epoch[1])


def test_some_places_of_an_epoch_are_drawn_alone(epoch):
    with FreshPool(FRESH) as pool:
        (some,) = pool.chunks(0, [1, 3])
    for drawn_alone, of_all in zip(some, epoch, strict=True):
        np.testing.assert_array_equal(drawn_alone, of_all[1::2])


def test_targets_and_images_are_those_of_the_drawn_tracks(monkeypatch):
    tracks, make = [], fresh.make_track
    monkeypatch.setattr(fresh, "make_track", lambda *a, **k: tracks.append(make(*a, **k)) or tracks[-1])
    images, targets = drawn(replace(FRESH, tracks=3, hr=True, colour=True))
    assert [BRAZIL.decode(target) for target in targets[::2]] == [track.text for track in tracks]
    np.testing.assert_array_equal(targets[::2], targets[1::2])
    assert [track.scenario for track in tracks] == ["A", "B", "A"]
    assert images.shape == (6, 5, 3, 32, 128)
    np.testing.assert_array_equal(images[2, 4], as_loaded(tracks[1].lr[4], (32, 128), colour=True))
    np.testing.assert_array_equal(images[3, 4], as_loaded(tracks[1].hr[4], (32, 128), colour=True))


def test_scenarios_and_layouts_have_their_shares(monkeypatch):
    monkeypatch.setattr(fresh, "make_track", lambda _, scenario, layout, **__: (scenario, layout))
    tracks = pd.Series([fresh._track(replace(FRESH, free=0.4), 0, place) for place in range(4000)])
    shares = tracks.value_counts(normalize=True)
    wanted = {(scenario, "Free"): 0.2 for scenario in "AB"}
    for scenario, brazilian in RECIPE.brazilian_share.items():
        wanted[scenario, "Brazilian"] = 0.3 * brazilian
        wanted[scenario, "Mercosur"] = 0.3 * (1 - brazilian)
    for kind, share in wanted.items():
        assert shares[[kind]].item() == pytest.approx(share, abs=0.03), kind


@pytest.mark.parametrize("colour", [False, True])
def test_a_fresh_frame_is_what_its_file_would_be(tmp_path, colour):
    frame = fresh._track(FRESH, 0, 1).lr[0]
    cv2.imwrite(str(tmp_path / "frame.ppm"), frame[..., ::-1])
    loaded = load_frame(tmp_path / "frame.ppm", (32, 128), colour)
    np.testing.assert_array_equal(as_loaded(frame, (32, 128), colour), loaded)


def test_drawing_needs_no_torch_and_writes_nothing(tmp_path):
    program = """
import os, sys
written = []
flags = os.O_WRONLY | os.O_RDWR | os.O_CREAT
sys.addaudithook(lambda name, args: written.append(args[0]) if name == "open" and args[2] & flags else None)
from lpr_helpers.synthetic.fresh import FreshPool, FreshTracks
assert len(next(FreshPool(FreshTracks(1, seed=0, workers=0)).chunks(0))[0]) == 1
assert "torch" not in sys.modules, "torch was imported"
assert not [path for path in written if path != "/dev/null"], written
"""
    command = [sys.executable, "-B", "-c", program]
    done = subprocess.run(
        command, cwd=tmp_path, env={"TMPDIR": str(tmp_path)}, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "wrong", [{"tracks": 0}, {"seed": -1}, {"workers": -1}, {"scenarios": ("C",)}, {"free": 2}]
)
def test_what_cannot_be_drawn_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(FRESH, **wrong)
