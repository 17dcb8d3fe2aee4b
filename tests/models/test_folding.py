"""A copy for reading in half precision; that it reads as the model itself does is in test_architectures."""

import torch

from lpr_helpers.models.checkpoints import load_recogniser
from lpr_helpers.models.folding import folded
from lpr_helpers.models.shipped_files import SHIPPED


@torch.inference_mode()
def test_half_precision_changes_little():
    recogniser = load_recogniser(SHIPPED)
    images = torch.rand(3, 5, 1, 32, 128, generator=torch.Generator().manual_seed(0))
    exact, halved = (
        recogniser.architecture.forward(model, images, torch.ones(3, 5, dtype=torch.bool)).float().slot_logits
        for model in (recogniser.model, folded(recogniser.model, "cpu", "bf16"))
    )
    assert exact.dtype == halved.dtype == torch.float32
    assert (exact.softmax(-1) - halved.softmax(-1)).abs().mean() < 0.02
