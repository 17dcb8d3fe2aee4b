"""The state of a training, on disk."""

import pytest
import torch

from lpr_helpers.models.shipped_files import CheckpointError
from lpr_helpers.training.state import load_state, save_state
from tests.support.noise import small


def test_a_state_comes_back_as_it_was(tmp_path):
    state = {
        "epoch": 3,
        "losses": [1.5, float("inf")],
        "optimiser": {
            "state": {0: {"step": torch.tensor(7.0)}, 1: {}},
            "groups": [{"lr": 0.1, "amsgrad": None}],
        },
        "generators": [{"cpu": torch.arange(5, dtype=torch.uint8)}],
    }
    save_state(small(), tmp_path / "last", state)
    loaded = load_state(tmp_path / "last")
    assert loaded["optimiser"]["state"][0]["step"] == 7
    assert torch.equal(loaded["generators"][0].pop("cpu"), state["generators"][0].pop("cpu"))
    del loaded["optimiser"]["state"][0], state["optimiser"]["state"][0]
    assert loaded == state


def test_a_damaged_state_is_named(tmp_path):
    save_state(small(), tmp_path / "last", {"epoch": 1, "rng": torch.zeros(3)})
    (tmp_path / "last" / "state.safetensors").write_bytes(b"half")
    with pytest.raises(CheckpointError, match="last holds no usable training state"):
        load_state(tmp_path / "last")
