"""The generator of tracks: reproducible, in the official layout, and like the real thing in size and shape."""

import csv
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic import RECIPE, draw_plate, make_track, plan, truth_path, write_dataset
from lpr_helpers.synthetic.dataset import FEW, write_track
from lpr_helpers.synthetic.fixture import SEED, TEST, TRAIN, fixture_recipe
from lpr_helpers.synthetic.plates import FONTS

FIXTURE = Path(__file__).parent / "fixture"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(
        tmp_path_factory.mktemp("made") / "demo", train=(10, 10), test=5, seed=1, workers=1, progress=False
    )


def digests(root):
    return {
        str(p.relative_to(root)): hashlib.md5(p.read_bytes()).hexdigest()
        for p in root.rglob("*")
        if p.is_file()
    }


def same_tracks(left, right):
    return all(np.array_equal(a, b) for a, b in zip(left.lr + left.hr, right.lr + right.hr, strict=True))


def test_two_processes_write_the_same_bytes_as_one(tmp_path):
    tiny = {name: replace(camera, lr_width=(27, 0, 27, 27)) for name, camera in RECIPE.cameras.items()}
    wanted = {
        "train": (FEW // 2, FEW // 2),
        "test": 4,
        "progress": False,
        "recipe": replace(RECIPE, cameras=tiny),
    }
    one = write_dataset(tmp_path / "one", workers=1, **wanted)
    two = write_dataset(tmp_path / "two", workers=2, **wanted)
    assert digests(one) == digests(two)


def test_a_track_follows_from_its_seed_alone():
    track = make_track([3, 1], "B", "Mercosur")
    assert same_tracks(track, make_track([3, 1], "B", "Mercosur"))
    assert not same_tracks(track, make_track([3, 2], "B", "Mercosur"))


def test_tracks_that_share_a_plate_are_filmed_apart():
    first, second = (make_track(seed, "A", "Brazilian", plate_seed=7) for seed in (1, 2))
    assert first.text == second.text
    assert not same_tracks(first, second)


def test_the_folders_are_the_official_ones(dataset):
    folders = {str(p.parent.relative_to(dataset)) for p in (dataset / "train").rglob("track_*")}
    assert folders == {f"train/Scenario-{s}/{layout}" for s in "AB" for layout in BRAZIL.layouts}
    for scenario, ending in (("A", ".png"), ("B", ".jpg")):
        for folder in (dataset / "train" / f"Scenario-{scenario}").glob("*/track_*"):
            frames = {f"{kind}-{i:03d}{ending}" for kind in ("lr", "hr") for i in range(1, 6)}
            assert {p.name for p in folder.iterdir()} == frames | {"annotations.json"}
            annotations = json.loads((folder / "annotations.json").read_text())
            assert annotations["plate_layout"] == folder.parent.name
            assert BRAZIL.misfit(annotations["plate_text"], folder.parent.name) is None
            assert set(annotations["corners"]) == (frames if scenario == "A" else set())
    for folder in (dataset / "test").iterdir():
        assert {p.name for p in folder.iterdir()} == {f"lr-{i:03d}.jpg" for i in range(1, 6)}


def test_the_truth_of_the_test_tracks_stays_outside(dataset):
    assert {p.name for p in dataset.iterdir()} == {"train", "test", "synthetic.json"}
    rows = list(csv.DictReader(truth_path(dataset).open()))
    assert {row["track_id"] for row in rows} == {p.name for p in (dataset / "test").iterdir()}
    assert all(BRAZIL.misfit(row["plate_text"], row["plate_layout"]) is None for row in rows)


def test_corners_lie_in_the_crop_and_run_clockwise_from_top_left(dataset):
    for file in (dataset / "train" / "Scenario-A").rglob("annotations.json"):
        for name, corners in json.loads(file.read_text())["corners"].items():
            h, w = cv2.imread(str(file.parent / name)).shape[:2]
            tl, tr, br, bl = (corners[k] for k in ("top-left", "top-right", "bottom-right", "bottom-left"))
            assert all(0 <= x <= w and 0 <= y <= h for x, y in (tl, tr, br, bl))
            assert max(tl[0], bl[0]) < w / 2 < min(tr[0], br[0])
            assert max(tl[1], tr[1]) < h / 2 < min(bl[1], br[1])


@pytest.mark.parametrize("scenario", ["A", "B"])
@pytest.mark.parametrize("layout", ["Brazilian", "Mercosur"])
def test_frames_have_the_sizes_of_the_real_ones(scenario, layout):
    for seed in range(12):
        track = make_track(seed, scenario, layout)
        assert [len(track.lr), len(track.hr)] == [5, 5]
        for frame in track.lr:
            h, w = frame.shape[:2]
            assert frame.dtype == np.uint8
            assert 24 <= w <= 68
            assert 13 <= h <= 36
            assert (w + 1) / (h - 0.5) >= 2.0
            assert (w - 1) / (h + 0.5) <= 2.9
        assert track.lr[0].shape[1] <= track.lr[4].shape[1]
        assert 1.7 < track.hr[2].shape[1] / track.lr[2].shape[1] < 2.8


def test_layouts_have_the_shares_of_the_real_data_and_ids_are_unique():
    jobs = plan((200, 200), 100, seed=4)
    count = {}
    for job in jobs:
        key = (job.split, job.scenario, job.layout)
        count[key] = count.get(key, 0) + 1
    assert count == {
        ("train", "A", "Brazilian"): 100,
        ("train", "A", "Mercosur"): 100,
        ("train", "B", "Brazilian"): 40,
        ("train", "B", "Mercosur"): 160,
        ("test", "B", "Brazilian"): 20,
        ("test", "B", "Mercosur"): 80,
    }
    assert len({job.track_id for job in jobs}) == len(jobs)
    test_ids = sorted(int(job.track_id[-5:]) for job in jobs if job.split == "test")
    assert test_ids[-1] - test_ids[0] >= len(test_ids)


def test_plates_recur_in_scenario_a_but_never_from_training_to_test():
    jobs = plan((200, 200), 100, seed=4)
    in_a = [job.text for job in jobs if job.scenario == "A"]
    assert 0.2 < len(in_a) / len(set(in_a)) - 1 < 0.3
    test = [job.text for job in jobs if job.split == "test"]
    assert not set(test) & {job.text for job in jobs if job.split == "train"}


def test_a_finished_data_set_is_reused_and_another_one_refused(dataset):
    before = digests(dataset)
    write_dataset(dataset, train=(10, 10), test=5, seed=1, progress=False)
    assert digests(dataset) == before
    with pytest.raises(FileExistsError, match=r"Delete the folder .*demo"):
        write_dataset(dataset, train=(10, 10), test=5, seed=2, progress=False)


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "holiday.txt").write_text("photos")
    with pytest.raises(FileExistsError, match=r"synthetic\.json"):
        write_dataset(tmp_path, train=(1, 1), test=1, progress=False)
    assert [p.name for p in tmp_path.iterdir()] == ["holiday.txt"]


def test_an_interrupted_run_leaves_nothing_behind(tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("lpr_helpers.synthetic.dataset._write_truth", stop)
    with pytest.raises(KeyboardInterrupt):
        write_dataset(tmp_path / "demo", train=(1, 1), test=1, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_drawn_characters_differ_from_each_other():
    plates = [draw_plate(c * 7, "Mercosur", np.random.default_rng(0)) for c in BRAZIL.alphabet]
    flat = np.stack([cv2.resize(p, (80, 26)).astype(np.float32).ravel() for p in plates])
    distance = np.linalg.norm(flat[:, None] - flat[None], axis=-1) + 1e9 * np.eye(len(flat))
    assert distance.min() > 100


def test_every_font_has_its_licence_beside_it():
    fonts = sorted(FONTS.glob("*.ttf"))
    used = {RECIPE.plates.lettering[layout].slab_font for layout in BRAZIL.layouts}
    used.update(font for layout in BRAZIL.layouts for font in RECIPE.plates.lettering[layout].fonts)
    assert used <= {font.stem for font in fonts}
    for font in fonts:
        assert "SIL OPEN FONT LICENSE" in font.with_name(f"OFL-{font.stem}.txt").read_text().upper()


def test_the_committed_fixture_is_small_and_is_what_the_generator_writes(tmp_path):
    assert sum(p.stat().st_size for p in FIXTURE.rglob("*") if p.is_file()) <= 1_000_000
    jobs = plan(TRAIN, TEST, SEED, fixture_recipe())
    assert {job.track_id for job in jobs} == {p.name for p in FIXTURE.rglob("track_*")}
    for job in (jobs[0], next(j for j in jobs if j.layout == "Mercosur"), jobs[-1]):
        write_track(job, tmp_path, fixture_recipe())
        if job.split == "train":
            ours, theirs = (
                (root / job.folder / "annotations.json").read_text() for root in (tmp_path, FIXTURE)
            )
            assert json.loads(ours)["plate_text"] == json.loads(theirs)["plate_text"]
        for file in sorted((tmp_path / job.folder).glob("*r-*")):
            ours, theirs = cv2.imread(str(file)), cv2.imread(str(FIXTURE / job.folder / file.name))
            assert ours.shape == theirs.shape
            # Other versions of OpenCV draw and compress a little differently (3.8 with 4.9); another plate by over 20.
            assert cv2.absdiff(ours, theirs).mean() < 8


def test_the_fixture_has_the_dirt_it_promises():
    labels = [json.loads(p.read_text())["plate_text"] for p in FIXTURE.rglob("annotations.json")]
    assert [label for label in labels if label != label.strip()] != []
    assert len(list(FIXTURE.rglob("*.JPG"))) == 1
    assert [p.name for p in FIXTURE.rglob("track_*") if len(list(p.glob("lr-*"))) != 5] != []
