"""The temperature: it undoes too much or too little confidence, and changes no reading."""

import pytest
import torch

from lpr_helpers.evaluation.temperature import apply_temperature, fit_temperature
from lpr_helpers.plates import BRAZIL


def honest_slots(plates: int, seed: int = 0, layout: str | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Slot log-probabilities and truths drawn from just these probabilities."""
    generator = torch.Generator().manual_seed(seed)
    slots = torch.randn(plates, 7, 36, generator=generator) * 2 + BRAZIL.mask(layout)
    slots = slots.log_softmax(dim=-1)
    return slots, torch.multinomial(slots.exp().flatten(0, 1), 1, generator=generator).reshape(plates, 7)


@pytest.mark.parametrize("layout", [None, "Mercosur"])
@pytest.mark.parametrize("factor", [0.4, 1.0, 3.0])
def test_the_temperature_undoes_a_recogniser_that_is_too_sure_or_too_shy(factor, layout):
    slots, truth = honest_slots(400, layout=layout)
    distorted = (slots * factor).log_softmax(dim=-1)
    assert fit_temperature(distorted, truth) == pytest.approx(factor, rel=0.05)


def test_no_other_temperature_makes_the_truth_more_likely():
    slots, truth = honest_slots(50)
    slots = (slots * 2).log_softmax(dim=-1)

    def loss(t: float) -> float:
        return -float(apply_temperature(slots, t).gather(-1, truth[..., None]).sum())

    best = fit_temperature(slots, truth)
    assert all(loss(best) <= loss(best * factor) for factor in (0.5, 0.99, 1.01, 2))


def test_plates_that_the_mask_excludes_are_left_out_of_the_fit():
    slots, truth = honest_slots(100, layout="Brazilian")
    impossible = truth.clone()
    impossible[::2, 0] = 0
    assert fit_temperature(slots, impossible) == fit_temperature(slots[1::2], truth[1::2])
    impossible[:, 0] = 0
    with pytest.raises(ValueError, match="wrong layout"):
        fit_temperature(slots, impossible)


def test_only_right_plates_drive_the_temperature_to_its_end():
    slots, _ = honest_slots(20)
    assert fit_temperature(slots, slots.argmax(dim=-1)) == pytest.approx(0.05, rel=1e-3)


def test_a_temperature_changes_neither_the_reading_nor_the_mask():
    slots, _ = honest_slots(10, layout="Mercosur")
    cooler = apply_temperature(slots, 0.5)
    assert torch.equal(cooler.argmax(dim=-1), slots.argmax(dim=-1))
    assert torch.equal(cooler.isinf(), slots.isinf())
    assert torch.allclose(cooler.exp().sum(dim=-1), torch.ones(10, 7))
    assert torch.allclose(apply_temperature(slots, 1.0), slots, atol=1e-5)
    with pytest.raises(ValueError, match="positive"):
        apply_temperature(slots, 0)


def test_what_cannot_be_fitted_says_why():
    slots, truth = honest_slots(5)
    with pytest.raises(ValueError, match=r"\[5, 7, 36\] and \[5, 6\]"):
        fit_temperature(slots, truth[:, :6])
    with pytest.raises(ValueError, match="at least one plate"):
        fit_temperature(slots[:0], truth[:0])
    with pytest.raises(ValueError, match="0 to 35"):
        fit_temperature(slots, truth + 36)
    with pytest.raises(ValueError, match="1 plates have NaN"):
        fit_temperature(torch.where(torch.arange(5)[:, None, None] == 2, torch.nan, slots), truth)
