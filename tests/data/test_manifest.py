"""The manifest: what LRLPR-26 should hold, the annotations' schema, and checksums."""

import json
import shutil
import subprocess

import pandas as pd
import pytest
from jsonschema import Draft202012Validator

from lpr_helpers.data.labels import label_validator
from lpr_helpers.data.manifest import (
    compare_with_manifest,
    manifest_folder,
    verify_checksums,
    write_checksums,
)
from tests.support import FIXTURE

COLUMNS = ["split", "scenario", "layout", "folder", "lr", "hr", "corners"]


def group(count: int, scenario: str, layout: str, ending: str, corners: bool) -> list[tuple]:
    frames = [[f"/x/{kind}-00{i}{ending}" for i in range(1, 6)] for kind in ("lr", "hr")]
    folder = f"train/Scenario-{scenario}/{layout}/track"
    return [("train", scenario, layout, folder, *frames, {"lr-001.png": []} if corners else {})] * count


def flat_test(count: int, layouts: dict[str, int], folder: str) -> list[tuple]:
    names = [name for name, number in layouts.items() for _ in range(number)] or [""] * count
    frames = [f"/x/lr-00{i}.JPG" for i in range(1, 6)]
    return [("test", "", name, f"{folder}/track", frames, [], {}) for name in names]


def compared(rows: list[tuple], **options) -> pd.DataFrame:
    return compare_with_manifest(pd.DataFrame(rows, columns=COLUMNS), **options)


@pytest.fixture
def whole():
    return [
        *group(5000, "A", "Brazilian", ".png", True),
        *group(5000, "A", "Mercosur", ".png", True),
        *group(2000, "B", "Brazilian", ".jpg", False),
        *group(8000, "B", "Mercosur", ".jpg", False),
        *flat_test(1000, {}, "public"),
        *flat_test(3000, {"Brazilian": 600, "Mercosur": 2400}, "blind"),
    ]


def test_complete_data_set_agrees_with_the_manifest(whole):
    report = compared(whole)
    assert report.ok.all(), report[~report.ok].to_string()
    assert len(report) > 25


def test_each_difference_is_a_row(whole):
    whole[0] = (*whole[0][:4], whole[0][4][:3], *whole[0][5:])
    whole[10_000] = ("train", "C", *whole[10_000][2:])
    whole[19_999] = (*whole[19_999][:4], ["/x/lr-001.png"] * 5, *whole[19_999][5:])
    wrong = compared(whole[:20_500]).query("~ok").set_index("what")
    assert wrong.found.to_dict() == {
        "train, Scenario A, Brazilian: LR frames a track": "3 to 5",
        "train, Scenario B, Brazilian: tracks": 1999,
        "train, Scenario B, Mercosur: endings": ".jpg .png",
        "train: tracks of other scenarios or layouts": 1,
        "test, public: tracks": 500,
    }


def test_what_is_not_there_is_reported_not_raised():
    report = compared([])
    assert report.found.tolist() == [0] * len(report)
    assert report[~report.ok].what.tolist()[-1] == "test: tracks"


def test_another_expectation_can_be_compared():
    mine = {"scenario": "B", "layout": "Mine", "tracks": 2}
    described = mine | {"lr": 5, "hr": 5, "endings": [".jpg"], "corners": False}
    report = compared(group(2, "B", "Mine", ".jpg", False), expected={"train": [described], "test": []})
    assert report[~report.ok].what.tolist() == ["test: tracks"]


def test_schema_is_valid_and_knows_annotations_of_all_kinds():
    validator = label_validator()
    Draft202012Validator.check_schema(validator.schema)
    point = {"top-left": [0, 0.5], "top-right": [9, 0], "bottom-right": [9, 4], "bottom-left": [-0.5, 4]}
    for good in (
        {"plate_layout": "Mercosur", "plate_text": "ABC1D23", "corners": {"lr-001.png": point}},
        {"plate_layout": "Mine", "plate_text": "ab-1", "corners": {}, "camera": 7},
        {"plate_text": "ABC1D23", "corners": None},
        {},
    ):
        assert validator.is_valid(good), good
    for bad in (
        [],
        {"plate_text": None},
        {"plate_layout": 3},
        {"corners": {"lr-001.png": {**point, "top-left": [1]}}},
        {"corners": {"lr-001.png": {**point, "top-left": [float("inf"), 1]}}},
        {"corners": {"lr-001.png": {"top-left": [1, 1]}}},
    ):
        assert not validator.is_valid(bad), bad


def test_manifest_folder_holds_what_its_readme_names():
    folder = manifest_folder()
    for name in ("lrlpr26.json", "annotation.schema.json"):
        assert f"`{name}`" in (folder / "README.md").read_text(encoding="utf-8")
        json.loads((folder / name).read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "set"
    (root / "a b").mkdir(parents=True)
    (root / "a b" / "lr-001.png").write_bytes(b"\x89PNG\r\n")
    (root / "note.txt").write_text("x")
    return root


def test_untouched_folder_agrees_with_its_checksums(folder):
    file = write_checksums(folder, folder / "sums.sha256")
    (folder / ".DS_Store").write_text("left by a file browser")
    assert verify_checksums(folder, file) == []
    assert len(file.read_text().splitlines()) == 2


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this machine")
def test_checksums_agree_with_sha256sum(folder, tmp_path):
    file = write_checksums(folder, tmp_path / "sums.sha256")
    subprocess.run(
        ["sha256sum", "--check", "--strict", str(file)], cwd=folder, check=True, capture_output=True
    )
    theirs = subprocess.run(
        ["sha256sum", "--binary", "note.txt"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout
    (folder / "a b" / "lr-001.png").unlink()
    file.write_text(theirs)
    assert verify_checksums(folder, file) == []


def test_each_difference_from_the_checksums_is_a_message(folder, tmp_path):
    file = write_checksums(folder, tmp_path / "sums.sha256")
    (folder / "note.txt").write_text("y")
    (folder / "new.txt").write_text("y")
    (folder / "a b" / "lr-001.png").unlink()
    missing, new, changed = verify_checksums(folder, file)
    assert "lr-001.png is missing" in missing
    assert "new.txt is not listed" in new
    assert "note.txt has other content" in changed
    file.write_text("nonsense\n")
    with pytest.raises(ValueError, match="line 1"):
        verify_checksums(folder, file)
    with pytest.raises(FileNotFoundError, match="no folder"):
        write_checksums(tmp_path / "gone", file)


def test_the_committed_fixture_is_the_one_in_the_manifest():
    assert verify_checksums(FIXTURE, manifest_folder() / "fixture.sha256") == []
