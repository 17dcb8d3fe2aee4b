"""Passes that are recorded and replayed are the passes that they were."""

import copy

import pytest
import torch

from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.losses import track_loss
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training.graphs import Graphed
from tests.support.networks import FORWARDS

GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")


def learnt(forward, model, images, valid, targets):
    """What comes out, and the gradients of all weights."""
    model.zero_grad(set_to_none=True)
    output = forward(images, valid)
    track_loss(output, valid, targets).backward()
    return output, [w.grad.clone() for w in model.parameters() if w.grad is not None]


def batch(device, tracks=4):
    """Tracks of noise, of which one lacks a frame."""
    valid = torch.ones(tracks, 5, dtype=torch.bool, device=device)
    valid[0, 2] = False
    targets = torch.randint(0, 36, (tracks, 7), device=device)
    return torch.rand(tracks, 5, 1, 32, 128, device=device), valid, targets


def test_without_a_gpu_nothing_is_recorded():
    recogniser = Recogniser.new(BRAZIL, kind="multiframe", width=32, decoder_layers=1)
    forward = Graphed(recogniser.architecture, recogniser.model)
    images, valid, _ = batch("cpu")
    torch.testing.assert_close(
        forward(images, valid).slot_logits, recogniser.model(images, valid).slot_logits, rtol=0, atol=1e-5
    )
    assert forward.shape is None


@GPU
@pytest.mark.parametrize("kind", FORWARDS)
def test_replayed_passes_learn_what_ordinary_ones_learn(kind):
    torch.manual_seed(0)
    model = Recogniser.new(BRAZIL, kind=kind).model.cuda().train()
    for module in model.modules():
        if isinstance(module, (torch.nn.Dropout, torch.nn.LSTM)):
            module.p = module.dropout = 0.0
    architecture, twin = Recogniser.new(BRAZIL, kind=kind).architecture, copy.deepcopy(model)
    recorded = Graphed(architecture, model)
    for _ in range(3):
        images, valid, targets = batch("cuda")
        found, gradients = learnt(recorded, model, images, valid, targets)
        wanted, others = learnt(
            lambda *tracks: architecture.forward(twin, *tracks), twin, images, valid, targets
        )
        assert recorded.shape == images.shape
        for name, value in vars(wanted).items():
            if value is not None:
                torch.testing.assert_close(getattr(found, name), value, rtol=1e-2, atol=1e-2)
        for mine, theirs in zip(gradients, others, strict=True):
            torch.testing.assert_close(mine, theirs, rtol=2e-2, atol=2e-3)
    for mine, theirs in zip(model.buffers(), twin.buffers(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-3)
