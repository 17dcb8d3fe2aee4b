"""Arguments of a network that come from elsewhere, such as a file: checked before any memory is asked for."""

from __future__ import annotations

import inspect
import math
from typing import Any

import torch

from lpr_helpers.models.layers import HEAD, parameter_count
from lpr_helpers.models.registry import ARCHITECTURES
from lpr_helpers.plates import PlateFormat

MOST_LAYERS, MOST_FEATURES, MOST_WEIGHTS = 64, 65_536, 2**28
"""Layers of a kind, features of one, and numbers in all (1 GiB) that a network may have."""
_FROM_PLATE = ("characters", "length", "classes")


def check_arguments(kind: Any, network: Any, plate: PlateFormat, channels: int | None = None) -> None:
    """Raise ValueError, with what is possible, where a network cannot be built of these arguments for ``plate``.

    kind: one of `registry.ARCHITECTURES`. network: the arguments of its model, by name. channels: what its frames have;
    None for grey ones or colour.
    """
    if not isinstance(kind, str) or kind not in ARCHITECTURES:
        raise ValueError(f"there is no network {_short(kind)}; choose one of {', '.join(ARCHITECTURES)}")
    architecture = ARCHITECTURES[kind]
    possible = inspect.signature(architecture.model).parameters
    if not isinstance(network, dict):
        names = ", ".join(possible)
        raise ValueError(f"the network's arguments are {_short(network)}, not a table of {names}")  # noqa: TRY004
    if unknown := [name for name in network if name not in possible]:
        listed = ", ".join(map(_short, unknown[:5]))
        raise ValueError(f"{kind} has no argument {listed}; it has {', '.join(possible)}")
    for name, value in network.items():
        _check_value(name, value, possible[name].default)
        if name == "channels" and channels is None and value not in (1, 3):
            raise ValueError(f"channels is {value}; it is 1 for grey frames or 3 for colour")
    if channels is not None and network.get("channels", 1) != channels:
        raise ValueError(f"channels is {network.get('channels', 1)}, but its frames have {channels}")
    wanted = architecture.arguments(plate)
    for name in (name for name in _FROM_PLATE if name in wanted):
        if network.get(name, possible[name].default) != wanted[name]:
            raise ValueError(
                f"{name} is {network.get(name, possible[name].default)}, but these plates have {wanted[name]}"
            )
    with torch.device("meta"):  # shapes alone
        weights = parameter_count(architecture.model(**network))
    if weights > MOST_WEIGHTS:
        raise ValueError(f"the network would have {weights:,} weights, more than {MOST_WEIGHTS:,}")


def _check_value(name: str, value: Any, default: Any) -> None:
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise ValueError(f"{name} is {_short(value)}; it is true or false")  # noqa: TRY004
    elif isinstance(default, float):
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not (number and math.isfinite(value) and 0 <= value < 1):
            raise ValueError(f"{name} is {_short(value)}; it is a number from 0 to below 1")
    elif isinstance(default, int):
        least, most = (0, MOST_LAYERS) if name.endswith("_layers") else (1, MOST_FEATURES)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"{name} is {_short(value)}; it is a whole number from {least} to {most:,}")
        if name == "width" and value % HEAD:
            raise ValueError(
                f"width is {value}; it is a multiple of {HEAD}, the features of an attention head"
            )


def _short(value: Any) -> str:
    shown = repr(value) if isinstance(value, (str, int, float, type(None))) else f"a {type(value).__name__}"
    return shown if len(shown) <= 40 else f"{shown[:40]}…"
