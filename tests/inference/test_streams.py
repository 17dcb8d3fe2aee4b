"""Streams of tracks: chunks, processes, and bad tracks that cost themselves alone."""

import subprocess

import pytest

from lpr_helpers import load_reader
from lpr_helpers.data.frame_format import Modality
from lpr_helpers.inference import ReaderSpec, chunks_of, folder_tracks, frames_hash, read_chunks
from tests.support.deadly import DeadlySpec
from tests.support.tracks import add_track


@pytest.fixture(scope="module")
def reader():
    return load_reader(device="cpu", precision="no")


@pytest.fixture
def sources(tmp_path):
    for number in range(7):
        add_track(tmp_path / f"track_{number}", hr=0)
    return folder_tracks(tmp_path, progress=False)


def test_borders_of_chunks_do_not_depend_on_what_is_finished(sources):
    names = [[item.name[-1] for item in chunk] for chunk in chunks_of(sources, size=3)]
    assert names == [["0", "1", "2"], ["3", "4", "5"], ["6"]]
    left = chunks_of(sources, {"track_1", "track_6"}, size=3)
    assert [[item.name[-1] for item in chunk] for chunk in left] == [["0", "2"], ["3", "4", "5"]]


def test_a_track_that_fails_in_a_way_nobody_thought_of_costs_itself_alone(reader, sources, monkeypatch):
    plain = reader.read_iter

    def picky(tracks, **options):
        if any(path.name == "track_3" for path in tracks):
            raise ZeroDivisionError("seven by none")
        return plain(tracks, **options)

    monkeypatch.setattr(reader, "read_iter", picky)
    readings = [one for chunk in read_chunks(chunks_of(sources), ReaderSpec(), reader) for one in chunk]
    assert [one.problem for one in readings] == [*[""] * 3, "ZeroDivisionError: seven by none", *[""] * 3]
    assert all(one.reading for one in readings if not one.problem)


def test_a_reader_that_fails_everywhere_is_no_fault_of_the_tracks(reader, sources, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("the reader gives NaN")

    monkeypatch.setattr(reader, "read_iter", broken)
    with pytest.raises(RuntimeError, match="NaN"):
        list(read_chunks(chunks_of(sources), ReaderSpec(), reader))


def test_the_hash_of_frames_is_what_the_shell_says(sources, tmp_path):
    for name in ("ir-002.png", "ir-001.png"):
        (tmp_path / "track_0" / name).write_bytes(name.encode())
    frames = sources.frames("track_0")
    assert frames_hash(frames) == shell("cat track_0/lr-* | sha256sum", tmp_path)
    infrared = frames_hash(frames, [Modality("ir", "ir-")])
    assert infrared == shell("cat track_0/lr-* track_0/ir-* | sha256sum", tmp_path)
    assert frames_hash(tmp_path / "gone") == ""


def shell(command, folder):
    """The first word that a shell's command prints in a folder."""
    done = subprocess.run(command, shell=True, check=True, cwd=folder, capture_output=True, text=True)
    return done.stdout.split()[0]


@pytest.mark.slow
def test_several_processes_read_the_same_in_the_same_order_and_survive_a_deadly_track(reader, sources):
    spec = ReaderSpec(device="cpu", precision="no")
    alone = [one for chunk in read_chunks(chunks_of(sources, size=3), spec, reader) for one in chunk]
    spec = DeadlySpec(device="cpu", precision="no", deadly="track_4")
    shared = [one for chunk in read_chunks(chunks_of(sources, size=3), spec, reader, 2) for one in chunk]
    assert [one.name for one in shared] == [one.name for one in alone]
    assert [one.name for one in shared if one.problem] == ["track_4"]
    assert "died" in shared[4].problem
    assert [one.reading for one in shared if not one.problem] == [
        one.reading for one in alone if one.name != "track_4"
    ]
