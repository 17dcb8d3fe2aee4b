import subprocess
import sys
from dataclasses import replace
from operator import length_hint

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.synthetic import fresh
from lpr_helpers.synthetic.fresh import FreshPool, FreshTracks, as_loaded
from lpr_helpers.synthetic.recipe import RECIPE
from lpr_helpers.training import runs
from lpr_helpers.training.fresh_batches import FreshBatches, shuffled
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import PHASE1
from lpr_helpers.training.state import TrainingError
from lpr_helpers.utils.images import load_frame

FRESH = FreshTracks(4, seed=7, workers=0)
PHASE = replace(PHASE1, epochs=2, batch_size=8, precision="no", augmentation="light")


def drawn(tracks: FreshTracks, epoch: int = 0):
    """A whole epoch: images [n, F, C, H, W] and targets [n, 7]."""
    with FreshPool(tracks) as pool:
        images, targets = zip(*pool.chunks(epoch), strict=True)
    return np.concatenate(images), np.concatenate(targets)


@pytest.fixture(scope="module")
def epoch():
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
        command, cwd=tmp_path, env={"TMPDIR": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "wrong", [{"tracks": 0}, {"seed": -1}, {"workers": -1}, {"scenarios": ("C",)}, {"free": 2}]
)
def test_what_cannot_be_drawn_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(FRESH, **wrong)


def test_every_frame_comes_once_shuffled_with_its_text(epoch):
    with FreshPool(FRESH) as pool:
        batches = FreshBatches(pool, batch_size=6, seed=1)
        found = list(batches)
        assert len(found) == len(batches) == 3
        assert [batch.images.shape for batch in found] == [(6, 1, 1, 32, 128)] * 3
        whole = FreshBatches(pool, batch_size=10, seed=1)
        first = next(iter(whole))
        assert torch.equal(next(iter(whole)).images, first.images)
        whole.epoch = 1
        assert not torch.equal(next(iter(whole)).images, first.images)
    truth = {
        frame.tobytes(): tuple(target)
        for track, target in zip(*epoch, strict=True)
        for frame in track[:, None]
    }
    seen = {}
    for batch in found:
        assert batch.valid.all()
        assert (batch.rows == -1).all()
        for image, target in zip(batch.images, batch.targets, strict=True):
            seen[(image * 255).round().byte().numpy().tobytes()] = tuple(target.tolist())
    assert len(seen) == 18
    assert seen.items() <= truth.items()


def test_whole_tracks_keep_their_frames_together(epoch):
    with FreshPool(FRESH) as pool:
        (batch,) = FreshBatches(pool, batch_size=4, whole=True)
    assert (batch.images.shape, batch.valid.shape) == ((4, 5, 1, 32, 128), (4, 5))
    order = [epoch[1].tolist().index(target) for target in batch.targets.tolist()]
    np.testing.assert_array_equal((batch.images * 255).round().byte().numpy(), epoch[0][order])


def test_an_epoch_smaller_than_a_batch_is_one_batch():
    with FreshPool(replace(FRESH, tracks=1)) as pool:
        batches = FreshBatches(pool, batch_size=64)
        assert [len(batch.images) for batch in batches] == [5] * len(batches)


@given(st.integers(0, 50), st.integers(1, 60), st.integers(0, 9))
def test_shuffling_loses_nothing_and_keeps_little(count, size, seed):
    left, given_out = iter(range(count)), []
    for item in shuffled(left, size, np.random.default_rng(seed)):
        given_out.append(item)
        assert count - length_hint(left) - len(given_out) <= size
    assert sorted(given_out) == list(range(count))


@pytest.fixture(scope="module")
def data():
    """Two validation tracks of noise, and nothing to train on."""
    table = pd.DataFrame(
        {
            "track_id": ["track_00001", "track_00002"],
            "folder": ["train/track_00001", "train/track_00002"],
            "text": ["ABC1234", "BRA2E19"],
            "scenario": "B",
            "layout": ["Brazilian", "Mercosur"],
            "split": "val",
            "trainable": True,
            "lr": [[], []],
            "hr": [[], []],
        }
    )
    images = np.random.default_rng(0).integers(0, 255, (2, 2, 1, 32, 128), dtype=np.uint8)
    return TrackData(table, BRAZIL, Packed(images, np.ones((2, 2), dtype=bool)))


def train(data, run, tracks=FRESH, **options):
    recogniser = Recogniser.new(BRAZIL, hidden=16)
    fit(recogniser, data, PHASE, run, fresh=tracks, progress=False, **options)
    return torch.cat([tensor.flatten().float() for tensor in recogniser.model.state_dict().values()])


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "fresh"
    return run, train(data, run)


def test_fresh_tracks_train_without_a_training_split(trained):
    history = runs.read_history(trained[0])
    assert history["epoch"].tolist() == [1, 2]
    assert np.isfinite(history["loss"]).all()


def test_an_interrupted_run_continues_to_the_very_same_weights(trained, data, tmp_path):
    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(data, tmp_path / "run", on_epoch=interrupt)
    assert torch.equal(train(data, tmp_path / "run"), trained[1])


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"seed": 8}, "seed was 7, is 8"),
        ({"recipe": replace(RECIPE, brazilian_share={"A": 0.5, "B": 0.3})}, "recipe was"),
        ({"free": 0.0}, "free was"),
    ],
)
def test_a_run_on_other_fresh_tracks_is_refused_by_name(trained, data, change, name):
    with pytest.raises(TrainingError, match=rf"fresh\.{name}"):
        train(data, trained[0], replace(FRESH, **change))


def test_the_number_of_processes_does_not_make_another_run(trained, data):
    assert torch.equal(train(data, trained[0], replace(FRESH, workers=3)), trained[1])


def test_fresh_tracks_unlike_the_data_are_refused(data, tmp_path):
    with pytest.raises(TrainingError, match=r"fresh frames are \(3, 32, 128\), the data's \(1, 32, 128\)"):
        train(data, tmp_path / "run", replace(FRESH, colour=True))
    foreign = replace(data, plate=PlateFormat("01AB", {"Own": "LD"}))
    with pytest.raises(TrainingError, match="the data's 2 of 01AB"):
        train(foreign, tmp_path / "run")
