import weakref
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lpr_helpers.data import store
from lpr_helpers.data.batches import FrameBatches, TrackBatches, to_float
from lpr_helpers.data.frames import Packed
from lpr_helpers.data.store import Store, fits, read_units
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic import fresh
from lpr_helpers.synthetic.fresh import FreshPool, FreshTracks
from lpr_helpers.training.fresh_batches import FreshBatches

TRACKS, FRAMES, SIZE = 13, 3, (2, 4)
TARGETS = np.arange(TRACKS * 7).reshape(TRACKS, 7) % 36


def packed(folder, name, scale, seed):
    """Tracks of noise in a memory map of their own; some frames are missing, and the last track is empty."""
    rng = np.random.default_rng(seed)
    shape = (TRACKS, FRAMES, 1, scale * SIZE[0], scale * SIZE[1])
    valid = rng.random(shape[:2]) < 0.8
    valid[-1] = False
    np.save(folder / f"{name}.npy", rng.integers(0, 255, shape, dtype=np.uint8))
    return Packed(np.load(folder / f"{name}.npy", mmap_mode="r"), valid)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packed")
    return [packed(folder, "lr", 1, seed=1), packed(folder, "hr", 2, seed=2)]


def stream(batches, block=40, window=2):
    """The same batches, streamed in blocks of a few frames."""
    batches.store = Store(batches.store.sources, "cpu", streamed=True, block=block, window=window)
    return batches


def told(batches, epoch=0, start=0):
    """All that the batches of an epoch say, as plain values: a list of items for each batch."""
    batches.epoch, batches.start = epoch, start
    return [
        [
            (row, tuple(target), tuple(valid), image.numpy().tobytes())
            for row, target, valid, image in zip(
                batch.rows.tolist(), batch.targets.tolist(), batch.valid.tolist(), batch.images, strict=True
            )
        ]
        for batch in batches
    ]


def joined(batches):
    """The items of some batches, in no order."""
    return sorted(item for batch in batches for item in batch)


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
        list(FrameBatches(sources, TARGETS, range(13), batch_size=8, seed=5, poor=poor))
        for poor in (False, True)
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


BATCHES = {
    "rows": st.lists(st.integers(0, TRACKS - 1), min_size=4, max_size=TRACKS, unique=True),
    "world": st.integers(1, 3),
    "share": st.integers(1, 12),
    "start": st.integers(0, 6),
    "whole": st.booleans(),
}


@settings(max_examples=60, deadline=None)
@given(**BATCHES, streamed=st.booleans(), seed=st.integers(0, 9))
def test_a_start_and_shards_cut_the_same_training_batches(
    sources, rows, world, share, start, whole, streamed, seed
):
    def made(shard=(0, 1)):
        batches = FrameBatches(sources, TARGETS, rows, world * share, seed, whole=whole, shard=shard)
        return stream(batches) if streamed else batches

    alone = told(made(), epoch=1)
    assert told(made(), epoch=1, start=start) == alone[start:]
    shards = [told(made((process, world)), epoch=1) for process in range(world)]
    equal = len(alone[0]) // world
    assert {len(batch) for shard in shards for batch in shard} == {equal}
    if len(made().items) >= world * share:
        together = zip(*shards, strict=True)
        assert [joined(parts) for parts in together] == [sorted(batch) for batch in alone]
        assert told(made((world - 1, world)), epoch=1, start=start) == shards[-1][start:]


@given(**BATCHES)
@settings(max_examples=40, deadline=None)
def test_streamed_and_resident_epochs_hold_the_same_items(sources, rows, world, share, start, whole):
    batches = FrameBatches(sources, TARGETS, rows, 1, whole=whole)
    everything = joined(told(batches))
    assert len(everything) == len(batches.items)
    assert joined(told(stream(batches))) == everything
    batches = stream(FrameBatches(sources, TARGETS, rows, world * share, whole=whole), window=start + 1)
    found = joined(told(batches))
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
        batches = TrackBatches(sources[0], TARGETS, rows, size, shard=shard)
        return stream(batches) if streamed else batches

    alone = told(made())
    assert [item[0] for batch in alone for item in batch] == rows
    assert len(alone) == len(made())
    assert {len(batch) for batch in alone[:-1]} <= {size}
    assert told(made(), start=start) == alone[start:]
    shards = [told(made((process, world))) for process in range(world)]
    for process, shard in enumerate(shards):
        assert [item[0] for batch in shard for item in batch] == rows[process::world]
        assert len(shard) <= len(made((process, world)))
        assert told(made((process, world)), start=start) == shard[start:]
    if rows:
        assert len(shards[0]) == len(made((0, world)))


def test_a_streamed_epoch_mixes_far_tracks_and_reads_near_ones(sources, monkeypatch):
    reads = []
    monkeypatch.setattr(store, "read_units", lambda images, units: reads.append(units) or images[units])
    lr = Packed(sources[0].images, np.ones((TRACKS, FRAMES), dtype=bool))
    batches = FrameBatches([lr], TARGETS, range(12), 1, seed=1)
    rows = [batch.rows.item() for batch in stream(batches, block=6 * 8, window=2)]
    assert [len(units) for units in reads] == [12] * 3
    assert all(len(np.unique(units // 6)) == 2 for units in reads), "two blocks of six neighbours"
    assert any(np.ptp(units) > 12 for units in reads), "from anywhere"
    for number, units in enumerate(reads):
        here = rows[12 * number : 12 * number + 12]
        assert sorted(here) == (units // FRAMES).tolist()
        assert here != sorted(here)


def test_no_more_than_two_windows_are_in_memory(sources, monkeypatch):
    alive, most = weakref.WeakSet(), []

    class Pixels(np.ndarray):
        __hash__ = object.__hash__

    def read(images, units):
        most.append(len(alive))
        found = images[units].view(Pixels)
        alive.add(found)
        return found

    monkeypatch.setattr(store, "read_units", read)
    batches = stream(FrameBatches(sources[:1], TARGETS, range(TRACKS), 5), block=24, window=1)
    assert len(list(batches)) > 1
    assert len(most) > 5
    assert max(most) == 1, "when a window is read, only the one in use is there"
    assert not alive


def test_what_is_skipped_is_not_read(sources, monkeypatch):
    reads = []
    monkeypatch.setattr(store, "read_units", lambda images, units: reads.extend(units) or images[units])
    batches = stream(FrameBatches(sources[:1], TARGETS, range(TRACKS), 4))
    batches.start = 3
    rows = [row for batch in batches for row in batch.rows.tolist()]
    assert sorted(rows) == sorted(unit // FRAMES for unit in reads)
    reads.clear()
    batches.start = len(batches)
    assert list(batches) == reads == []


@pytest.mark.parametrize("cut", [slice(None), slice(3, 9), slice(None, None, 2)])
def test_units_read_from_the_file_are_those_of_the_map(sources, cut):
    images = sources[1].images[cut]
    for view in (images, images.reshape(-1, *images.shape[2:])):
        for units in ([], [0], [1, 2, 3], [0, 2, 3, len(view) - 1]):
            np.testing.assert_array_equal(read_units(view, np.array(units, dtype=int)), view[units])


def test_a_file_that_has_shrunk_is_named(tmp_path):
    lr = packed(tmp_path, "lr", 1, seed=1)
    np.save(tmp_path / "lr.npy", lr.images[:2].copy())
    with pytest.raises(OSError, match=r"lr\.npy has become shorter"):
        list(stream(FrameBatches([lr], TARGETS, range(TRACKS), 4)))


def test_images_kept_on_a_device_are_the_packed_ones(sources):
    batches = FrameBatches(sources, TARGETS, range(TRACKS), 6)
    wanted = told(batches)
    held = [store._upload(images, torch.device("cpu"), per_block=5) for images in batches.store.sources]
    assert all(isinstance(images, torch.Tensor) for images in held)
    batches.store._resident = held
    assert told(batches) == wanted


def test_images_are_resident_if_they_all_fit(sources, monkeypatch):
    maps = [source.images for source in sources]
    taken = sum(images.nbytes for images in maps)
    monkeypatch.setattr(store, "free_memory", lambda _: 2 * taken)
    assert fits(maps, "cpu")
    assert not Store(maps).streamed
    monkeypatch.setattr(store, "free_memory", lambda _: 2 * taken - 1)
    assert not fits(maps, "cpu")
    assert fits(maps[:1], "cpu")
    assert FrameBatches(sources, TARGETS, [0, 1], 2).store.streamed
    assert not Store(maps, streamed=False).streamed
    assert fits([np.array(images) for images in maps], "cpu"), "arrays are in memory already"
    assert not fits([np.array(images) for images in maps], "cuda")
    monkeypatch.setattr(store, "free_memory", lambda _: None)
    assert fits(maps, "cpu")


def test_free_memory_is_what_the_system_says(monkeypatch):
    monkeypatch.setattr(store.Path, "read_text", lambda *_: "MemTotal: 9 kB\nMemAvailable:   5 kB\n")
    assert store.free_memory(torch.device("cpu")) == 5 * 1024

    def nothing(*_):
        raise FileNotFoundError

    monkeypatch.setattr(store.Path, "read_text", nothing)
    assert store.free_memory(torch.device("cpu")) is None


def test_processes_that_cannot_share_a_batch_are_told_so(sources):
    pool = SimpleNamespace(fresh=FreshTracks(1, seed=0))
    for shard, size, message in [
        ((0, 2), 5, "batch_size=5 is no multiple of 2 processes"),
        ((2, 2), 4, r"shard=\(2, 2\)"),
        ((0, 4), 4, "fewer than processes"),
    ]:
        with pytest.raises(ValueError, match=message):
            FrameBatches(sources[:1], TARGETS, [0], size, shard=shard)
        with pytest.raises(ValueError, match=message):
            FreshBatches(pool, size, shard=shard)
    with pytest.raises(ValueError, match="0 frames or tracks"):
        FrameBatches(sources, TARGETS, [TRACKS - 1], 4)


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
        shards = [told(made(process)) for process in range(world)]
        assert len(drawn) == len(set(drawn)), "no track is drawn by two processes"
        drawn.clear()
        late = made(world - 1)
        assert told(late, start=start) == shards[-1][start:]
    to_come = {item[1][0] for batch in shards[-1][start:] for item in batch}
    assert set(drawn) == to_come, "only tracks still to come are drawn"
    seen = [item for shard in shards for batch in shard for item in batch]
    assert len(seen) == len(set(seen))
    items = tracks // world * (1 + hr) * (1 if whole else 5)
    assert [len(batch) for shard in shards for batch in shard] == [min(share, items)] * len(late) * world
    assert len(late) == max(1, items // share)


def test_targets_are_minus_one_where_there_is_no_plate():
    targets = targets_of(pd.DataFrame({"text": ["ABC1234", "", "ABC123", "abc1234"]}), BRAZIL)
    assert BRAZIL.decode(targets[0]) == "ABC1234"
    assert (targets[1:] == -1).all()
