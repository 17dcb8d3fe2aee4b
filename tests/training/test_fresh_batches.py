"""Tracks drawn while training runs: shuffled into batches, and trained on."""

from dataclasses import replace
from operator import length_hint
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings, strategies as st

from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.synthetic import fresh
from lpr_helpers.synthetic.fresh import FreshPool, FreshTracks
from lpr_helpers.synthetic.recipe import RECIPE
from lpr_helpers.training import runs
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.fresh_batches import FreshBatches, shuffled
from lpr_helpers.training.loop import fit
from tests.support.batches import contents
from tests.support.fresh import FRESH, drawn
from tests.support.noise import PHASE, small, weights


def numbered(tracks, places):
    """Instead of drawn tracks, ones whose pixels tell their place and frame."""
    frames = np.arange(5 * (1 + tracks.hr), dtype=np.uint8)
    rows = [np.full((1, 1, 1), 16 * place, np.uint8) + frames[:, None, None, None] for place in places]
    targets = np.repeat(np.array(places)[:, None], 7, axis=1)
    return np.concatenate(rows).reshape(-1, 5, 1, 1, 1), np.repeat(targets, 1 + tracks.hr, axis=0)


@settings(max_examples=60, deadline=None)
@given(
    tracks=st.integers(3, 14),
    world=st.integers(1, 3),
    share=st.integers(1, 9),
    start=st.integers(0, 9),
    whole=st.booleans(),
    hr=st.booleans(),
)
def test_a_start_and_shards_of_fresh_tracks(tracks, world, share, start, whole, hr):
    drawn = []

    def draw(of, _, places):
        drawn.extend(places)
        return numbered(of, places)

    def made(process):
        return FreshBatches(pool, world * share, 1, whole=whole, shard=(process, world))

    with pytest.MonkeyPatch.context() as patch, FreshPool(FreshTracks(tracks, 0, hr=hr, workers=0)) as pool:
        patch.setattr(fresh, "draw", draw)
        patch.setattr(fresh, "CHUNK", 2)
        shards = [contents(made(process)) for process in range(world)]
        assert len(drawn) == len(set(drawn)), "no track is drawn by two processes"
        drawn.clear()
        late = made(world - 1)
        assert contents(late, start=start) == shards[-1][start:]
    to_come = {item[1][0] for batch in shards[-1][start:] for item in batch}
    assert set(drawn) == to_come, "only tracks still to come are drawn"
    seen = [item for shard in shards for batch in shard for item in batch]
    assert len(seen) == len(set(seen))
    items = tracks // world * (1 + hr) * (1 if whole else 5)
    assert [len(batch) for shard in shards for batch in shard] == [min(share, items)] * len(late) * world
    assert len(late) == max(1, items // share)


def test_processes_that_cannot_share_a_batch_are_told_so():
    pool = SimpleNamespace(fresh=FreshTracks(1, seed=0))
    for shard, size, message in [
        ((0, 2), 5, "batch_size=5 is no multiple of 2 processes"),
        ((2, 2), 4, r"shard=\(2, 2\)"),
        ((0, 4), 4, "fewer than processes"),
    ]:
        with pytest.raises(ValueError, match=message):
            FreshBatches(pool, size, shard=shard)


@pytest.fixture(scope="module")
def epoch():
    """All tracks of an epoch, in order."""
    return drawn(FRESH)


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
    recogniser = small()
    fit(recogniser, data, PHASE, run, fresh=tracks, progress=False, **options)
    return weights(recogniser)


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
