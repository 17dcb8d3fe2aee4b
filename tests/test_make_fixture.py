"""The tests' own data set: small, dirty as promised, and what its command writes."""

import json

import cv2

from lpr_helpers.synthetic.dataset import write_dataset, write_track
from lpr_helpers.synthetic.jobs import plan
from tests.make_fixture import README, SEED, TEST, TRAIN, fixture_recipe
from tests.support import FIXTURE


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


def test_its_notes_are_those_of_today():
    assert (FIXTURE / "README.md").read_text(encoding="utf-8") == README
    # A data set of another recipe would be refused.
    options = {"dirt": True, "recipe": fixture_recipe(), "progress": False}
    write_dataset(FIXTURE, train=TRAIN, test=TEST, seed=SEED, **options)
