"""How far a training is, and that state on disk: nothing that can run code when it is read."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file

from lpr_helpers.models.checkpoints import Recogniser, write_weights
from lpr_helpers.models.shipped_files import CheckpointError
from lpr_helpers.training.phases import Phase
from lpr_helpers.utils.files import whole_folder, write_json


@dataclass
class TrainingState:
    """How far a run is: whole epochs, and batches into the next one with what they came to."""

    epoch: int = 0
    batch: int = 0
    losses: list = field(default_factory=list)  # of the batches of the epoch under way, [] of float32
    trusted: list = field(default_factory=list)  # share of unlabelled characters that counted, batch by batch
    seconds: float = 0.0  # spent on those batches
    best: list[float] = field(default_factory=list)  # the best epoch's figures, compared in order
    best_epoch: int = 0
    history: list[dict] = field(default_factory=list)
    samples: list[dict] = field(
        default_factory=list
    )  # some tracks' readings after every epoch, `runs.sample_readings`
    streamed: bool | None = (
        None  # how frames come to the device, as their order depends on it; None: undecided
    )

    def finished(self, phase: Phase) -> bool:
        """Whether no epoch is left, or enough of them have passed in vain."""
        waited = self.epoch - self.best_epoch
        return self.epoch >= phase.epochs or (
            phase.early_stopping is not None and waited >= phase.early_stopping
        )


def save_state(recogniser: Recogniser, folder: Path, state: dict) -> None:
    """Write weights and the training state into ``folder``, whole or not at all.

    state: tensors, numbers, strings, None, and lists and dictionaries of them. The tensors go into
    ``state.safetensors``, all else into ``state.json``: nothing here can run code when it is read.
    """
    tensors: dict[str, torch.Tensor] = {}
    plain = _without_tensors(state, tensors)
    with whole_folder(folder) as partial:
        write_weights(recogniser, partial, {"epoch": state["epoch"]})
        save_file(tensors, partial / "state.safetensors")
        write_json(partial / "state.json", plain)


def load_state(folder: Path) -> dict:
    """The training state that `save_state` left in ``folder``.

    Raises CheckpointError where it is missing or damaged.
    """
    try:
        plain = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        # Read and not mapped into memory: what is kept of it would hold the file open when the next one replaces it.
        return _with_tensors(plain, load((folder / "state.safetensors").read_bytes()))
    except (OSError, KeyError, ValueError, SafetensorError) as error:
        raise CheckpointError(
            f"{folder} holds no usable training state ({error}), so this run cannot go on: train in another folder. "
            f"What {folder.parent / 'best'} holds, if it is there, can still be read with"
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


def _with_tensors(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """What `_without_tensors` was given; a tuple comes back as a list."""
    if isinstance(value, list):
        return [_with_tensors(item, tensors) for item in value]
    if isinstance(value, dict):
        if "tensor" in value:
            return tensors[value["tensor"]]
        return {key: _with_tensors(item, tensors) for key, item in value["pairs"]}
    return value
