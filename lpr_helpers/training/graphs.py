"""A network's passes recorded once and replayed: on a GPU, small networks spend their time in starting kernels."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

from lpr_helpers.models.output import Output
from lpr_helpers.models.registry import Architecture


class Graphed:
    """A network's forward and backward pass as CUDA graphs, for batches of the first one's shape.

    All others, those on other devices, and all batches where a network cannot be recorded, pass as they always do.
    """

    def __init__(self, architecture: Architecture, model: nn.Module, wanted: bool = True) -> None:
        self.architecture, self.model, self.wanted = architecture, model, wanted
        self.shape: torch.Size | None = None
        self.replay: Callable[[Tensor, Tensor], dict[str, Tensor]]

    def __call__(self, images: Tensor, valid: Tensor) -> Output:
        """Tracks, float [B, F, C, H, W] in 0…1, and which frames they have, bool [B, F] → `Output`."""
        if self.wanted and self.shape is None and images.is_cuda:
            self._record(images, valid)
        if self.shape != images.shape:
            return self.architecture.forward(self.model, images, valid)
        return Output(**self.replay(images, valid))

    def _record(self, images: Tensor, valid: Tensor) -> None:
        # Warming up moves batch normalisation's means, which nothing has been learnt from yet.
        kept = [buffer.clone() for buffer in self.model.buffers()]
        passes, half = _Passes(self.architecture, self.model), torch.is_autocast_enabled("cuda")
        passes.train(self.model.training)
        try:
            with torch.autocast("cuda", torch.get_autocast_dtype("cuda"), enabled=half, cache_enabled=False):
                sample = (images.clone(), valid.clone())
                recorded = torch.cuda.make_graphed_callables(passes, sample, allow_unused_input=True)
            self.replay = cast("Callable[[Tensor, Tensor], dict[str, Tensor]]", recorded)
            self.shape = images.shape
        except RuntimeError as error:
            self.wanted = False
            reason = str(error).splitlines()[0]
            warnings.warn(f"{self.architecture.title} trains without CUDA graphs: {reason}", stacklevel=2)
        with torch.no_grad():
            for buffer, before in zip(self.model.buffers(), kept, strict=True):
                buffer.copy_(before)


class _Passes(nn.Module):
    """A network whose output is a dictionary of tensors, as recording wants it."""

    def __init__(self, architecture: Architecture, model: nn.Module) -> None:
        super().__init__()
        self.architecture, self.model = architecture, model

    def forward(self, images: Tensor, valid: Tensor) -> dict[str, Tensor]:
        """As `Graphed`."""
        output = self.architecture.forward(self.model, images, valid)
        return {name: value for name, value in vars(output).items() if value is not None}
