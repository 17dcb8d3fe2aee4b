"""Batches: every item once, whatever the process, the start and the way frames are read."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from lpr_helpers.data.batches import FrameBatches, TrackBatches, drawn_by_weight, to_float
from lpr_helpers.transforms.degradation import degrade
from tests.support.batches import FRAMES, SIZE, TARGETS, TRACKS, contents, joined, stream


def test_resident_frames_come_in_the_order_they_always_had(sources):
    """Old runs can be repeated only if this never changes: one permutation of all frames, each batch by source."""
    batches = FrameBatches(sources, TARGETS, range(2, 13), batch_size=8, seed=5)
    batches.epoch = 3
    items = [
        (number, row, frame)
        for number, source in enumerate(sources)
        for row in range(2, 13)
        for frame in range(FRAMES)
        if source.valid[row, frame]
    ]
    order = np.random.default_rng([5, 3]).permutation(len(items))
    found = list(batches)
    assert len(found) == len(batches) == len(items) // 8
    for number, batch in enumerate(found):
        wanted = sorted((items[i] for i in order[8 * number : 8 * number + 8]), key=lambda item: item[0])
        assert batch.rows.tolist() == [row for _, row, _ in wanted]
        for image, (source, row, frame) in zip(batch.images, wanted, strict=True):
            pixels = torch.tensor(sources[source].images[row, frame]).float() / 255
            if source == 1:
                pixels = pixels.unflatten(1, (2, 2)).unflatten(3, (4, 2)).mean((2, 4))
            torch.testing.assert_close(image[0], pixels)


def test_high_resolution_frames_can_be_made_poor(sources):
    usual, poor = (
        list(FrameBatches(sources, TARGETS, range(13), batch_size=8, seed=5, hr_transform=transform))
        for transform in (None, degrade)
    )
    changed = [
        [not torch.equal(*images) for images in zip(one.images, other.images, strict=True)]
        for one, other in zip(usual, poor, strict=True)
    ]
    frames = sources[1].valid[:13].sum()
    assert abs(sum(map(sum, changed)) - frames) < 8  # a remainder smaller than a batch is left out
    assert all(
        row == sorted(row) for row in changed
    )  # the first source's frames, which come first, are untouched


UNEVEN = np.where(np.arange(TRACKS) < 4, 3.0, 1.0)
"""Weights that favour the first tracks."""
BATCHES = {
    "rows": st.lists(st.integers(0, TRACKS - 1), min_size=4, max_size=TRACKS, unique=True),
    "world": st.integers(1, 3),
    "share": st.integers(1, 12),
    "start": st.integers(0, 6),
    "whole": st.booleans(),
}


@settings(max_examples=60, deadline=None)
@given(**BATCHES, streamed=st.booleans(), seed=st.integers(0, 9), weights=st.sampled_from([None, UNEVEN]))
def test_a_start_and_shards_cut_the_same_training_batches(
    sources, rows, world, share, start, whole, streamed, seed, weights
):
    def made(shard=(0, 1)):
        options = {"whole": whole, "shard": shard, "weights": weights}
        batches = FrameBatches(sources, TARGETS, rows, world * share, seed, **options)
        return stream(batches) if streamed else batches

    alone = contents(made(), epoch=1)
    assert contents(made(), epoch=1, start=start) == alone[start:]
    shards = [contents(made((process, world)), epoch=1) for process in range(world)]
    equal = len(alone[0]) // world
    assert {len(batch) for shard in shards for batch in shard} == {equal}
    if len(made().items) >= world * share:
        together = zip(*shards, strict=True)
        assert [joined(parts) for parts in together] == [sorted(batch) for batch in alone]
        assert contents(made((world - 1, world)), epoch=1, start=start) == shards[-1][start:]


@given(**BATCHES)
@settings(max_examples=40, deadline=None)
def test_streamed_and_resident_epochs_hold_the_same_items(sources, rows, world, share, start, whole):
    batches = FrameBatches(sources, TARGETS, rows, 1, whole=whole)
    everything = joined(contents(batches))
    assert len(everything) == len(batches.items)
    assert joined(contents(stream(batches))) == everything
    batches = stream(FrameBatches(sources, TARGETS, rows, world * share, whole=whole), window=start + 1)
    found = joined(contents(batches))
    assert len(found) > len(everything) - world * share
    assert set(found) <= set(everything)


def test_whole_tracks_train_with_their_frames_together_and_missing_ones_marked(sources):
    lr, hr = sources
    (batch,) = FrameBatches(sources, TARGETS, range(TRACKS), batch_size=24, whole=True)
    assert batch.images.shape == (24, FRAMES, 1, *SIZE)
    assert batch.rows.tolist().count(TRACKS - 1) == 0, "a track without a frame teaches nothing"
    for place, row in enumerate(batch.rows[:12].tolist()):
        torch.testing.assert_close(batch.images[place], to_float(lr.images[row].copy(), "cpu"))
        assert batch.valid[place].tolist() == lr.valid[row].tolist()
    for place, row in enumerate(batch.rows[12:].tolist(), 12):
        halves = to_float(hr.images[row].copy(), "cpu").unflatten(2, (2, 2)).unflatten(4, (4, 2)).mean((3, 5))
        torch.testing.assert_close(batch.images[place], halves)
        assert batch.valid[place].tolist() == hr.valid[row].tolist()


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.integers(0, TRACKS - 1), max_size=TRACKS),
    world=st.integers(1, 4),
    size=st.integers(1, 9),
    start=st.integers(0, 6),
    streamed=st.booleans(),
)
def test_reading_in_order_gives_every_track_to_one_process(sources, rows, world, size, start, streamed):
    def made(shard=(0, 1)):
        batches = TrackBatches(sources[0], rows, size, targets=TARGETS, shard=shard)
        return stream(batches) if streamed else batches

    alone = contents(made())
    assert [item[0] for batch in alone for item in batch] == rows
    assert len(alone) == len(made())
    assert {len(batch) for batch in alone[:-1]} <= {size}
    assert contents(made(), start=start) == alone[start:]
    shards = [contents(made((process, world))) for process in range(world)]
    for process, shard in enumerate(shards):
        assert [item[0] for batch in shard for item in batch] == rows[process::world]
        assert len(shard) <= len(made((process, world)))
        assert contents(made((process, world)), start=start) == shard[start:]
    if rows:
        assert len(shards[0]) == len(made((0, world)))


def test_tracks_of_more_weight_come_more_often_and_an_epoch_stays_as_long(sources):
    plain, favoured = (
        FrameBatches(sources[:1], TARGETS, range(12), 4, whole=True, weights=weights)
        for weights in (None, UNEVEN)
    )
    assert len(favoured) == len(plain) == 3
    rows = np.array(
        [[row for batch in epoch for row, *_ in batch] for epoch in map(epochs(favoured), range(40))]
    )
    counts = np.bincount(rows.flatten(), minlength=TRACKS) / 40
    # 12 tracks whose weights add up to 20
    assert counts[:4] == pytest.approx(12 * 3 / 20, abs=0.25)
    assert counts[4:12] == pytest.approx(12 * 1 / 20, abs=0.25)
    each = np.array([np.bincount(some, minlength=TRACKS) for some in rows])
    assert set(each[:, :4].flatten()) == {1, 2}
    assert set(each[:, 4:12].flatten()) == {0, 1}
    assert set(each[:, :4].sum(1)) <= {7, 8}, "the share of a weight is that of every epoch"


def epochs(batches):
    return lambda epoch: contents(batches, epoch)


@given(
    weights=st.lists(st.sampled_from([0.1, 1.0, 3.0, 7.5]), min_size=1, max_size=50), seed=st.integers(0, 99)
)
def test_each_comes_as_often_as_its_weight_says_give_or_take_one(weights, seed):
    weights = np.array(weights)
    drawn = drawn_by_weight(weights, np.random.default_rng(seed))
    counts = np.bincount(drawn, minlength=len(weights))
    assert len(drawn) == len(weights)
    for each in np.unique(weights):
        of = weights == each
        assert (abs(counts[of] - len(weights) * each / weights.sum()) < 1 + 1e-9).all()
        assert abs(counts[of].sum() - of.sum() * len(weights) * each / weights.sum()) < 1 + 1e-9


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_a_weight_is_a_number_above_nothing(sources, wrong):
    with pytest.raises(ValueError, match="a number above 0"):
        FrameBatches(sources, TARGETS, [0, 1], 2, weights=np.where(np.arange(TRACKS) == 1, wrong, 1.0))


def test_processes_that_cannot_share_a_batch_are_told_so(sources):
    for shard, size, message in [
        ((0, 2), 5, "batch_size=5 is no multiple of 2 processes"),
        ((2, 2), 4, r"shard=\(2, 2\)"),
        ((0, 4), 4, "fewer than processes"),
    ]:
        with pytest.raises(ValueError, match=message):
            FrameBatches(sources[:1], TARGETS, [0], size, shard=shard)
    with pytest.raises(ValueError, match="0 frames or tracks"):
        FrameBatches(sources, TARGETS, [TRACKS - 1], 4)
