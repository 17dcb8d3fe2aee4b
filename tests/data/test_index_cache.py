"""The file that remembers every check: no file is opened twice, and what changed is noticed."""

import os

import pytest

from lpr_helpers.data import checks
from lpr_helpers.plates import PlateFormat
from tests.support.robustness import Area
from tests.support.tracks import BRAZILIAN, add_labelled, annotate, read


@pytest.fixture
def opened(monkeypatch):
    """Names of the track folders whose files are opened."""
    folders = []
    monkeypatch.setattr(
        checks, "read_bytes", lambda path, _: folders.append(path.parent.name) or path.read_bytes()
    )
    return folders


def same_tracks(one, other):
    return one.table.equals(other.table) and one.problems.equals(other.problems)


def test_second_time_no_file_is_opened(official, tmp_path, opened):
    annotate(official / "train/Scenario-A/Brazilian/track_00001", "abc1234")
    first = read(official, cache=tmp_path / "cache" / "tracks.jsonl")
    assert opened
    opened.clear()
    second = read(official, cache=tmp_path / "cache" / "tracks.jsonl")
    assert opened == []
    assert same_tracks(first, second)
    assert list((tmp_path / "cache").iterdir()) == [tmp_path / "cache" / "tracks.jsonl"]


def test_cache_notices_what_changed(official, tmp_path, opened):
    cache = tmp_path / "tracks.jsonl"
    read(official, cache=cache)
    opened.clear()
    annotate(official / "train/Scenario-A/Mercosur/track_00002", "ABC1D2", "Mercosur")
    add_labelled(official / BRAZILIAN / "track_10002", "NEW0000")
    (official / BRAZILIAN / "track_10001" / "lr-001.JPG").unlink()
    (official / BRAZILIAN / "track_10001").rename(official / BRAZILIAN / "track_10003")
    tracks = read(official, cache=cache)
    assert set(opened) == {"track_00002", "track_10002", "track_10003"}
    assert same_tracks(tracks, read(official))
    assert "track_10001" not in cache.read_text()


def test_change_of_content_alone_is_noticed(official, tmp_path):
    cache = tmp_path / "tracks.jsonl"
    read(official, cache=cache)
    frame = official / BRAZILIAN / "track_10001" / "lr-001.JPG"
    time = frame.stat().st_mtime_ns + 1_000_000
    frame.write_bytes(b"x" * frame.stat().st_size)
    os.utime(frame, ns=(time, time))
    assert read(official, cache=cache).problems.kind.tolist() == ["unreadable-image"]


@pytest.mark.parametrize("damage", ["", "not json\n", "[1]\n", '{"version": 0}\n', "\x00\xff"])
def test_damaged_cache_is_written_anew(official, tmp_path, damage):
    cache = tmp_path / "tracks.jsonl"
    fresh = read(official, cache=cache)
    good = cache.read_text()
    for content in (damage, good + damage, good.replace('"lr_sizes"', '"sizes"')):
        cache.write_text(content, encoding="latin-1")
        assert same_tracks(read(official, cache=cache), fresh)
        assert cache.read_text() == good


def test_cache_of_another_root_or_plate_is_not_believed(official, tmp_path):
    cache = tmp_path / "tracks.jsonl"
    read(official, cache=cache)
    other = read(official, plate=PlateFormat(layouts={"Brazilian": "LLLDDDD"}), cache=cache)
    assert "unknown-layout" in set(other.problems.kind)
    moved = official.rename(tmp_path / "moved")
    assert read(moved, cache=cache).table.lr[0][0].startswith(str(moved))


def test_interrupted_index_keeps_what_it_has(official, tmp_path, monkeypatch, opened):
    check = checks.check_track

    def interrupt(root, found, *said):
        if found.track_id == "track_10001":
            raise KeyboardInterrupt
        return check(root, found, *said)

    with monkeypatch.context() as patch:
        patch.setattr("lpr_helpers.data.tracks.check_track", interrupt)
        with pytest.raises(KeyboardInterrupt):
            read(official, cache=tmp_path / "tracks.jsonl")
    opened.clear()
    assert len(read(official, cache=tmp_path / "tracks.jsonl").table) == 4
    assert set(opened) == {"track_10001"}


caches = Area("Caches of the index")


def in_a_file(folder):
    (folder / "file").write_bytes(b"")
    return folder / "file" / "tracks.jsonl"


def a_folder(folder):
    return folder


def a_pipe(folder):
    os.mkfifo(folder / "pipe")
    return folder / "pipe" / "tracks.jsonl"


@pytest.mark.parametrize(
    "place",
    [
        caches("a cache below a file", "a warning; the index is there", in_a_file),
        caches("a cache that is a folder", "a warning; the index is there", a_folder),
        caches("a cache below a pipe", "a warning; the index is there", a_pipe),
    ],
)
def test_a_cache_that_cannot_be_written_is_warned_of_and_done_without(official, tmp_path, place):
    with pytest.warns(
        RuntimeWarning, match="cannot be written .*: the next check has to open every file again"
    ):
        tracks = read(official, cache=place(tmp_path))
    assert same_tracks(tracks, read(official))


caches.note("a disk that is full", "a warning; the index is there")


def test_a_full_disk_costs_the_cache_alone(official, tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.warns(RuntimeWarning, match="No space left"):
            tracks = read(official, cache=tmp_path / "tracks.jsonl")
    assert same_tracks(tracks, read(official))
    assert not (tmp_path / "tracks.jsonl").exists()


@pytest.mark.parametrize(
    "make",
    [
        caches("a pipe as cache", "never opened; replaced by a file", os.mkfifo),
        caches(
            "a cache linked to /dev/zero",
            "never opened; replaced by a file",
            lambda file: file.symlink_to("/dev/zero"),
        ),
        caches(
            "100,000 nested brackets as cache", "written anew", lambda file: file.write_bytes(b"[" * 100_000)
        ),
        caches("any other file as cache", "written anew", lambda file: file.write_bytes(b"track_id,text")),
    ],
)
def test_what_is_no_cache_is_replaced_by_one(official, tmp_path, make):
    make(tmp_path / "tracks.jsonl")
    tracks = read(official, cache=tmp_path / "tracks.jsonl")
    assert (tmp_path / "tracks.jsonl").is_file()
    assert same_tracks(tracks, read(official, cache=tmp_path / "tracks.jsonl"))
