"""Several processes at one piece of work: who does which part, and how the parts come together.

Everything here does the plain thing where there is only one process, so that no caller has to ask.
"""

from __future__ import annotations

from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

T = TypeVar("T")


def shard() -> tuple[int, int]:
    """This process's number and how many there are: (0, 1) for a process on its own."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


def all_gather(item: T) -> list[T]:
    """The ``item`` of every process, in their order; all processes have to call this."""
    _, world = shard()
    if world == 1:
        return [item]
    items: list = [None] * world
    dist.all_gather_object(items, item)
    return items


def broadcast(item: T) -> T:
    """What the first process says, in every process; all processes have to call this."""
    _, world = shard()
    if world == 1:
        return item
    items = [item]
    dist.broadcast_object_list(items, src=0)
    return items[0]


def sync_batch_norm(model: nn.Module) -> None:
    """Let batch normalisation see the whole batch rather than one process's part of it.

    Names, weights and running statistics stay what they were. Torch has this for GPUs alone (SyncBatchNorm).
    """
    for module in model.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = SyncBatchNorm2d


class SyncBatchNorm2d(nn.BatchNorm2d):
    """`torch.nn.BatchNorm2d`, whose mean and variance in training are those of all processes' images together.

    All processes need the same number of images.
    """

    # torch allows for layers that keep no statistics; all of ours do
    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor
    momentum: float

    def forward(self, images: Tensor) -> Tensor:
        """Images [B, C, H, W] → the same shape and type."""
        _, world = shard()
        if world == 1 or not self.training:
            return super().forward(images)
        values = images.float()
        moments = torch.stack([values.mean((0, 2, 3)), values.square().mean((0, 2, 3))])
        mean, square = _Mean.apply(moments)
        variance = (square - mean.square()).clamp(min=0)
        with torch.no_grad():
            count = images.numel() / images.shape[1] * world
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        scale = self.weight * (variance + self.eps).rsqrt()
        shift = self.bias - mean * scale
        return (values * scale[:, None, None] + shift[:, None, None]).to(images.dtype)


class _Mean(torch.autograd.Function):
    """The mean of a tensor over the processes; so is the gradient of it."""

    @staticmethod
    def forward(_: object, tensor: Tensor) -> Tensor:
        return _mean(tensor)

    @staticmethod
    def backward(_: object, gradient: Tensor) -> Tensor:
        return _mean(gradient)


def _mean(tensor: Tensor) -> Tensor:
    total = tensor.clone()
    dist.all_reduce(total)
    return total / dist.get_world_size()
