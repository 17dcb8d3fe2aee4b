"""Where the tracks are: links, odd names, and what is no track."""

import os
from pathlib import Path

import pytest

from lpr_helpers.data.folders import DataSetError, stated_split
from lpr_helpers.data.splits import add_split, load_split, save_split
from lpr_helpers.data.tracks import problem_summary
from lpr_helpers.utils.regular import is_utf8
from tests.support.robustness import Area
from tests.support.tracks import BRAZILIAN, add_labelled, encoded, read

names = Area("Names of folders")
links = Area("Links between folders")


def mutual(root: Path) -> None:
    (root / "one" / "other").symlink_to(root / "two")
    (root / "two" / "other").symlink_to(root / "one")


def to_parent(root: Path) -> None:
    (root / "one" / "up").symlink_to("..")


def twice(root: Path) -> None:
    (root / "again").symlink_to("one")
    (root / "two" / "again").symlink_to(root / "one" / "car 1")


def chain(root: Path) -> None:
    for number in range(6):
        (root / f"link {number}").symlink_to(f"link {number + 1}" if number < 5 else "two")
        (root / "one" / f"link {number}").symlink_to(root / f"link {number}")


def circle(root: Path) -> None:
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")


@pytest.mark.parametrize(
    "make",
    [
        links("two folders that are linked to each other", "each track is found once", mutual),
        links("a link to a folder around it", "not followed", to_parent),
        links("a link to a folder that is read anyway", "each track is found once", twice),
        links("links to links", "each track is found once", chain),
        links("a link to itself, by way of another", "no folder, and ignored", circle),
    ],
)
def test_no_track_is_found_twice(tmp_path, make):
    for name in ("one", "two"):
        add_labelled(tmp_path / "set" / name / f"car {len(name + name[0])} {name}")
    add_labelled(tmp_path / "set" / "one" / "car 1")
    make(tmp_path / "set")
    tracks = read(tmp_path / "set")
    assert sorted(tracks.table.track_id) == ["car 1", "car 4 one", "car 4 two"]
    assert not [folder for folder in tracks.table.folder if "link" in folder or "again" in folder]


links.note("a link to a folder elsewhere", "followed, and read")


def test_a_link_to_a_folder_elsewhere_is_followed(tmp_path):
    add_labelled(tmp_path / "disk" / "train" / "car")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "here").symlink_to(tmp_path / "disk")
    assert read(tmp_path / "set").table.folder.tolist() == ["here/train/car"]


LATIN = os.fsdecode(b"pla\xe7a")


names.note(
    "a folder whose name is no UTF-8 (Latin-1, say)", "listed as `unreadable-folder`; nothing of it is used"
)
names.note("a frame whose name is no UTF-8", "left out, and listed")


def test_a_name_that_is_no_utf8_is_listed_and_never_fatal_later(tmp_path):
    try:
        add_labelled(tmp_path / "set" / LATIN / "car")
    except OSError:
        pytest.skip("this file system knows only UTF-8")
    folder = add_labelled(tmp_path / "set" / BRAZILIAN / "track_1")
    (folder / os.fsdecode(b"lr-00\xe9.png")).write_bytes(encoded())
    add_labelled(tmp_path / "set" / BRAZILIAN / "track_2", "ABC1235")
    tracks = read(tmp_path / "set", cache=tmp_path / "cache.jsonl")
    assert tracks.problems[["file", "kind"]].to_numpy().tolist() == [
        ["pla\\xe7a/car", "unreadable-folder"],
        [f"{BRAZILIAN}/track_1/lr-00\\xe9.png", "frame-name"],
    ]
    assert tracks.table.folder[0] == "pla\\xe7a/car"
    assert tracks.table.lr.map(len).tolist() == [0, 5, 5]
    assert is_utf8(tracks.table.to_csv() + tracks.problems.to_csv() + problem_summary(tracks).to_csv())
    again = read(tmp_path / "set", cache=tmp_path / "cache.jsonl")
    assert again.table.equals(tracks.table)
    file = save_split(add_split(tracks.table, fraction=0.5), tmp_path / "split.csv")
    assert load_split(tracks.table, file).folder.equals(tracks.table.folder)


def test_a_root_whose_name_is_no_utf8_is_refused_by_name(tmp_path):
    with pytest.raises(DataSetError, match=r"pla\\xe7a has a name that is not UTF-8.*rename"):
        read(tmp_path / LATIN)


@pytest.mark.parametrize(
    "name",
    [
        names(f"a folder named `{name}`", "read; the name is kept", name)
        for name in ("<img src=x onerror=alert(1)>", "=1+1", "çã 車", "a,b", "a'b\"c", "NA", "00012", "%s {0}", "#1")
    ],
)  # fmt: skip
def test_a_hostile_name_is_a_name_like_any_other(tmp_path, name):
    add_labelled(tmp_path / "set" / name)
    add_labelled(tmp_path / "set" / "other", "ABC1235")
    tracks = read(tmp_path / "set")
    assert name in tracks.table.track_id.tolist()
    file = save_split(add_split(tracks.table, fraction=0.5), tmp_path / "split.csv")
    assert load_split(tracks.table, file).folder.equals(tracks.table.folder)


@pytest.mark.parametrize(
    ("folder", "split"),
    [
        ("test/track_1", "test"),
        ("blind-test/day/track_1", "test"),
        ("publictest/track_1", "test"),
        ("train/Scenario-A/track_1", "train"),
        ("contest/track_1", ""),
        ("test_1", ""),
        (".", ""),
    ],
)
def test_names_above_a_track_state_its_split(folder, split):
    assert stated_split(folder) == split
