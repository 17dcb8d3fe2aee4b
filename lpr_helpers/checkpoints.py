"""Weights and training state on disk: safetensors for weights, nothing that can run code when it is read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from lpr_helpers.files import whole_folder, write_json
from lpr_helpers.models import CRNN
from lpr_helpers.plates import PlateFormat


class CheckpointError(RuntimeError):
    """A folder that should hold a checkpoint holds none, or a damaged one."""


@dataclass(frozen=True)
class Recogniser:
    """A model with all that is needed to use it again.

    network: arguments of `CRNN`. about: whatever is worth keeping, such as the epoch and the validation figures.
    """

    model: CRNN
    plate: PlateFormat
    network: dict
    about: dict = field(default_factory=dict)

    @property
    def colour(self) -> bool:
        """Whether it reads red-green-blue frames rather than grey ones."""
        return self.network["channels"] == 3

    @classmethod
    def new(cls, plate: PlateFormat, seed: int = 2026, **network) -> Recogniser:
        """The report's network for the characters of ``plate``, with fresh weights that depend on ``seed`` alone.

        network: any of `CRNN`'s ``channels``, ``hidden`` and ``dropout``.
        """
        network = {
            "classes": len(plate.alphabet) + 1,
            "channels": 1,
            "hidden": 256,
            "dropout": 0.3,
            **network,
        }
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return cls(CRNN(**network), plate, network)


def save_recogniser(recogniser: Recogniser, folder: Path, about: dict) -> None:
    """Write weights and description into ``folder``, whole or not at all."""
    with whole_folder(folder) as partial:
        _write(recogniser, partial, about)


def load_recogniser(folder: str | Path) -> Recogniser:
    """The recogniser that `save_recogniser` or `save_state` left in ``folder``, on the CPU, in evaluation mode.

    Raises CheckpointError where the folder holds none or a damaged one.
    """
    folder = Path(folder)
    try:
        description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        recogniser = Recogniser(
            CRNN(**description["network"]),
            PlateFormat(**description["plate"]),
            description["network"],
            description["about"],
        )
        recogniser.model.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, KeyError, ValueError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(
            f"{folder} holds no usable checkpoint ({error}); train again or copy it anew"
        ) from error
    recogniser.model.eval()
    return recogniser


def save_state(recogniser: Recogniser, folder: Path, state: dict) -> None:
    """Write weights and the training state (tensors, numbers, strings and containers of them) into ``folder``."""
    with whole_folder(folder) as partial:
        _write(recogniser, partial, {"epoch": state["epoch"]})
        torch.save(state, partial / "state.pt")


def load_state(folder: Path) -> dict:
    """The training state that `save_state` left in ``folder``; refuses a file that holds anything executable."""
    try:
        return torch.load(folder / "state.pt", map_location="cpu", weights_only=True)
    except Exception as error:
        raise CheckpointError(
            f"{folder / 'state.pt'} cannot be read ({error}); delete {folder.parent}"
        ) from error


def _write(recogniser: Recogniser, folder: Path, about: dict) -> None:
    weights = {
        name: tensor.detach().cpu().contiguous() for name, tensor in recogniser.model.state_dict().items()
    }
    save_file(weights, folder / "model.safetensors")
    plate = asdict(recogniser.plate) | {"layouts": dict(recogniser.plate.layouts)}
    write_json(
        folder / "model.json",
        {"network": recogniser.network, "plate": plate, "about": about},
    )
