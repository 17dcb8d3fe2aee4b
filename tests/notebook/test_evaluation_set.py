"""The tracks that notebook 04 is about: nobody trained on them, and each is known by a name of its own."""

from dataclasses import replace

import pandas as pd
import pytest

from lpr_helpers.data.splits import add_split, save_split
from lpr_helpers.evaluation.fusion_methods import by_method
from lpr_helpers.inference.tables import read_split
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.notebook import evaluation_set as module
from lpr_helpers.notebook.datasets import open_data
from lpr_helpers.notebook.evaluation_set import load_evaluation_set
from lpr_helpers.notebook.settings import read_settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """The demo, with fewer tracks, split."""
    folder = tmp_path_factory.mktemp("results")
    settings = read_settings({"LPR_PROFILE": "tiny", "LPR_ARTIFACTS": str(folder)})
    settings = replace(settings, profile=replace(settings.profile, demo_tracks=(8, 24, 2)))
    table = open_data(settings, progress=False).table
    save_split(add_split(table, fraction=0.25), settings.split)
    return settings


@pytest.fixture(scope="module")
def data(settings):
    """What is to be evaluated on."""
    return load_evaluation_set(settings, progress=False)


def test_nothing_that_was_trained_on_is_evaluated(settings, data):
    split = pd.read_csv(settings.split)
    trained = set(split.loc[split["split"] == "train", "track_id"])
    assert not trained & set(data.table["track_id"])
    known = open_data(settings, progress=False).table
    assert not set(known.loc[known["track_id"].isin(trained), "text"]) & set(data.table["text"])


def test_fresh_tracks_stand_after_those_of_the_validation_under_names_of_their_own(data):
    assert data.table["track_id"].is_unique
    assert list(data.table["split"].unique())[:2] == ["val", "more"]
    fresh = data.table[data.table["track_id"].str.startswith("more_")]
    assert set(fresh["scenario"]) == {"A", "B"}
    assert set(fresh.loc[fresh["split"] == "more", "scenario"]) == {"B"}
    assert set(fresh.loc[fresh["scenario"] == "A", "split"]) == {"held_out"}
    assert len(data.lr) == len(data.table)


def test_your_own_data_get_no_fresh_tracks(settings, monkeypatch):
    monkeypatch.setattr(module, "write_dataset", None)
    own = replace(settings, data=settings.root)
    assert set(load_evaluation_set(own, progress=False).table["split"]) <= {"val", "held_out"}


def test_tracks_are_read_with_their_split_and_no_track_is_an_empty_table(data):
    reader = Recogniser.new(data.plate, hidden=16)
    results, frames = read_split(reader, data, "val", progress=False)
    assert set(results["split"]) == {"val"}
    assert len(results) == len(frames.texts) == len(data.rows("val"))
    assert read_split(reader, data, "train")[0].empty
    ways = by_method(results, frames, data.plate)
    assert {"majority", "log_sum"} <= set(ways.index)
