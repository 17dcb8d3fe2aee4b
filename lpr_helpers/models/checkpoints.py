"""Networks with all that is needed to use them again, on disk: safetensors and JSON, nothing that can run code."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.models.arguments import check_arguments
from lpr_helpers.models.network_input import network_input
from lpr_helpers.models.other_plates import carried_over
from lpr_helpers.models.output import Output
from lpr_helpers.models.registry import ARCHITECTURES, OURS, Architecture
from lpr_helpers.models.shipped_files import SHIPPED, CheckpointError
from lpr_helpers.plates import PlateFormat
from lpr_helpers.utils.files import whole_folder, write_json
from lpr_helpers.utils.regular import read_regular

MOST_BYTES = 2**24
"""What is read of a ``model.json``, which has a few hundred bytes."""
STARTS = ("ours", "scratch", *(name for name in ARCHITECTURES if name != OURS))
"""What training can start from: our reader with the weights in the package, or any network with fresh ones."""


@dataclass(frozen=True)
class Recogniser:
    """A model with all that is needed to use it again.

    kind: one of `registry.ARCHITECTURES`. network: arguments of the model. about: whatever is worth keeping, such as
    the epoch and the validation figures. made_of: what its frames are made of; None where that is light alone, as it
    is. Ask for `frame_format`.
    """

    model: nn.Module
    plate: PlateFormat
    network: dict
    about: dict = field(default_factory=dict)
    kind: str = "crnn"
    made_of: FrameFormat | None = None

    @property
    def architecture(self) -> Architecture:
        """How tracks pass through its model."""
        return ARCHITECTURES[self.kind]

    @property
    def frame_format(self) -> FrameFormat:
        """What its frames are made of: how they have to be packed, or read from files."""
        return self.made_of or FrameFormat(colour=self.network["channels"] == 3)

    @property
    def colour(self) -> bool:
        """Whether it reads red-green-blue frames rather than grey ones."""
        return self.frame_format.colour

    def forward(self, images: Tensor, valid: Tensor, model: nn.Module | None = None) -> Output:
        """What the network makes of tracks: float [B, F, C, 32, 128] in 0…1 as packed, and bool [B, F].

        model: a form of its model, such as a folded one, to use in its place.
        """
        given = network_input(images, self.frame_format)
        return self.architecture.forward(self.model if model is None else model, given, valid)

    @property
    def digest(self) -> str:
        """A short digest of all weights, so that a run or a calibration knows which reader it is about."""
        return weights_digest(self.model)

    @classmethod
    def new(
        cls,
        plate: PlateFormat,
        seed: int = 2026,
        kind: str = "crnn",
        frame_format: FrameFormat | None = None,
        **network: Any,
    ) -> Recogniser:
        """A network for ``plate`` with fresh weights that depend on ``seed`` alone.

        kind: one of `registry.ARCHITECTURES`. frame_format: what its frames are made of. network: arguments of the
        model that are not the plate's, such as ``channels``, which follow from a ``frame_format``.

        Raises ValueError, before it asks for memory, where there is no such network.
        """
        if kind in ARCHITECTURES:
            network = ARCHITECTURES[kind].arguments(plate) | network
        if frame_format:
            network = network | {"channels": frame_format.inputs}
        made_of = frame_format if frame_format and not frame_format.plain else None
        check_arguments(kind, network, plate, made_of.inputs if made_of else None)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return cls(ARCHITECTURES[kind].model(**network), plate, network, kind=kind, made_of=made_of)

    def load_weights(self, folder: str | Path) -> None:
        """Take the weights of a checkpoint of the same kind, and what is known of them; ready to read.

        Raises CheckpointError as `load_recogniser` does.
        """
        other = load_recogniser(folder)
        self.model.load_state_dict(other.model.state_dict())
        self.model.eval()
        self.about.clear()
        self.about.update(other.about)


def kind_of(start: str) -> str:
    """The network that training from one of `STARTS` trains, by its name in `registry.ARCHITECTURES`.

    Raises ValueError for another start.
    """
    if start not in STARTS:
        raise ValueError(f"LPR_READER is {start!r}; choose one of {', '.join(STARTS)}")
    return OURS if start in ("ours", "scratch") else start


def initial_recogniser(
    start: str,
    plate: PlateFormat,
    seed: int = 2026,
    channels: int = 1,
    frame_format: FrameFormat | None = None,
) -> Recogniser:
    """What training starts from: one of `STARTS`.

    "ours": our reader with the weights in the package, for plates of another alphabet or length as far as they carry
    over (`other_plates.carried_over`). "scratch": our reader with fresh weights. Any other name of
    `registry.ARCHITECTURES`: that network with fresh weights. frame_format: what its frames are made of; ``channels``
    of light alone where it is None. To equalise or to rectify, even the weights in the package can learn.

    Raises ValueError for another start, and where the weights in the package are for other frames.
    """
    kind = kind_of(start)
    frame_format = frame_format or FrameFormat(colour=channels == 3)
    if start != "ours":
        return Recogniser.new(plate, seed, kind=kind, frame_format=frame_format)
    shipped = load_recogniser(SHIPPED)
    if (frame_format.names, frame_format.inputs) != (("grey",), 1):
        raise ValueError(
            "the weights in the package read grey frames, these are others: set LPR_READER=scratch"
        )
    made_of = None if frame_format.plain else frame_format
    if (shipped.plate.alphabet, shipped.plate.length) == (plate.alphabet, plate.length):
        return Recogniser(shipped.model, plate, shipped.network, shipped.about, shipped.kind, made_of)
    network = shipped.network | ARCHITECTURES[kind].arguments(plate)
    begun = Recogniser.new(plate, seed, kind=kind, frame_format=frame_format, **network)
    weights = shipped.model.state_dict(), shipped.plate, begun.model.state_dict(), plate
    begun.model.load_state_dict(carried_over(*weights))
    begun.model.eval()
    begun.about.update(
        made=shipped.about["made"]
    )  # what it read of the package's own plates says nothing here
    return begun


def save_recogniser(recogniser: Recogniser, folder: Path, about: dict) -> None:
    """Write weights and description into ``folder``, whole or not at all."""
    with whole_folder(folder) as partial:
        write_weights(recogniser, partial, about)


def load_recogniser(folder: str | Path) -> Recogniser:
    """The recogniser that `save_recogniser` or `save_state` left in ``folder``, on the CPU, in evaluation mode.

    Raises CheckpointError where the folder holds none or a damaged one, whatever its files hold.
    """
    folder = Path(folder)
    try:
        kind, network, plate, about, made_of = _description(folder / "model.json")
        recogniser = Recogniser(ARCHITECTURES[kind].model(**network), plate, network, about, kind, made_of)
        recogniser.model.load_state_dict(_weights(folder / "model.safetensors", recogniser.model))
    except (OSError, ValueError, TypeError, RuntimeError, MemoryError, SafetensorError) as error:
        best = folder / "best"  # of a run's folder, which people name instead
        remedy = f"give {best}" if (best / "model.json").exists() else "train again or copy it anew"
        missing = error.filename if isinstance(error, FileNotFoundError) else None
        reason = f"there is no {Path(missing).name}" if missing else error
        raise CheckpointError(f"{folder} holds no usable checkpoint ({reason}); {remedy}") from error
    recogniser.model.eval()
    return recogniser


def _description(file: Path) -> tuple[str, dict, PlateFormat, dict, FrameFormat | None]:
    """Kind, arguments, plate format, notes and frame format, checked; else a ValueError, OSError or TypeError."""
    try:
        content = json.loads(read_regular(file, MOST_BYTES))
    except RecursionError as error:
        raise ValueError("model.json is nested too deeply") from error
    if not isinstance(content, dict):
        raise ValueError(f"model.json holds a {type(content).__name__}, not a table")  # noqa: TRY004 - of a file
    for name in ("network", "plate", "about"):
        if not isinstance(content.get(name), dict):
            raise ValueError(f"model.json has no table {name!r}")  # noqa: TRY004 - of a file
    kind, network, plate = content.get("kind", "crnn"), content["network"], PlateFormat(**content["plate"])
    made_of = FrameFormat.of_table(content["frames"]) if "frames" in content else None
    check_arguments(kind, network, plate, made_of.inputs if made_of else None)
    # a file may leave out what has a default, but what reads by it must not
    network = ARCHITECTURES[kind].arguments(plate) | network
    return kind, network, plate, content["about"], made_of


def _weights(file: Path, model: nn.Module) -> dict[str, Tensor]:
    """The weights of a file that fit a model and are numbers; a ValueError says what is wrong with any others."""
    if not file.is_file():
        raise ValueError(f"{file.name} is missing")
    found, wanted = load_file(file), model.state_dict()
    if set(found) != set(wanted):
        odd = sorted(set(found) ^ set(wanted))
        raise ValueError(f"the weights are another network's: they differ in {', '.join(odd[:3])}")
    for name, tensor in found.items():
        if (
            tensor.shape != wanted[name].shape
            or tensor.is_floating_point() != wanted[name].is_floating_point()
        ):
            raise ValueError(
                f"the weight {name} is {tensor.dtype} {list(tensor.shape)}, not as the network's"
            )
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise ValueError(f"the weight {name} is not a number everywhere (NaN or infinite)")
        if name.endswith("running_var") and (tensor < 0).any():
            raise ValueError(f"the variance {name} is below 0")
    return found


def write_weights(recogniser: Recogniser, folder: Path, about: dict) -> None:
    """Write ``model.safetensors`` and ``model.json`` into a folder that is there."""
    weights = {
        name: tensor.detach().cpu().contiguous() for name, tensor in recogniser.model.state_dict().items()
    }
    save_file(weights, folder / "model.safetensors")
    plate = asdict(recogniser.plate) | {"layouts": dict(recogniser.plate.layouts)}
    told = {"kind": recogniser.kind, "network": recogniser.network, "plate": plate, "about": about}
    if recogniser.made_of:
        told["frames"] = recogniser.made_of.table()
    write_json(folder / "model.json", told)


def weights_digest(model: nn.Module) -> str:
    """A short digest of all weights, so that a run knows what it started from."""
    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]
