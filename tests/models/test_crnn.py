"""The report's CRNN, as drawn."""

import pytest
import torch
from torch import nn

from lpr_helpers.models.crnn import CRNN
from lpr_helpers.models.layers import parameter_count


def test_the_reports_crnn_is_as_drawn():
    model = CRNN().eval()
    shapes = []
    for layer in model.features:
        if isinstance(layer, nn.MaxPool2d):
            layer.register_forward_hook(lambda _, __, out: shapes.append(tuple(out.shape[1:])))
    model.sequence.register_forward_hook(
        lambda _, given, out: shapes.extend([given[0].shape[1:], out[0].shape[1:]])
    )
    logits = model(torch.rand(2, 1, 32, 128))
    assert shapes == [(64, 16, 64), (128, 8, 32), (256, 4, 32), (512, 2, 32), (32, 1024), (32, 512)]
    assert logits.shape == (32, 2, 37)
    assert parameter_count(model) == 5_772_837
    assert sum(isinstance(layer, nn.Conv2d) for layer in model.features) == 4
    assert (model.sequence.num_layers, model.sequence.hidden_size, model.sequence.bidirectional) == (
        2,
        256,
        True,
    )
    assert model.dropout.p == model.sequence.dropout == 0.3


@pytest.mark.parametrize(("channels", "classes", "hidden"), [(3, 37, 256), (1, 11, 128)])
def test_colour_alphabet_and_width_are_parameters(channels, classes, hidden):
    assert CRNN(classes, channels, hidden)(torch.rand(1, channels, 32, 128)).shape == (32, 1, classes)


def test_light_and_contrast_of_a_frame_do_not_matter():
    model, frames = CRNN().eval(), torch.rand(2, 1, 32, 128)
    assert torch.allclose(model(frames), model(0.2 * frames + 0.3), atol=0.05)
    assert model(torch.zeros(1, 1, 32, 128)).isfinite().all()
