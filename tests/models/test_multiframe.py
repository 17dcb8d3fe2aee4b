"""Our reader: any frames, in any order, and only those that are there."""

import pytest
import torch

from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.plates import BRAZIL

LARGER = {"width": 64, "encoder_layers": 1, "detail": 2, "residual_layers": 2}


@pytest.fixture(
    scope="module", params=[{}, LARGER, {"early_fusion": False}], ids=["usual", "larger", "apart"]
)
def model(request):
    """Our reader with fresh weights, in several forms."""
    return Recogniser.new(BRAZIL, kind="multiframe", seed=1, **request.param).model.eval()


@pytest.fixture(scope="module")
def images():
    """Two tracks of noise."""
    return torch.rand(2, 5, 1, 32, 128, generator=torch.Generator().manual_seed(0))


def everything(images):
    return torch.ones(images.shape[:2], dtype=torch.bool)


@torch.inference_mode()
def test_one_answer_a_slot_and_steps_for_every_frame(model, images):
    output = model(images, everything(images))
    assert output.slot_logits.shape == (2, 7, 36)
    assert output.ctc_logits.shape == (32, 10, 37)
    torch.testing.assert_close(output.frame_weights.sum(1), torch.ones(2))


@torch.inference_mode()
def test_the_order_of_frames_does_not_matter(model, images):
    forward, backward = (model(some, everything(some)) for some in (images, images.flip(1)))
    torch.testing.assert_close(forward.slot_logits, backward.slot_logits, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(forward.frame_weights, backward.frame_weights.flip(1), atol=1e-4, rtol=1e-3)


def test_every_matrix_between_the_ends_is_named(model):
    ends = (model.stem[0], model.slot_head, model.ctc_head, model.quality)
    left_out = {id(weight) for part in ends for weight in part.parameters()}
    named = {id(weight) for weight in model.matrices()}
    for name, weight in model.named_parameters():
        inside = weight.ndim > 1 and not name.startswith(("align", "position", "queries", "query_bias"))
        assert (id(weight) in named) == (inside and id(weight) not in left_out), name


@torch.inference_mode()
def test_a_missing_frame_has_no_say(model, images):
    valid = everything(images)
    valid[:, 3:] = False
    with_gaps, short = model(images, valid), model(images[:, :3], valid[:, :3])
    torch.testing.assert_close(with_gaps.slot_logits, short.slot_logits, atol=1e-4, rtol=1e-3)
    assert not with_gaps.frame_weights[:, 3:].any()


@torch.inference_mode()
def test_a_track_without_a_frame_harms_no_other(model, images):
    valid = everything(images)
    valid[0] = False
    output = model(images, valid)
    assert output.slot_logits.isfinite().all()
    torch.testing.assert_close(
        output.slot_logits[1:], model(images[1:], valid[1:]).slot_logits, atol=1e-4, rtol=1e-3
    )
