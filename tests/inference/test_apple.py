"""Reading and training on an Apple GPU, on a machine that has one; elsewhere the forms alone are tried."""

import numpy as np
import pytest
import torch

from lpr_helpers import load_reader
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.losses import track_loss
from lpr_helpers.models.registry import ARCHITECTURES
from lpr_helpers.plates import BRAZIL
from lpr_helpers.transforms.augment import Augment
from lpr_helpers.transforms.degradation import degrade
from lpr_helpers.utils.devices import best_device
from tests.support.networks import SMALL

pytestmark = pytest.mark.skipif(best_device().type != "mps", reason="no Apple GPU to be had")
FRAMES = np.random.default_rng(0).integers(0, 255, (5, 20, 44), dtype=np.uint8)


@pytest.mark.parametrize("tta", [1, 5])
def test_an_apple_gpu_reads_as_the_cpu_does(tta):
    there, here = (load_reader(device=name, precision="no", tta=tta).read(FRAMES) for name in ("mps", "cpu"))
    assert there.text == here.text
    assert there.confidence == pytest.approx(here.confidence, abs=1e-3)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_an_apple_gpu_takes_a_step_of_training(kind):
    recogniser = Recogniser.new(BRAZIL, kind=kind, **SMALL.get(kind, {}))
    model = recogniser.model.to("mps").train()
    images, valid = (
        torch.rand(2, 5, 1, 64, 256, device="mps"),
        torch.ones(2, 5, dtype=torch.bool, device="mps"),
    )
    images = degrade(images)[..., ::2, ::2].contiguous()
    images, valid = Augment("aggressive")(images, valid)
    targets = torch.zeros(2, 7, dtype=torch.long, device="mps")
    track_loss(recogniser.architecture.forward(model, images, valid), valid, targets).backward()
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)
