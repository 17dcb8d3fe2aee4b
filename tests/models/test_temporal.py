"""A track as a sequence: its frames have an order, there may be any number, and some may be missing."""

import pytest
import torch
from hypothesis import given as tried, settings, strategies as st

from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.temporal import gathered_at_once, gathered_in_turn, time_waves
from lpr_helpers.plates import BRAZIL

KINDS = ("temporal-gru", "temporal-transformer")


@pytest.fixture(params=KINDS)
def model(request):
    """Each of the two with fresh weights."""
    return Recogniser.new(BRAZIL, kind=request.param).model.eval()


@pytest.fixture
def images():
    """Two tracks of six frames of noise."""
    return torch.rand(2, 6, 1, 32, 128, generator=torch.Generator().manual_seed(0))


def slots(model, images, valid=None):
    """Slot logits of tracks, all of whose frames are there unless it is said."""
    valid = torch.ones(images.shape[:2], dtype=torch.bool) if valid is None else valid
    with torch.inference_mode():
        return model(images, valid).slot_logits


@pytest.mark.parametrize("frames", [1, 2, 6, 30])
def test_a_track_has_any_number_of_frames(model, images, frames):
    assert slots(model, images.repeat(1, 5, 1, 1, 1)[:, :frames]).isfinite().all()


def test_frames_that_come_in_another_order_say_something_else(model, images):
    assert (slots(model, images) - slots(model, images.flip(1))).abs().max() > 1e-4


def test_without_a_temporal_model_their_order_is_nothing(images):
    still = Recogniser.new(BRAZIL, kind="temporal-gru", gru_layers=0).model.eval()
    torch.testing.assert_close(slots(still, images), slots(still, images.flip(1)), atol=1e-5, rtol=1e-5)


def test_a_gru_steps_over_missing_frames_as_if_they_had_never_been(images):
    gru = Recogniser.new(BRAZIL, kind="temporal-gru").model.eval()
    valid = torch.tensor([[True, False, True, True, False, True]] * 2)
    torch.testing.assert_close(
        slots(gru, images, valid), slots(gru, images[:, valid[0]]), atol=1e-5, rtol=1e-5
    )


@settings(deadline=None)
@tried(
    st.integers(1, 9).flatmap(lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=1))
)
def test_a_gru_gathers_the_same_at_once_as_frame_by_frame_whatever_is_missing(there):
    """The first is what a graph of any number of frames holds."""
    torch.manual_seed(len(there))
    cell, valid = torch.nn.GRUCell(16, 8), torch.tensor(there)
    tokens = torch.randn(*valid.shape, 16)
    found, wanted = gathered_at_once(cell, tokens, valid), gathered_in_turn(cell, tokens, valid)
    torch.testing.assert_close(found, wanted, atol=1e-6, rtol=1e-6)


def test_a_track_without_any_frame_is_still_a_number(model, images):
    assert slots(model, images, torch.zeros(2, 6, dtype=torch.bool)).isfinite().all()


def test_no_two_places_in_time_look_alike():
    waves = time_waves(600, 64)
    assert torch.cdist(waves, waves).fill_diagonal_(9).min() > 0.1
