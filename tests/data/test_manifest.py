"""The manifest: what LRLPR-26 should hold, the annotations' schema, and checksums."""

import json

import pandas as pd
import pytest
from jsonschema import Draft202012Validator

from lpr_helpers.data.labels import label_validator
from lpr_helpers.data.manifest import (
    compare_with_manifest,
    manifest_folder,
)
from tests.make_fixture import checksums
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


def test_the_committed_fixture_is_the_one_in_the_manifest():
    assert (manifest_folder() / "fixture.sha256").read_text(encoding="utf-8") == checksums(FIXTURE)
