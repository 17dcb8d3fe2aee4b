"""What a network is trained on: CTC, slots, and the two together."""

import pytest
import torch

from lpr_helpers.models.losses import CTC_SHARE, TAUGHT, ctc_loss, slot_loss, spacing_loss, track_loss
from lpr_helpers.models.output import Output


def test_ctc_loss_falls_to_zero_for_a_certain_alignment():
    targets = torch.tensor([[0, 0, 35]])  # "00Z": index 1, 1, 36 with a blank between the equal ones
    path = [1, 0, 1, 36, 0, 0]
    logits = torch.full((6, 1, 37), -30.0)
    logits[range(6), 0, path] = 30.0
    assert ctc_loss(logits, targets) == pytest.approx(0, abs=1e-6)


def test_too_few_time_steps_are_refused_rather_than_silently_ignored():
    with pytest.raises(ValueError, match="14 are needed"):
        ctc_loss(torch.zeros(8, 1, 37), torch.zeros(1, 7, dtype=torch.int64))


@pytest.fixture
def output():
    """All that a network may say of two tracks of three frames."""
    torch.manual_seed(0)
    return Output(torch.randn(32, 6, 37), torch.randn(2, 3, 7, 36), torch.randn(2, 7, 36))


@pytest.fixture
def targets():
    """Two plates."""
    return torch.arange(14).view(2, 7)


def test_whole_tracks_count_by_their_slots_and_a_share_of_the_ctc_of_their_frames(output, targets):
    valid = torch.ones(2, 3, dtype=torch.bool)
    ctc = ctc_loss(output.ctc_logits, targets.repeat_interleave(3, 0))
    whole = slot_loss(output.slot_logits, targets)
    assert track_loss(Output(ctc_logits=output.ctc_logits), valid, targets) == pytest.approx(ctc.item())
    both = Output(ctc_logits=output.ctc_logits, slot_logits=output.slot_logits)
    assert track_loss(both, valid, targets) == pytest.approx((whole + CTC_SHARE * ctc).item())


def test_missing_frames_teach_nothing(output, targets):
    valid = torch.tensor([[True, False, True], [False, False, True]])
    for here, of_all in (
        (Output(ctc_logits=output.ctc_logits[:, valid.flatten()]), Output(ctc_logits=output.ctc_logits)),
        (
            Output(frame_slot_logits=output.frame_slot_logits[valid][:, None]),
            Output(frame_slot_logits=output.frame_slot_logits),
        ),
    ):
        alone = track_loss(here, torch.ones(3, 1, dtype=torch.bool), targets[[0, 0, 1]])
        assert track_loss(of_all, valid, targets) == pytest.approx(alone.item())


def test_characters_side_by_side_are_evenly_spaced_and_others_are_not():
    targets = torch.arange(7)[None]
    columns = torch.arange(7).repeat_interleave(4) + 1
    spaced, reversed_order = torch.full((28, 1, 37), -9.0), torch.full((28, 1, 37), -9.0)
    spaced[range(28), 0, columns] = 9.0
    reversed_order[range(28), 0, columns.flip(0)] = 9.0
    assert spacing_loss(spaced, targets) < 1 < spacing_loss(reversed_order, targets)


def test_the_spacing_counts_as_much_as_it_is_told_to(output, targets):
    valid, ctc = torch.ones(2, 3, dtype=torch.bool), Output(ctc_logits=output.ctc_logits)
    apart = track_loss(ctc, valid, targets, 0.5) - track_loss(ctc, valid, targets)
    assert apart == pytest.approx(
        0.5 * spacing_loss(output.ctc_logits, targets.repeat_interleave(3, 0)).item(), rel=1e-4
    )


def test_a_teacher_who_knows_the_truth_teaches_what_the_truth_does(output, targets):
    truth = torch.nn.functional.one_hot(targets, 36).float()
    assert slot_loss(output.slot_logits, targets, truth) == pytest.approx(
        slot_loss(output.slot_logits, targets).item(), rel=1e-5
    )


def test_a_teacher_is_believed_for_its_share(output, targets):
    other = (targets + 1) % 36
    taught = torch.nn.functional.one_hot(other, 36).float()
    truth, lesson = slot_loss(output.slot_logits, targets), slot_loss(output.slot_logits, other)
    assert slot_loss(output.slot_logits, targets, taught) == pytest.approx(
        ((1 - TAUGHT) * truth + TAUGHT * lesson).item(), rel=1e-5
    )
