"""What the notebooks share: data opened, split and packed once, and gone on with from a Drive."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from lpr_helpers.data.annotations import Annotation, annotate
from lpr_helpers.data.splits import add_split, save_split
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.notebook.datasets import add_truth, open_data, open_split, tracks_to_read, training_data
from lpr_helpers.notebook.preflight import preflight_check
from lpr_helpers.notebook.profiles import PROFILES
from lpr_helpers.notebook.settings import read_settings
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training.loop import fit
from lpr_helpers.utils.steps import MissingStepError
from tests.support import FIXTURE


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """The fixture's data, and a folder for what is made of it."""
    folder = tmp_path_factory.mktemp("artifacts")
    return read_settings({"LPR_DATA": str(FIXTURE), "LPR_ARTIFACTS": str(folder), "LPR_PROFILE": "tiny"})


def test_from_a_folder_to_packed_training_frames(settings):
    with pytest.raises(MissingStepError, match="Run 01_eda first"):
        open_split(settings, progress=False)
    save_split(add_split(open_data(settings, progress=False).table, fraction=0.2), settings.split)
    data = training_data(settings, progress=False)
    assert set(data.table.split) == {"train", "val"}
    assert data.lr.images.shape == (len(data.table), 5, 1, 32, 128)
    assert data.hr.images.shape == (len(data.table), 5, 1, 64, 256)
    assert (data.lr.valid.sum(1) == data.table.lr.str.len()).all()
    assert set(data.table.scenario[data.rows("val")]) == {"B"}


def test_what_people_say_of_tracks_reaches_the_training(settings, capsys):
    before = training_data(settings, progress=False)
    flagged, mislabelled = before.rows("train")[:2]
    trained, name = len(before.rows("train")), before.table.track_id
    text = before.table.text[mislabelled]
    corrected = ("B" if text[0] == "A" else "A") + text[1:]
    annotate(settings.annotations, name[flagged], Annotation(flagged=True))
    annotate(settings.annotations, name[mislabelled], Annotation(label=corrected, was=text))
    try:
        after = training_data(settings, progress=False)
    finally:
        settings.annotations.unlink()
    assert "1 left out, 1 relabelled" in capsys.readouterr().out
    assert flagged not in after.rows("train")
    assert len(after.rows("train")) == trained - 1
    assert after.table.text[mislabelled] == corrected
    assert (after.lr.images[mislabelled] == before.lr.images[mislabelled]).all()
    assert training_data(settings, progress=False).table.equals(before.table)


def test_a_corrected_plate_never_stands_on_both_sides(settings):
    before = training_data(settings, progress=False)
    track, text = before.rows("train")[0], before.table.text[before.rows("val")[0]]
    annotate(settings.annotations, before.table.track_id[track], Annotation(label=text))
    try:
        after = training_data(settings, progress=False)
    finally:
        settings.annotations.unlink()
    sides = [set(after.table.text[after.rows(side)]) for side in ("train", "val")]
    assert track not in after.rows("train")
    assert not sides[0] & sides[1]


def test_a_colour_recogniser_reads_colour_frames(settings):
    data = training_data(settings, progress=False, colour=True)
    recogniser = Recogniser.new(data.plate, channels=3, hidden=8)
    assert recogniser.colour
    frames = recognise(recogniser, data.lr, [0, 3], progress=False)
    assert frames.slots.shape == (2, 5, 7, 36)


def test_the_test_tracks_are_read_or_all_where_there_are_none(settings):
    tracks = open_data(settings, progress=False)
    assert len(tracks_to_read(tracks)) == (tracks.table.split == "test").sum() > 0
    tracks.table["split"] = "train"
    assert len(tracks_to_read(tracks)) == len(tracks.table)


def test_the_truth_of_synthetic_test_tracks_comes_from_beside_the_data(settings, tmp_path):
    table = tracks_to_read(open_data(settings, progress=False))
    assert (table.text == "").all()
    known = add_truth(table, settings)
    assert known.track_id.tolist() == table.track_id.tolist()
    assert all(BRAZIL.misfit(row.text, row.layout) is None for row in known.itertuples())
    elsewhere = read_settings({"LPR_DATA": str(tmp_path)})
    assert len(add_truth(table, elsewhere)) == 0


def test_the_demo_data_are_drawn_once_and_have_dirt_to_find(tmp_path):
    settings = read_settings({"LPR_ARTIFACTS": str(tmp_path), "LPR_PROFILE": "tiny"})
    tracks = open_data(settings, progress=False)
    assert len(tracks.table) == sum(settings.profile.demo_tracks)
    assert set(tracks.problems.kind) == {"missing-frames", "text-repaired", "truncated-image"}
    assert json.loads((settings.root / "synthetic.json").read_text())["style"] == "harbour"
    made = settings.root.stat().st_mtime_ns
    open_data(settings, progress=False)
    assert settings.root.stat().st_mtime_ns == made


@pytest.mark.slow
def test_training_goes_on_from_the_drive_in_a_new_session_that_has_nothing_else(
    tmp_path, monkeypatch, capsys
):
    drive = tmp_path / "content" / "drive"
    kept = drive / "MyDrive" / "lpr"
    kept.parent.mkdir(parents=True)
    monkeypatch.setattr("lpr_helpers.notebook.settings.DRIVE", drive)
    short = replace(PROFILES["tiny"].phase1, hr=False, augmentation="none")
    monkeypatch.setitem(
        PROFILES, "tiny", replace(PROFILES["tiny"], demo_tracks=(6, 24, 4), phase1=short, validation=0.3)
    )

    def session(epochs):
        settings = read_settings({"LPR_ARTIFACTS": str(kept), "LPR_PROFILE": "tiny", "LPR_READER": "crnn"})
        found = str(preflight_check(settings))
        if not settings.split.exists():
            save_split(add_split(open_data(settings, progress=False).table, fraction=0.3), settings.split)
        data = training_data(settings, progress=False)
        recogniser, phase = Recogniser.new(data.plate, hidden=8), replace(short, epochs=epochs)
        history = fit(recogniser, data, phase, settings.phase1)
        return settings, found, np.array(data.lr.images), history, capsys.readouterr().out

    settings, found, images, history, printed = session(epochs=1)
    assert "nothing yet" in found
    assert "continuing" not in printed
    assert {path.name for path in kept.iterdir()} == {"split.csv", "phase1"}
    assert {path.name for path in settings.scratch.iterdir()} == {
        *("cache", "packed", "demo-data", "demo-data-truth.csv")
    }
    config = json.loads((settings.phase1 / "config.json").read_text())

    shutil.rmtree(settings.scratch.parent)
    settings, found, again, longer, printed = session(epochs=2)
    assert "the split; phase1: 1 epoch kept, continues" in found
    assert "phase1: goes on at epoch 2" in printed
    assert np.array_equal(again, images)
    assert longer["epoch"].tolist() == [1, 2]
    assert longer.iloc[0].to_dict() == history.iloc[0].to_dict()
    config["circumstances"]["epochs"] = 2
    assert json.loads((settings.phase1 / "config.json").read_text()) == config
    assert settings.scratch.is_dir()
