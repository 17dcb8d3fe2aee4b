"""Reading a folder of tracks: what is found, and what is wrong with it."""

import os
from pathlib import Path

import pytest

from lpr_helpers.data.folders import LABEL_FILE, DataSetError
from lpr_helpers.data.tracks import problem_summary
from lpr_helpers.plates import PlateFormat
from tests.support.robustness import Area
from tests.support.tracks import BRAZILIAN, add_labelled, add_track, annotate, encoded, read


def test_official_layout_gives_one_row_a_track(official):
    tracks = read(official)
    columns = ["track_id", "split", "scenario", "layout", "text", "trainable"]
    assert tracks.table[columns].to_numpy().tolist() == [
        ["track_00001", "test", "", "", "", False],
        ["track_00001", "train", "A", "Brazilian", "ABC1234", True],
        ["track_00002", "train", "A", "Mercosur", "ABC1D23", True],
        ["track_10001", "train", "B", "Brazilian", "XYZ9876", True],
    ]
    assert tracks.table.folder[3] == f"{BRAZILIAN}/track_10001"
    assert tracks.table.lr.map(len).tolist() == [5] * 4
    assert tracks.table.hr.map(len).tolist() == [0, 5, 5, 5]
    assert tracks.table.lr_sizes[0] == [(12, 6)] * 5
    assert tracks.problems.empty
    assert list(tracks.problems) == ["track_id", "file", "kind", "message", "repaired"]


def test_root_may_be_any_folder_of_the_data_set(official):
    whole = read(official).table
    train = read(official / "train").table
    assert train.text.tolist() == ["ABC1234", "ABC1D23", "XYZ9876"]
    assert read(official / BRAZILIAN).table[["split", "scenario", "layout"]].to_numpy().tolist() == [
        ["train", "B", "Brazilian"]
    ]
    one = read(official / BRAZILIAN / "track_10001").table
    assert one.lr[0] == whole.lr[3]
    assert one.track_id[0] == "track_10001"
    (official / "train").rename(official / "unpacked")
    assert set(read(official / "unpacked").table.split) == {"train"}


def test_frames_are_sorted_by_name_in_any_letter_case_and_ending(tmp_path):
    folder = tmp_path / "set" / BRAZILIAN / "track_00001"
    folder.mkdir(parents=True)
    for name in ["lr-004.PNG", "LR-002.Jpg", "lr-001.jpeg", "lr-005.JPEG", "lr-003.BMP"]:
        (folder / name).write_bytes(encoded(Path(name).suffix.lower()))
    annotate(folder)
    tracks = read(tmp_path / "set")
    found = [Path(path).name for path in tracks.table.lr[0]]
    assert found == ["lr-001.jpeg", "LR-002.Jpg", "lr-003.BMP", "lr-004.PNG", "lr-005.JPEG"]
    assert all(Path(path).is_absolute() for path in tracks.table.lr[0])
    assert tracks.problems.empty  # a set without any HR frame is complete without them


def test_test_folders_are_read_before_and_after_their_release(tmp_path):
    add_track(tmp_path / "blind-test/track_00007", ".jpg", hr=0)
    released = add_track(tmp_path / "released_test/track_00003", ".jpg", hr=0)
    annotate(released, "ABC1D23", "Mercosur", corners={})
    table = read(tmp_path / "blind-test").table
    assert table[["split", "text"]].to_numpy().tolist() == [["test", ""]]
    for tracks in (read(tmp_path), read(tmp_path / "released_test", split="test")):
        row = tracks.table[["split", "text", "layout"]].to_numpy().tolist()[-1]
        assert row == ["test", "ABC1D23", "Mercosur"]
        assert tracks.problems.empty


names = Area("Names of folders")


@pytest.mark.parametrize(
    ("root", "folder", "split"),
    [
        names("a root named `my_test_set`", "its annotated tracks are trained on", "my_test_set", "car", "train"),
        names("a root named `test`", "its annotated tracks are trained on", "test", "day/car", "train"),
        names("a track named `test_car`", "it is trained on if it is annotated", "mine", "test_car", "train"),
        names("a folder `contest` above a track", "it says nothing", "mine", "contest/car", "train"),
        names("a folder with `test` in its name", "its tracks are test tracks", "mine", "my-test/car", "test"),
        names("`train` below `test`", "the nearer folder counts", "mine", "test/train/car", "train"),
    ],
)  # fmt: skip
def test_only_names_below_the_root_and_above_the_track_tell_training_from_test(tmp_path, root, folder, split):
    add_labelled(tmp_path / root / folder)
    row = read(tmp_path / root).table.iloc[0]
    assert (row.split, row.trainable) == (split, True)


def test_own_folder_states_its_plates_in_one_file(tmp_path):
    root = tmp_path / "mine"
    add_labelled(root / "gate 1" / "car_blue", "1ab2", "Short")
    add_labelled(root / "gate 2" / "lorry", "2ba1", "Short")
    (root / "plates.toml").write_text('alphabet = "12ab"\n[layouts]\nShort = "DLLD"\n', encoding="utf-8")
    tracks = read(root)
    assert tracks.plate == PlateFormat("12ab", {"Short": "DLLD"})
    assert tracks.table.text.tolist() == ["1ab2", "2ba1"]  # lower case belongs to this alphabet
    assert tracks.table.trainable.all()
    assert tracks.problems.empty


def test_only_layout_need_not_be_named(tmp_path):
    folder = add_track(tmp_path / "mine" / "car")
    (folder / "annotations.json").write_text('{"plate_text": "AC806PU"}')
    tracks = read(tmp_path / "mine", plate=PlateFormat(layouts={"Argentine": "LLDDDLL"}))
    assert tracks.table.layout.tolist() == ["Argentine"]
    assert tracks.problems.empty


def test_split_can_be_stated(official):
    assert set(read(official, split="test").table.split) == {"test"}
    with pytest.raises(ValueError, match="validation"):
        read(official, split="validation")


def test_track_without_annotation_among_annotated_ones_is_pointed_out(tmp_path):
    add_labelled(tmp_path / "mine" / "car_1")
    add_track(tmp_path / "mine" / "car_2")
    tracks = read(tmp_path / "mine")
    assert tracks.table.split.tolist() == ["train", "test"]
    assert tracks.problems[["track_id", "kind"]].to_numpy().tolist() == [["car_2", "missing-annotation"]]


def test_corners_belong_to_a_frame_whatever_ending_they_name(tmp_path):
    folder = add_track(tmp_path / "set" / BRAZILIAN / "track_00001", ".jpg")
    corners = {"bottom-left": [1, 4], "top-left": [1, 1.5], "top-right": [9, 1], "bottom-right": [9, 4]}
    annotate(folder, corners={"lr-002.png": corners, "hr-001.jpg": corners, "lr-009.png": corners})
    tracks = read(tmp_path / "set")
    clockwise = [[1, 1.5], [9, 1], [9, 4], [1, 4]]
    assert tracks.table.corners[0] == {"lr-002.jpg": clockwise, "hr-001.jpg": clockwise}
    assert tracks.problems.empty


def replace(name: str, content: bytes):
    return lambda folder: (folder / name).write_bytes(content)


def label(text: str, layout: str = "Brazilian", **more):
    return lambda folder: annotate(folder, text, layout, **more)


def remove(*names: str):
    return lambda folder: [(folder / name).unlink() for name in names]


def annotation(content: str | bytes):
    return replace(LABEL_FILE, content if isinstance(content, bytes) else content.encode())


def corners(**points):
    return label("ABC1234", corners={"lr-001.png": points})


def dangling_link(folder: Path) -> None:
    (folder / "lr-001.png").unlink()
    (folder / "lr-001.png").symlink_to("gone")


FRAME_PROBLEMS = {  # what was done: how, the problem's kind, its file, a part of its message
    "an LR frame is gone": (remove("lr-003.png"), "missing-frames", "", "4 of 5 LR frames, lr-003"),
    "HR frames are gone": (remove("hr-001.png", "hr-005.png"), "missing-frames", "", "hr-001, hr-005"),
    "zero bytes": (replace("lr-002.png", b""), "empty-image", "lr-002.png", "zero bytes"),
    "half a file": (replace("hr-002.png", encoded()[:200]), "truncated-image", "hr-002.png", "end"),
    "no image": (replace("lr-001.png", b"<html>"), "unreadable-image", "lr-001.png", "decoded"),
    "a dangling link": (dangling_link, "unreadable-image", "lr-001.png", "No such file"),
    "one frame twice": (
        replace("lr-001.jpg", encoded(".jpg")),
        "duplicate-frame",
        "lr-001.png",
        "lr-001.jpg",
    ),
    "another name": (replace("photo.jpg", b""), "frame-name", "photo.jpg", "lr-001"),
    "another format": (replace("lr-006.gif", b"GIF8"), "frame-name", "lr-006.gif", ".bmp"),
}


LOST_LABELS = {  # what was done: how, the problem's kind, a part of its message
    "half an annotation": (annotation('{"plate_'), "invalid-annotation", "not valid JSON"),
    "an empty annotation": (annotation(""), "invalid-annotation", "not valid JSON"),
    "another encoding": (annotation('{"plate_text": "Ç"}'.encode("latin-1")), "invalid-annotation", "UTF-8"),
    "a list": (annotation("[]"), "invalid-annotation", "top level"),
    "no text": (annotation("{}"), "invalid-annotation", "no plate_text"),
    "a number as text": (label(1234567), "invalid-annotation", "plate_text"),
    "unknown layout": (label("AC806PU", "Argentine"), "unknown-layout", "plates.toml"),
    "too short": (label("ABC123"), "text-misfit", "6 characters"),
    "outside the alphabet": (label("ABC#234"), "text-misfit", "'#'"),
    "not its layout's": (label("ABC1D23"), "text-misfit", "LLLDDDD"),
}


REPAIRED_LABELS = {
    "three corners are missing": (corners(**{"top-left": [1, 2]}), "invalid-annotation", "required"),
    "corners not finite": (corners(**{"top-left": [float("nan"), 1]}), "invalid-annotation", "corners"),
    "layout in lower case": (label("ABC1234", "brazilian"), "unknown-layout", "is read as"),
    "no layout": (annotation('{"plate_text": "ABC1234"}'), "unknown-layout", "the folder's name"),
    "a space": (label("ABC1234 "), "text-repaired", "'ABC1234 ' is read as 'ABC1234'"),
    "lower case": (label("abc1234"), "text-repaired", "'ABC1234'"),
}


def only_problem(root: Path, damage) -> tuple:
    """Damage the second of two tracks: its row and the one problem that is listed."""
    add_labelled(root / BRAZILIAN / "track_00001", "AAA0000")
    damage(add_labelled(root / BRAZILIAN / "track_00002"))
    tracks = read(root)
    assert tracks.table.track_id.tolist() == ["track_00001", "track_00002"]
    (problem,) = tracks.problems.itertuples()
    sound, row = tracks.table.itertuples()
    assert sound.trainable
    assert not sound.problems
    assert row.problems == [problem.message]
    return row, problem


@pytest.mark.parametrize("what", FRAME_PROBLEMS)
def test_problem_with_a_frame_is_listed_and_the_track_still_used(tmp_path, what):
    damage, kind, file, message = FRAME_PROBLEMS[what]
    row, problem = only_problem(tmp_path / "set", damage)
    assert (problem.track_id, problem.kind, problem.repaired) == ("track_00002", kind, False)
    assert problem.file == f"{BRAZILIAN}/track_00002" + (f"/{file}" if file else "")
    assert message in problem.message
    assert row.trainable


@pytest.mark.parametrize("what", LOST_LABELS | REPAIRED_LABELS)
def test_problem_with_a_label_is_listed_and_repaired_if_it_can_be(tmp_path, what):
    damage, kind, message = (LOST_LABELS | REPAIRED_LABELS)[what]
    row, problem = only_problem(tmp_path / "set", damage)
    assert (problem.kind, problem.file) == (kind, f"{BRAZILIAN}/track_00002/{LABEL_FILE}")
    assert message in problem.message
    assert problem.repaired == row.trainable == (what in REPAIRED_LABELS)
    assert len(row.lr) == 5


def test_missing_annotation_is_listed_for_training_tracks(tmp_path):
    row, problem = only_problem(tmp_path / "set", remove(LABEL_FILE))
    assert (problem.kind, problem.file) == ("missing-annotation", f"{BRAZILIAN}/track_00002")
    assert (row.split, row.layout, row.trainable) == ("train", "Brazilian", False)


def test_annotation_is_believed_where_the_folder_says_another_layout(tmp_path):
    row, problem = only_problem(tmp_path / "set", label("ABC1D23", "Mercosur"))
    assert problem.kind == "layout-disagrees"
    assert "the annotation says Mercosur, the folder Brazilian" in problem.message
    assert (row.layout, row.trainable) == ("Mercosur", True)


def test_bad_frames_are_left_out_and_a_misfit_keeps_its_text(tmp_path):
    folder = add_labelled(tmp_path / "set" / BRAZILIAN / "track_00001", "ABC123")
    (folder / "lr-001.png").write_bytes(b"")
    (folder / "lr-004.png").write_bytes(encoded()[:-3])
    row = read(tmp_path / "set").table.iloc[0]
    assert [Path(path).name for path in row.lr] == ["lr-002.png", "lr-003.png", "lr-005.png"]
    assert len(row.lr_sizes) == 3
    assert row.text == "ABC123"
    assert len(row.problems) == 3


def test_track_without_usable_frames_stays_in_the_table(tmp_path):
    folder = add_track(tmp_path / "test" / "track_00001", hr=0)
    for path in folder.iterdir():
        path.write_bytes(b"")
    (tmp_path / "test" / "track_00002").mkdir()
    tracks = read(tmp_path / "test")
    assert tracks.table.lr.tolist() == [[], []]
    assert tracks.problems.kind.value_counts().to_dict() == {"empty-image": 5, "missing-frames": 1}


def test_track_ids_repeated_within_a_split_are_listed(official):
    add_labelled(official / BRAZILIAN / "track_00002", "QQQ1111")
    (problem,) = read(official).problems.itertuples()
    assert (problem.kind, problem.track_id) == ("duplicate-track-id", "track_00002")
    assert "train/Scenario-A/Mercosur/track_00002" in problem.message + problem.file
    assert BRAZILIAN in problem.message + problem.file


def test_folder_that_cannot_be_listed_is_a_problem_of_its_own(official, monkeypatch):
    scandir = os.scandir

    def refuse(path):
        if "track_00002" in str(path):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    tracks = read(official)
    assert len(tracks.table) == 4
    assert tracks.problems[["track_id", "kind"]].to_numpy().tolist() == [["track_00002", "unreadable-folder"]]


def test_what_archives_leave_behind_is_no_track(official):
    (official / "__MACOSX/train/Scenario-A/Brazilian/track_00001").mkdir(parents=True)
    (official / "train/.ipynb_checkpoints/track_00001").mkdir(parents=True)
    (official / BRAZILIAN / "track_10001" / "Thumbs.db").write_bytes(b"x")
    (official / BRAZILIAN / "round").symlink_to(official / "train", target_is_directory=True)
    tracks = read(official)
    assert len(tracks.table) == 4
    assert tracks.problems.empty


def test_summary_counts_tracks_by_kind(official):
    (official / BRAZILIAN / "track_10001" / "lr-001.JPG").write_bytes(b"")
    (official / BRAZILIAN / "track_10001" / "lr-002.JPG").write_bytes(b"")
    annotate(official / "train/Scenario-A/Brazilian/track_00001", "abc1234")
    summary = problem_summary(read(official))
    assert summary.kind.tolist() == ["empty-image", "text-repaired"]
    assert summary.tracks.tolist() == [1, 1]
    assert summary.repaired.tolist() == [0, 1]
    assert summary.example[0] == f"{BRAZILIAN}/track_10001/lr-001.JPG"


def test_no_data_set_says_what_was_expected_and_found(tmp_path):
    with pytest.raises(DataSetError, match=r"gone does not exist.*Expected train/Scenario-A"):
        read(tmp_path / "gone")
    (tmp_path / "LRLPR.zip").write_bytes(b"PK")
    with pytest.raises(DataSetError, match=r"is a file.*unpack"):
        read(tmp_path / "LRLPR.zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataSetError, match="an empty folder"):
        read(tmp_path / "empty")
    (tmp_path / "photos").mkdir()
    for i in range(10):
        (tmp_path / f"holiday{i}.jpg").write_bytes(encoded(".jpg"))
    with pytest.raises(
        DataSetError, match=r"no tracks.*lr-001.png.*Found LRLPR.zip, empty/, holiday0.jpg.* 5 more"
    ):
        read(tmp_path)


def test_wrong_plates_file_is_named(official):
    (official / "plates.toml").write_text("alphabet = 3")
    with pytest.raises(DataSetError, match=r"plates\.toml"):
        read(official)
