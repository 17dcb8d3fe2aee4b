"""Packed frames: once, whole, and as their files are; and the batches that are cut of them."""

import errno
import os
import resource
import signal
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from threading import Event

import cv2
import numpy as np
import pandas as pd
import pytest

from lpr_helpers.data import frames as packing
from lpr_helpers.data.batches import FrameBatches, TrackBatches
from lpr_helpers.data.frames import pack
from lpr_helpers.data.track_data import targets_of
from lpr_helpers.plates import BRAZIL
from tests.support.robustness import Area


@pytest.fixture
def table(tmp_path):
    """Four tracks; the third lacks two frames, the fourth has none."""
    rows = []
    for number, frames in enumerate([5, 5, 3, 0]):
        row = {"text": ["ABC1234", "XYZ9A87", "AAA1111", ""][number], "lr": [], "hr": []}
        for kind, (width, height) in {"lr": (44, 20), "hr": (100, 45)}.items():
            for frame in range(frames):
                file = tmp_path / f"{number}-{kind}-{frame}.png"
                image = np.full((height, width, 3), 10 * number + frame, np.uint8)
                image[:, : width // 2, 2] = 200  # red on the left
                cv2.imwrite(str(file), image)
                row[kind].append(str(file))
        rows.append(row)
    return pd.DataFrame(rows)


def test_packing_keeps_rows_sizes_and_missing_frames(table, tmp_path):
    lr, hr = (
        pack(table, tmp_path / "lr", progress=False),
        pack(table, tmp_path / "hr", kind="hr", progress=False),
    )
    assert lr.images.shape == (4, 5, 1, 32, 128)
    assert hr.images.shape == (4, 5, 1, 64, 256)
    assert isinstance(lr.images, np.memmap)
    assert lr.valid.sum(1).tolist() == [5, 5, 3, 0]
    assert lr.images[1, 2, 0, 16, 100] == 12
    assert not lr.images[2, 3:].any()


def test_colour_is_red_green_blue(table, tmp_path):
    packed = pack(table, tmp_path / "rgb", colour=True, progress=False)
    assert packed.images[0, 0, :, 16, 10].tolist() == [200, 0, 0]


def test_packing_is_reused_until_a_file_changes(table, tmp_path):
    folder = tmp_path / "lr"
    pack(table, folder, progress=False)
    made = (folder / "images.npy").stat().st_mtime_ns
    pack(table, folder, progress=False)
    assert (folder / "images.npy").stat().st_mtime_ns == made
    cv2.imwrite(table.lr[0][0], np.full((21, 45), 250, np.uint8))
    assert pack(table, folder, progress=False).images[0, 0].min() == 250


def test_a_damaged_array_is_packed_anew(table, tmp_path):
    folder = tmp_path / "lr"
    before = pack(table, folder, progress=False).images.copy()
    with (folder / "images.npy").open("r+b") as stream:
        stream.truncate(1000)
    assert np.array_equal(pack(table, folder, progress=False).images, before)


def test_an_unreadable_frame_is_named_and_stops_nothing(table, tmp_path):
    broken = table.lr[1][4]
    with open(broken, "wb") as stream:  # noqa: PTH123
        stream.write(b"no image")
    packed = pack(table, tmp_path / "lr", progress=False)
    assert packed.unreadable == (broken,)
    assert packed.valid.sum(1).tolist() == [5, 4, 3, 0]


def test_packing_that_fails_leaves_nothing(table, tmp_path, monkeypatch):
    monkeypatch.setattr("lpr_helpers.data.frames.load_frame", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pack(table, tmp_path / "packed" / "lr", progress=False)
    assert list((tmp_path / "packed").iterdir()) == []


def test_track_batches_hold_every_track_once_in_order(table, tmp_path):
    lr = pack(table, tmp_path / "lr", progress=False)
    batches = list(TrackBatches(lr, [3, 0, 2], batch_size=2, targets=targets_of(table, BRAZIL)))
    assert [batch.rows.tolist() for batch in batches] == [[3, 0], [2]]
    assert batches[0].images.shape == (2, 5, 1, 32, 128)
    assert BRAZIL.decode(batches[1].targets[0]) == "AAA1111"
    assert (batches[0].targets[0] == -1).all()
    assert batches[0].valid.tolist() == [[False] * 5, [True] * 5]


def test_frame_batches_draw_each_valid_frame_once_from_both_sources(table, tmp_path):
    lr, hr = (
        pack(table, tmp_path / "lr", progress=False),
        pack(table, tmp_path / "hr", kind="hr", progress=False),
    )
    batches = FrameBatches([lr, hr], targets_of(table, BRAZIL), [0, 2], batch_size=4, seed=3)
    drawn = [(batch.images.shape[1:], row) for batch in batches for row in batch.rows.tolist()]
    assert len(drawn) == 16  # (5 + 3) × 2 sources
    assert {row for _, row in drawn} == {0, 2}
    assert {shape for shape, _ in drawn} == {(1, 1, 32, 128)}


def test_the_order_of_frames_depends_on_seed_and_epoch_alone(table, tmp_path):
    lr = pack(table, tmp_path / "lr", progress=False)

    def order(seed, epoch):
        batches = FrameBatches([lr], targets_of(table, BRAZIL), [0, 1, 2], batch_size=13, seed=seed)
        batches.epoch = epoch
        return next(iter(batches)).images.flatten(1).mean(1).tolist()

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


robust = Area("Two processes in one folder")
robust.note(
    "two processes that pack the same tracks", "the second waits for the first and uses what it packed"
)


def test_of_two_that_pack_the_second_uses_what_the_first_packed(table, tmp_path, monkeypatch):
    """As two notebooks do that are started together."""
    packed, begun, decode = [], Event(), packing.load_frame

    def slowly(*arguments):
        begun.set()
        packed.append(arguments)
        return decode(*arguments)

    monkeypatch.setattr(packing, "load_frame", slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(pack, table, tmp_path / "lr", progress=False)
        begun.wait(10)
        second = pool.submit(pack, table, tmp_path / "lr", progress=False)
        assert np.array_equal(first.result().images, second.result().images)
    assert len(packed) == sum(map(len, table["lr"]))
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".png"] == ["lr"]


def _pack_on_a_full_disk(table, folder, report):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
    try:
        pack(table, folder, progress=False)
    except OSError as error:
        report.send(str(error))


space = Area("A disk that is full")
space.note(
    "packing frames where there is no room for them", "one sentence, before any is decoded; nothing is left"
)


@pytest.mark.slow
def test_frames_that_find_no_room_are_said_to(table, tmp_path):
    context = get_context("spawn")
    heard, report = context.Pipe(duplex=False)
    process = context.Process(target=_pack_on_a_full_disk, args=(table, tmp_path / "lr", report))
    process.start()
    process.join(60)
    assert heard.poll()
    assert "no room for an array of 0.1 MB (File too large): make room on that disk" in heard.recv()
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".png"]


def test_a_disk_that_fills_up_is_noticed_before_the_frames_are_written(table, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with pytest.raises(OSError, match=r"no room for an array of 0\.1 MB \(No space left on device\)"):
        pack(table, tmp_path / "lr", progress=False)
