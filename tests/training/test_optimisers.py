"""Muon: matrices move by orthogonal steps, everything else by AdamW's."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, strategies as st

from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.multiframe import MultiFrameReader
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training import optimisers
from lpr_helpers.training.loop import fit
from lpr_helpers.training.optimisers import orthogonal
from lpr_helpers.training.phases import Phase
from tests.support.noise import weights, wide_noise_data

PHASE = Phase("muon", epochs=2, batch_size=2, optimiser="muon", precision="no", scenarios=(), hr=False)


@given(st.integers(2, 24), st.integers(2, 24), st.floats(1e-3, 1e3), st.integers(0, 99))
def test_a_step_has_singular_values_near_one(rows, columns, size, seed):
    torch.manual_seed(seed)
    left, right = (
        torch.linalg.qr(torch.randn(rows, rows))[0],
        torch.linalg.qr(torch.randn(columns, columns))[0],
    )
    values = torch.diag_embed(torch.linspace(0.3, 1.0, min(rows, columns)))
    spread = torch.zeros(rows, columns)
    spread[: len(values), : len(values)] = values
    found = torch.linalg.svdvals(orthogonal(size * left @ spread @ right))
    assert found.min() > 0.6
    assert found.max() < 1.3


def test_nothing_to_learn_is_no_step():
    assert orthogonal(torch.zeros(3, 5)).tolist() == torch.zeros(3, 5).tolist()


def test_every_weight_of_our_reader_moves_by_one_of_the_two():
    model = MultiFrameReader(encoder_layers=1, decoder_layers=1)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    learner = optimisers.make_optimiser("muon", model, 1e-2, 0.0)
    for weight in model.parameters():
        weight.grad = torch.randn_like(weight)
    learner.step()
    moved = {
        name: (weight - before[name]).square().mean().sqrt() for name, weight in model.named_parameters()
    }
    matrices, slow = ({id(weight) for weight in some} for some in (model.matrices(), model.slow()))
    for name, weight in model.named_parameters():
        # AdamW's first step is the learning rate everywhere; an orthogonal one is made about as long.
        length = 0.2 if id(weight) in matrices else optimisers.SLOW if id(weight) in slow else 1.0
        assert 0.6 < moved[name] / (length * 1e-2) < 1.4, name


@pytest.mark.parametrize("name", optimisers.OPTIMISERS)
def test_the_alignment_learns_slowly_whatever_the_rate_becomes(name):
    model = MultiFrameReader()
    learner = optimisers.make_optimiser(name, model, 1e-2, 0.0)
    slow = {id(weight) for weight in model.align.parameters()}
    for rate in (1e-2, 3e-4):
        optimisers.set_rate(learner, rate)
        for group in learner.param_groups:
            is_slow = [id(weight) in slow for weight in group["params"]]
            assert all(is_slow) or not any(is_slow)
            assert group["lr"] == pytest.approx(rate * (0.1 if any(is_slow) else 1))


def test_convolutions_are_matrices_too():
    shapes = {tuple(weight.shape) for weight in MultiFrameReader().matrices()}
    assert (96, 96, 3, 3) in shapes
    assert not {(48, 1, 4, 4), (36, 192), (37, 192), (7, 192)} & shapes  # the first layer and the last


@pytest.mark.slow
def test_a_run_with_muon_that_was_cut_ends_with_the_same_weights(tmp_path):
    def learned(name, *epochs):
        for count in epochs:
            recogniser = Recogniser.new(BRAZIL, kind="multiframe", encoder_layers=0, decoder_layers=1)
            fit(recogniser, wide_noise_data(), replace(PHASE, epochs=count), tmp_path / name, progress=False)
        return weights(recogniser)

    assert torch.equal(learned("cut", 1, 2), learned("straight", 2))


@pytest.mark.parametrize("bad", [False, True])
def test_in_half_precision_a_bad_gradient_moves_nothing_and_a_good_one_is_not_scaled(bad):
    model, plain = (MultiFrameReader(encoder_layers=0, decoder_layers=1) for _ in range(2))
    plain.load_state_dict(model.state_dict())
    before, scaler = parameters(model), torch.amp.GradScaler("cpu", init_scale=1024.0)
    for reader, scale in ((model, 1024.0), (plain, 1.0)):
        torch.manual_seed(0)
        for weight in reader.parameters():
            weight.grad = scale * torch.randn_like(weight)
    if bad:
        model.query_bias.grad[0, 0] = torch.inf
    learner = optimisers.make_optimiser("muon", model, 1e-3, 0.01)
    scaler.scale(torch.ones(()))  # it makes its scale with the first loss
    scaler.step(learner)
    optimisers.make_optimiser("muon", plain, 1e-3, 0.01).step()
    wanted = before if bad else parameters(plain)
    torch.testing.assert_close(parameters(model), wanted, rtol=0, atol=0 if bad else 1e-5)


def parameters(model):
    return torch.cat([weight.detach().flatten() for weight in model.parameters()])


def test_only_a_reader_that_names_its_matrices_has_muon():
    with pytest.raises(ValueError, match="'muon' for Linear: choose adamw"):
        optimisers.make_optimiser("muon", torch.nn.Linear(2, 2), 1e-3, 0.0)
    with pytest.raises(ValueError, match="'sgd' for MultiFrameReader"):
        optimisers.make_optimiser("sgd", MultiFrameReader(), 1e-3, 0.0)
