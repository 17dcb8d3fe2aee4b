"""Tracks without labels for notebook 03: from a folder or drawn, packed like the data, and never of the test."""

import shutil
from dataclasses import replace

import pytest

from lpr_helpers.data.forbidden import ForbiddenTracksError
from lpr_helpers.data.splits import add_split, save_split
from lpr_helpers.notebook.datasets import open_data, training_data
from lpr_helpers.notebook.settings import read_settings
from lpr_helpers.notebook.unlabelled_tracks import known_tests, tracks_without_labels
from tests.support import FIXTURE


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """The fixture, split."""
    folder = tmp_path_factory.mktemp("results")
    told = {"LPR_PROFILE": "tiny", "LPR_DATA": str(FIXTURE), "LPR_ARTIFACTS": str(folder)}
    settings = read_settings(told)
    save_split(add_split(open_data(settings, progress=False).table, fraction=0.2), settings.split)
    return settings


@pytest.fixture(scope="module")
def data(settings):
    """What is trained on."""
    return training_data(settings, progress=False)


@pytest.mark.slow
def test_the_tiny_profile_draws_a_few(settings, data):
    found = tracks_without_labels(settings, data, progress=False)
    assert len(found.table) == settings.profile.unlabelled
    assert set(found.table["text"]) == {""}
    assert set(found.table["scenario"]) == {"B"}
    assert not found.table["trainable"].any()
    assert found.lr.images.shape[1:] == data.lr.images.shape[1:]


def test_where_none_are_named_or_drawn_there_are_none(settings, data):
    none = replace(settings, profile=replace(settings.profile, unlabelled=0))
    assert tracks_without_labels(none, data, progress=False) is None


def test_a_folder_of_ones_own_is_taken_whole(settings, data, tmp_path):
    source = next((FIXTURE / "train" / "Scenario-B" / "Mercosur").iterdir())
    shutil.copytree(source, tmp_path / "road" / "track_1")
    (tmp_path / "road" / "track_1" / "annotations.json").unlink(missing_ok=True)
    found = tracks_without_labels(settings, data, tmp_path / "road", progress=False)
    assert found.table["track_id"].tolist() == ["track_1"]
    assert found.lr.valid.all()


@pytest.mark.parametrize("copied", [True, False])
def test_test_tracks_are_refused_in_their_folder_and_as_copies(settings, data, tmp_path, copied):
    folder = FIXTURE / "test"
    if copied:
        folder = tmp_path / "road"
        shutil.copytree(next((FIXTURE / "test").iterdir()), folder / "track_1")
    with pytest.raises(ForbiddenTracksError, match="pixel for pixel" if copied else "folder of a test"):
        tracks_without_labels(settings, data, folder, progress=False)


def test_a_data_set_without_tests_knows_none(settings, tmp_path):
    shutil.copytree(FIXTURE / "train", tmp_path / "data" / "train")
    other = replace(settings, data=tmp_path / "data", artifacts=tmp_path / "results")
    assert known_tests(other, progress=False) is None
    assert len(known_tests(settings, progress=False)) > 0
