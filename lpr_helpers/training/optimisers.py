"""AdamW, and Muon for the matrices between a network's ends: it learns from far fewer tracks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

OPTIMISERS = ("adamw", "muon")
MOMENTUM = 0.95
ROUNDS = 5
QUINTIC = (3.4445, -4.7750, 2.0315)
SLOW = 0.1
"""Share of the learning rate at which a model's ``slow`` weights learn."""


class Muon(AdamW):
    """Muon (Jordan et al., 2024) for some weights, AdamW for all others.

    The step for a matrix is its gradient's momentum with all singular values near 1, scaled to be as long as one of
    AdamW would be (Liu et al., 2025), so that one learning rate and one weight decay serve both. A convolution's
    weights are a matrix too, of outputs and all else: torch's own Muon takes no such weights.
    """

    def __init__(
        self,
        matrices: Iterable[nn.Parameter],
        others: Iterable[dict[str, Any]],
        half: bool = False,
        **options: Any,
    ) -> None:
        """``others``: groups of parameters, as every optimiser of torch takes them; half: as in `make_optimiser`."""
        super().__init__([*others, {"params": list(matrices)}], **options)
        # Else a gradient scaler would leave skipping a bad step to the fused kernel, which knows only some weights.
        self._step_supports_amp_scaling = False
        self.precision = torch.bfloat16 if half else torch.float32

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:
        """One step; ``closure`` as in every optimiser of torch."""
        groups = self.param_groups
        self.param_groups = groups[:-1]
        try:
            loss = super().step(closure)
        finally:
            self.param_groups = groups
        self._orthogonal_step(groups[-1])
        return loss

    def _orthogonal_step(self, group: dict[str, Any]) -> None:
        """Move the matrices, those of one shape together: on a GPU the time goes by in starting each product."""
        rate, decay, alike = group["lr"], group["weight_decay"], defaultdict(list)
        for weight in group["params"]:
            if weight.grad is not None:
                step = self._momentum(weight, weight.grad).flatten(1)
                alike[tuple(step.shape)].append((weight, step))
        for shape, some in alike.items():
            length = 0.2 * max(shape) ** 0.5
            steps = orthogonal(torch.stack([step for _, step in some]), self.precision)
            for (weight, _), step in zip(some, steps, strict=True):
                weight.mul_(1 - rate * decay).sub_(step.view_as(weight), alpha=rate * length)

    def _momentum(self, weight: nn.Parameter, gradient: Tensor) -> Tensor:
        """Nesterov's: where the momentum is going to be."""
        kept = self.state[weight]
        if not kept:
            kept["momentum"] = torch.zeros_like(weight)
            kept["step"] = torch.zeros(())  # AdamW looks for it in every state that is loaded
        kept["momentum"].lerp_(gradient, 1 - MOMENTUM)
        return gradient.lerp(kept["momentum"], MOMENTUM)


def orthogonal(matrices: Tensor, precision: torch.dtype = torch.float32) -> Tensor:
    """Nearly U Vᵀ of each float matrix [..., m, n] = U S Vᵀ, by five rounds of Newton and Schulz's iteration.

    The polynomial is that of Jordan et al. (2024).

    The singular values end between about 0.7 and 1.2, save those that were close to 0.
    """
    tall = matrices.shape[-2] > matrices.shape[-1]
    wide = (matrices.mT if tall else matrices).reshape(-1, *sorted(matrices.shape[-2:]))
    wide = (wide / wide.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)).to(precision)
    a, b, c = QUINTIC
    for _ in range(ROUNDS):
        square = wide @ wide.mT
        wide = torch.baddbmm(wide, torch.baddbmm(square, square, square, beta=b, alpha=c), wide, beta=a)
    return (wide.mT if tall else wide).reshape(matrices.shape).to(matrices.dtype)


def make_optimiser(
    name: str, model: nn.Module, learning_rate: float, weight_decay: float, *, half: bool = False
) -> Optimizer:
    """One of `OPTIMISERS` for a model that is on its device already.

    "muon" asks the model for its ``matrices``; either asks it for those that should learn at a tenth of the rate, its
    ``slow`` weights, if it has any. Rates are changed by `set_rate`. half: "muon" multiplies matrices in bf16. Raises
    ValueError for an unknown name, and for a model without matrices.
    """
    device = next(model.parameters()).device.type
    options: dict[str, Any] = {
        "lr": learning_rate,
        "weight_decay": weight_decay,
        "fused": device in ("cuda", "cpu"),
    }
    find = getattr(model, "matrices", None)
    if name not in OPTIMISERS or (name == "muon" and find is None):
        raise ValueError(
            f"optimiser {name!r} for {type(model).__name__}: choose adamw, or muon for a reader that names its matrices"
        )
    matrices = find() if name == "muon" and find else []
    taken = {id(weight) for weight in matrices}
    others = _groups(model, [weight for weight in model.parameters() if id(weight) not in taken])
    optimiser = Muon(matrices, others, half, **options) if matrices else AdamW(others, **options)
    set_rate(optimiser, learning_rate)
    return optimiser


def set_rate(optimiser: Optimizer, rate: float) -> None:
    """Let an optimiser that `make_optimiser` made learn at a rate, and what should learn slowly at its share of it."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get("share", 1.0)


def _groups(model: nn.Module, weights: list[nn.Parameter]) -> list[dict[str, Any]]:
    """Those of some weights that learn at the full rate, then those that the model wants to learn slowly, if any."""
    slow = {id(weight) for weight in getattr(model, "slow", list)()}
    parts = ([w for w in weights if id(w) not in slow], [w for w in weights if id(w) in slow])
    groups = [{"params": some, "share": share} for some, share in zip(parts, (1.0, SLOW), strict=True)]
    return [group for group in groups if group["params"]]
