"""Weights and training state on disk: safetensors for weights, nothing that can run code when it is read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from lpr_helpers.files import whole_folder, write_json
from lpr_helpers.plates import PlateFormat
from lpr_helpers.readers import READERS, Reader

SHIPPED = Path(__file__).parent / "shipped"
"""The weights that come with the package, what they are (README.md), and what their confidences are worth."""
STARTS = ("ours", "scratch", "crnn")


class CheckpointError(RuntimeError):
    """A folder that should hold a checkpoint holds none, or a damaged one."""


@dataclass(frozen=True)
class Recogniser:
    """A model with all that is needed to use it again.

    kind: "crnn" or "track", see `readers`. network: arguments of the model. about: whatever is worth keeping, such as
    the epoch and the validation figures.
    """

    model: nn.Module
    plate: PlateFormat
    network: dict
    about: dict = field(default_factory=dict)
    kind: str = "crnn"

    @property
    def reader(self) -> Reader:
        """How its model is trained and read with."""
        return READERS[self.kind]

    @property
    def colour(self) -> bool:
        """Whether it reads red-green-blue frames rather than grey ones."""
        return self.network["channels"] == 3

    @classmethod
    def new(cls, plate: PlateFormat, seed: int = 2026, kind: str = "crnn", **network) -> Recogniser:
        """A network for ``plate`` with fresh weights that depend on ``seed`` alone.

        kind: "crnn", the report's, or "track", ours. network: arguments of the model that are not the plate's, such as
        ``channels``.
        """
        network = READERS[kind].network(plate) | network
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return cls(READERS[kind].model(**network), plate, network, kind=kind)


def starting(start: str, plate: PlateFormat, seed: int = 2026, channels: int = 1) -> Recogniser:
    """What training starts from: one of `STARTS`.

    "ours": our reader with the weights in the package. "scratch": our reader with fresh weights. "crnn": the report's
    network with fresh weights.

    Raises ValueError for another start, and where the weights in the package are for other plates or frames.
    """
    if start not in STARTS:
        raise ValueError(f"LPR_READER is {start!r}; choose one of {', '.join(STARTS)}")
    if start != "ours":
        return Recogniser.new(plate, seed, kind="crnn" if start == "crnn" else "track", channels=channels)
    shipped = load_recogniser(SHIPPED)
    if (shipped.plate.alphabet, shipped.plate.length) != (plate.alphabet, plate.length) or channels != 1:
        raise ValueError(
            f"the weights in the package read {shipped.plate.length} of {shipped.plate.alphabet} in grey frames, these "
            "are other plates or frames: set LPR_READER=scratch"
        )
    return Recogniser(shipped.model, plate, shipped.network, shipped.about, shipped.kind)


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
            READERS[description.get("kind", "crnn")].model(**description["network"]),
            PlateFormat(**description["plate"]),
            description["network"],
            description["about"],
            description.get("kind", "crnn"),
        )
        recogniser.model.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, KeyError, ValueError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(
            f"{folder} holds no usable checkpoint ({error}); train again or copy it anew"
        ) from error
    recogniser.model.eval()
    return recogniser


def save_state(recogniser: Recogniser, folder: Path, state: dict) -> None:
    """Write weights and the training state into ``folder``, whole or not at all.

    state: tensors, numbers, strings, None, and lists and dictionaries of them. The tensors go into
    ``state.safetensors``, all else into ``state.json``: nothing here can run code when it is read.
    """
    tensors = {}
    plain = _without_tensors(state, tensors)
    with whole_folder(folder) as partial:
        _write(recogniser, partial, {"epoch": state["epoch"]})
        save_file(tensors, partial / "state.safetensors")
        write_json(partial / "state.json", plain)


def load_state(folder: Path) -> dict:
    """The training state that `save_state` left in ``folder``.

    Raises CheckpointError where it is missing or damaged.
    """
    try:
        plain = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        return _with_tensors(plain, load_file(folder / "state.safetensors"))
    except (OSError, KeyError, ValueError, SafetensorError) as error:
        raise CheckpointError(
            f"{folder} holds no usable training state ({error}); delete {folder.parent} to train anew"
        ) from error


def _without_tensors(value: object, tensors: dict[str, torch.Tensor]) -> object:
    """``value`` as JSON can hold it; its tensors are put into ``tensors`` and leave their names behind."""
    if isinstance(value, torch.Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().cpu().contiguous().clone()
        return {"tensor": name}
    if isinstance(value, dict):  # as pairs: JSON would turn the optimiser's numbers into strings
        return {"pairs": [[key, _without_tensors(item, tensors)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return [_without_tensors(item, tensors) for item in value]
    return value


def _with_tensors(value: object, tensors: dict[str, torch.Tensor]) -> object:
    """What `_without_tensors` was given; a tuple comes back as a list."""
    if isinstance(value, list):
        return [_with_tensors(item, tensors) for item in value]
    if isinstance(value, dict):
        if "tensor" in value:
            return tensors[value["tensor"]]
        return {key: _with_tensors(item, tensors) for key, item in value["pairs"]}
    return value


def _write(recogniser: Recogniser, folder: Path, about: dict) -> None:
    weights = {
        name: tensor.detach().cpu().contiguous() for name, tensor in recogniser.model.state_dict().items()
    }
    save_file(weights, folder / "model.safetensors")
    plate = asdict(recogniser.plate) | {"layouts": dict(recogniser.plate.layouts)}
    write_json(
        folder / "model.json",
        {"kind": recogniser.kind, "network": recogniser.network, "plate": plate, "about": about},
    )
