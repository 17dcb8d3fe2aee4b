"""Several processes normalise a batch as one would."""

import pytest
import torch
import torch.distributed as dist
from torch import nn

from lpr_helpers.utils import distributed
from tests.support.processes import together


def _normalise(folder):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4))
    distributed.sync_batch_norm(model)
    rank, world = distributed.shard()
    images = torch.randn(6, 1, 5, 5, generator=torch.Generator().manual_seed(1))[rank::world]
    loss = (model(images) ** 3).mean()
    loss.backward()
    gradients = [p.grad.clone() for p in model.parameters()]
    for gradient in gradients:
        dist.all_reduce(gradient)
    kept = [gradient / world for gradient in gradients] + list(model.buffers())
    torch.save(kept, folder / f"{rank}.pt")


@pytest.mark.slow
def test_batch_normalisation_sees_the_whole_batch(tmp_path):
    together(_normalise, tmp_path)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4))
    (model(torch.randn(6, 1, 5, 5, generator=torch.Generator().manual_seed(1))) ** 3).mean().backward()
    expected = [p.grad for p in model.parameters()] + list(model.buffers())
    for rank in (0, 1):
        for value, wanted in zip(torch.load(tmp_path / f"{rank}.pt"), expected, strict=True):
            torch.testing.assert_close(value, wanted)
