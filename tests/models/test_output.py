"""What a network puts out, and the mean of several outputs."""

import pytest
import torch

from lpr_helpers.models.output import Output, mean_output


@pytest.fixture
def outputs():
    """Two outputs of the same tracks."""
    torch.manual_seed(0)
    return [Output(slot_logits=torch.randn(2, 7, 36), frame_weights=torch.rand(2, 5)) for _ in range(2)]


def test_a_single_output_is_its_own_mean(outputs):
    assert mean_output(outputs[:1]) is outputs[0]


def test_the_mean_is_of_log_probabilities_and_of_nothing_that_one_lacks(outputs):
    mean = mean_output(outputs)
    expected = torch.stack([output.slot_logits.log_softmax(-1) for output in outputs]).mean(0).log_softmax(-1)
    torch.testing.assert_close(mean.slot_logits, expected)
    torch.testing.assert_close(mean.frame_weights, (outputs[0].frame_weights + outputs[1].frame_weights) / 2)
    assert mean.ctc_logits is mean.frame_slot_logits is None
    assert mean_output([outputs[0], Output(slot_logits=outputs[1].slot_logits)]).frame_weights is None


def test_precision_changes_what_is_there_and_nothing_else(outputs):
    halved = Output(slot_logits=outputs[0].slot_logits.half())
    assert halved.float().slot_logits.dtype == torch.float32
    assert halved.float().ctc_logits is None
