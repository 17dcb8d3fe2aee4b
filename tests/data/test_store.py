"""The store of packed images: resident or streamed from their file, and never more in memory than two windows."""

import weakref
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lpr_helpers.data import store
from lpr_helpers.data.batches import FrameBatches
from lpr_helpers.data.frames import Packed
from lpr_helpers.data.store import Store, fits, read_units
from tests.support.batches import FRAMES, TARGETS, TRACKS, contents, packed, stream


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
    wanted = contents(batches)
    held = [store._upload(images, torch.device("cpu"), per_block=5) for images in batches.store.sources]
    assert all(isinstance(images, torch.Tensor) for images in held)
    batches.store._resident = held
    assert contents(batches) == wanted


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


def test_free_memory_is_what_the_system_says(monkeypatch):
    monkeypatch.setattr(store.psutil, "virtual_memory", lambda: SimpleNamespace(available=5120))
    assert store.free_memory(torch.device("cpu")) == 5120
