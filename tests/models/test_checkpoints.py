"""Networks on disk, and what training can start from."""

import pytest

from lpr_helpers.models.checkpoints import (
    STARTS,
    CheckpointError,
    initial_recogniser,
    load_recogniser,
    save_recogniser,
)
from lpr_helpers.models.registry import ARCHITECTURES, OURS
from lpr_helpers.plates import BRAZIL, PlateFormat
from tests.support.noise import small, weights


def test_a_damaged_checkpoint_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="nowhere"):
        load_recogniser(tmp_path / "nowhere")
    save_recogniser(small(), tmp_path / "broken", {})
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"half a file")
    with pytest.raises(CheckpointError, match="broken holds no usable checkpoint"):
        load_recogniser(tmp_path / "broken")


def test_a_recogniser_takes_the_weights_of_a_checkpoint_and_what_is_known_of_them(tmp_path):
    kept, other = small(), small(seed=1)
    save_recogniser(kept, tmp_path / "best", {"epoch": 3})
    other.model.train()
    other.load_weights(tmp_path / "best")
    assert weights(other).equal(weights(kept))
    assert other.about == {"epoch": 3}
    assert not other.model.training


@pytest.mark.parametrize("start", STARTS)
def test_training_can_start_from_each(start):
    recogniser = initial_recogniser(start, BRAZIL)
    assert recogniser.kind == (start if start in ARCHITECTURES else OURS)


def test_other_plates_than_the_packages_start_from_scratch():
    plate = PlateFormat(alphabet="0123456789", layouts={"digits": "DDDDD"})
    with pytest.raises(ValueError, match="LPR_READER=scratch"):
        initial_recogniser("ours", plate)
    assert initial_recogniser("scratch", plate).network["length"] == 5
