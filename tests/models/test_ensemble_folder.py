"""An ensemble on disk: its members, their weights, and what is said of a file that does not hold one."""

import json

import pytest

from lpr_helpers.models.checkpoints import save_recogniser
from lpr_helpers.models.ensemble_folder import ENSEMBLE_FILE, is_ensemble, load_ensemble, save_ensemble
from lpr_helpers.models.shipped_files import CheckpointError
from tests.support.noise import small


@pytest.fixture
def folder(tmp_path):
    """Two members, the second of which counts three times as much."""
    for seed, name in enumerate(("one", "two")):
        save_recogniser(small(seed), tmp_path / name / "best", {})
    save_ensemble(tmp_path, {"one/best": 1, "two/best": 3})
    return tmp_path


def test_members_and_weights_come_back_in_their_order(folder):
    members, weights = load_ensemble(folder)
    assert is_ensemble(folder)
    assert not is_ensemble(folder / "one" / "best")
    assert list(members) == ["one/best", "two/best"]
    assert [member.digest for member in members.values()] == [small(0).digest, small(1).digest]
    assert weights == [0.25, 0.75]


def test_weights_are_not_used_for_a_member_that_was_trained_on(folder):
    save_recogniser(small(7), folder / "two" / "best", {})
    with pytest.raises(CheckpointError, match=r"two/best is no longer the reader.*train the ensemble again"):
        load_ensemble(folder)


@pytest.mark.parametrize(
    "told",
    [
        "no JSON",
        "[]",
        "{}",
        '{"members": []}',
        '{"members": [{"checkpoint": "../one", "weight": 1, "digest": ""}]}',
        '{"members": [{"checkpoint": "one/best", "weight": 0, "digest": ""}]}',
        '{"members": [{"checkpoint": "one/best", "weight": NaN, "digest": ""}]}',
        json.dumps({"members": 2 * [{"checkpoint": "one/best", "weight": 1, "digest": ""}]}),
    ],
)
def test_a_file_that_describes_no_ensemble_is_refused(folder, told):
    (folder / ENSEMBLE_FILE).write_text(told)
    with pytest.raises(CheckpointError, match="describes no ensemble"):
        load_ensemble(folder)


def test_a_member_that_is_gone_is_named(folder):
    (folder / "one" / "best" / "model.json").unlink()
    with pytest.raises(CheckpointError, match="one/best holds no usable checkpoint"):
        load_ensemble(folder)
    with pytest.raises(CheckpointError, match="three holds no usable checkpoint"):
        save_ensemble(folder, {"three": 1})
