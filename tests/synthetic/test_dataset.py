"""The generator of data sets: reproducible, in the official layout, in the shares of the real ones."""

import csv
import hashlib
import json
from collections import Counter

import cv2
import numpy as np
import pytest

from lpr_helpers.data.tracks import read_tracks
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.dataset import make_track, truth_path, write_dataset
from lpr_helpers.synthetic.jobs import plan
from lpr_helpers.synthetic.texts import FREE


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """A data set of the two layouts."""
    return write_dataset(
        tmp_path_factory.mktemp("made") / "demo", train=(10, 10), test=5, seed=1, workers=1, progress=False
    )


@pytest.fixture(scope="module")
def free_dataset(tmp_path_factory):
    """A data set with plates of any seven characters among them."""
    root = tmp_path_factory.mktemp("made") / "free"
    return write_dataset(root, train=(10, 10), test=5, seed=1, free=0.4, workers=1, progress=False)


def digests(root):
    return {
        str(p.relative_to(root)): hashlib.md5(p.read_bytes()).hexdigest()
        for p in root.rglob("*")
        if p.is_file()
    }


def same_tracks(left, right):
    return all(np.array_equal(a, b) for a, b in zip(left.lr + left.hr, right.lr + right.hr, strict=True))


def test_two_processes_write_the_same_bytes_as_one(tmp_path, monkeypatch):
    monkeypatch.setattr("lpr_helpers.synthetic.dataset.FEW", 0)
    wanted = {"train": (12, 12), "test": 4, "free": 0.25, "progress": False}
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


def test_frames_of_scenario_a_are_stored_without_loss(dataset):
    job = plan((10, 10), 5, seed=1)[0]
    track = make_track(job.seed, job.scenario, job.layout, plate_seed=job.plate_seed)
    for kind, frames in (("lr", track.lr), ("hr", track.hr)):
        for i, frame in enumerate(frames, 1):
            stored = cv2.imread(str(dataset / job.folder / f"{kind}-{i:03d}.png"))
            assert np.array_equal(stored[..., ::-1], frame)
    corners = json.loads((dataset / job.folder / "annotations.json").read_text())["corners"]
    assert np.allclose(list(corners["hr-005.png"].values()), track.hr_corners[4], atol=0.0051)


def test_free_plates_are_read_back_without_problems(free_dataset):
    tracks = read_tracks(free_dataset, progress=False)
    assert tracks.problems.empty
    assert dict(tracks.plate.layouts) == {**BRAZIL.layouts, FREE: "*******"}
    train = tracks.table[tracks.table.split == "train"]
    assert train.trainable.all()
    assert Counter(zip(train.scenario, train.layout, strict=True)) == {
        ("A", "Brazilian"): 3, ("A", "Mercosur"): 3, ("A", FREE): 4,
        ("B", "Brazilian"): 1, ("B", "Mercosur"): 5, ("B", FREE): 4,
    }  # fmt: skip
    truth = csv.DictReader(truth_path(free_dataset).open())
    assert sum(row["plate_layout"] == FREE for row in truth) == 2


def test_a_data_set_says_that_it_has_free_plates_and_only_then(dataset, free_dataset):
    assert json.loads((free_dataset / "synthetic.json").read_text())["free"] == 0.4
    assert "free" not in json.loads((dataset / "synthetic.json").read_text())
    assert (free_dataset / "plates.toml").exists()
    assert not (dataset / "plates.toml").exists()
    with pytest.raises(FileExistsError, match=r"Delete the folder .*free"):
        write_dataset(free_dataset, train=(10, 10), test=5, seed=1, progress=False)


@pytest.mark.parametrize("free", [0.0, 0.25, 1.0])
def test_the_share_of_free_plates_holds_in_every_scenario_in_training_and_test(free):
    jobs = plan((200, 100), 60, seed=4, free=free)
    found = Counter((job.split, job.scenario) for job in jobs if job.layout == FREE)
    wanted = {("train", "A"): 200, ("train", "B"): 100, ("test", "B"): 60}
    assert found == Counter({group: round(free * number) for group, number in wanted.items()})


@pytest.mark.parametrize("free", [-0.1, 1.1, float("nan")])
def test_a_share_of_free_plates_is_between_none_and_all(tmp_path, free):
    with pytest.raises(ValueError, match="expected a share from 0 to 1"):
        write_dataset(tmp_path / "demo", free=free)
    assert not list(tmp_path.iterdir())


def test_corners_lie_in_the_crop_and_run_clockwise_from_top_left(dataset):
    for file in (dataset / "train" / "Scenario-A").rglob("annotations.json"):
        for name, corners in json.loads(file.read_text())["corners"].items():
            h, w = cv2.imread(str(file.parent / name)).shape[:2]
            tl, tr, br, bl = (corners[k] for k in ("top-left", "top-right", "bottom-right", "bottom-left"))
            assert all(0 <= x <= w and 0 <= y <= h for x, y in (tl, tr, br, bl))
            assert max(tl[0], bl[0]) < w / 2 < min(tr[0], br[0])
            assert max(tl[1], tr[1]) < h / 2 < min(bl[1], br[1])


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
