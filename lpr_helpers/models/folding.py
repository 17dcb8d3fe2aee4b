"""A copy of a model that only reads, and does it in less time."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from lpr_helpers.utils.devices import fastest_precision, work_after_forks

TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "no": torch.float32}


def folded(model: nn.Module, device: str | torch.device, precision: str | None = None) -> nn.Module:
    """A copy of ``model`` for reading on ``device``: fewer passes over its features.

    Batch normalisation is folded into the convolutions before it, and ReLU works in place.

    precision: "bf16", "fp16" or "no" (float32), for all weights and features; None takes what a GPU is fastest in, and
    float32 elsewhere (`inference.engines` measures which is faster).
    Frames go in and logits come out as always, the logits in that precision. Processes that are forked later can read
    too (see `work_after_forks`).

    Raises ValueError for another precision.
    """
    if precision is not None and precision not in TYPES:
        raise ValueError(
            f"precision is {precision!r}; choose one of {', '.join(TYPES)}, or None for the fastest"
        )
    work_after_forks()
    precision = precision or fastest_precision(device)
    model = _fold(copy.deepcopy(model).eval())
    # torch's own annotations do not know the memory format
    model = model.to(device, TYPES[precision], memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model.requires_grad_(False)


def _fold(module: nn.Module) -> nn.Module:
    """The module itself; in rows of layers, with fewer of them."""
    for name, child in module.named_children():
        setattr(module, name, _fold(child))
    if not isinstance(module, nn.Sequential):
        return module
    layers: list[nn.Module] = []
    for layer in module:
        if layers and isinstance(layers[-1], nn.Conv2d) and isinstance(layer, nn.BatchNorm2d):
            layers[-1] = fuse_conv_bn_eval(layers[-1], layer)
        else:
            layers.append(nn.ReLU(inplace=True) if isinstance(layer, nn.ReLU) else layer)
    return nn.Sequential(*layers)
