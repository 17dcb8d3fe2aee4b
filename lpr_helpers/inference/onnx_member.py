"""A reader in a file ``.onnx``, run by onnxruntime on the CPU: numpy and no torch. `export` writes such files."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.decoding.array_lattice import track_slots_of_ctc
from lpr_helpers.decoding.log_probs import log_softmax
from lpr_helpers.evaluation.kept_calibration import Calibration, calibration_of
from lpr_helpers.models.shipped_files import ONNX_FILE, CheckpointError
from lpr_helpers.plates import PlateFormat
from lpr_helpers.utils.images import SIZES
from lpr_helpers.utils.regular import read_regular

if TYPE_CHECKING:
    import onnxruntime
    import torch

FORMAT = 1
"""Which inputs, outputs and notes a file has; another number is another release's."""
MOST_BYTES = 2**30
"""What is read of a file, at most."""


class Graph:
    """What an ONNX file computes, with so many threads; it can be pickled, and works in forked processes too."""

    def __init__(self, content: bytes, threads: int) -> None:
        self.content, self.threads = content, threads
        self.session = _session(content, threads)

    def __reduce__(self) -> tuple[type[Graph], tuple[bytes, int]]:
        return Graph, (self.content, self.threads)

    def __call__(self, name: str, **inputs: np.ndarray) -> np.ndarray:
        """The output of a name."""
        (found,) = self.session.run([name], inputs)
        return found


@dataclass(frozen=True, eq=False)
class OnnxMember:
    """A network in an ONNX file with all that is needed to use it.

    output: "slots" or "ctc_logits". plate, frame_format: what it reads. digest: of the weights that it was exported
    from. calibration: what its confidences are worth, an empty one where nobody learnt that.
    """

    graph: Graph
    output: str
    plate: PlateFormat
    frame_format: FrameFormat
    digest: str
    calibration: Calibration

    def slots(self, images: np.ndarray, valid: np.ndarray) -> np.ndarray:
        """Images uint8 [B, F, C, 32, 128], and bool [B, F] which are there → slot log-probabilities [B, L, A]."""
        found = self.graph(self.output, images=images, valid=valid)
        return found if self.output == "slots" else track_slots_of_ctc(found, valid, self.plate.length)


def onnx_files(folders: Sequence[Path]) -> list[Path]:
    """The ONNX files that are meant; none where there are checkpoints, and torch to read them.

    Raises CheckpointError where only torch could read one, and there is none.
    """
    files = [folder for folder in folders if folder.suffix == ".onnx"]
    if 0 < len(files) < len(folders):
        raise ValueError("the readers of an ensemble are all ONNX files or all checkpoints")
    if files or find_spec("torch"):
        return files
    files = [folder / ONNX_FILE for folder in folders]
    if lacking := [file.parent for file in files if not file.is_file()]:
        raise CheckpointError(
            f"{lacking[0]} holds no {ONNX_FILE}, and torch, which reads checkpoints, is not installed: "
            'pip install "lpr-helpers[train]", or export the checkpoint where torch is (lpr-helpers export)'
        )
    return files


def load_onnx(file: Path, threads: int | None = None) -> OnnxMember:
    """The reader in a file that `export.export_reader` wrote.

    threads: how many compute; None takes as many as ``OMP_NUM_THREADS`` says, else as onnxruntime thinks best.

    Raises CheckpointError, which names the file, where it holds something else.
    """
    try:
        import onnxruntime  # noqa: F401 - `_session` takes it
    except ImportError as error:
        raise ImportError(f"{file} is read by onnxruntime: pip install onnxruntime ({error})") from error
    try:
        graph = Graph(read_regular(file, MOST_BYTES), _threads() if threads is None else threads)
        return _described(graph, graph.session.get_modelmeta().custom_metadata_map)
    except Exception as error:  # onnxruntime's own errors have no class above them
        raise CheckpointError(
            f"{file} holds no reader ({error}); export it again: lpr-helpers export"
        ) from error


def _session(content: bytes, threads: int) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # what is wrong is raised
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _described(graph: Graph, told: dict[str, str]) -> OnnxMember:
    """What a file's notes say. Raises ValueError or KeyError where they are not those of a reader."""
    if told.get("format") != str(FORMAT):
        raise ValueError("it is no reader of this release")
    plate, frame_format = (
        PlateFormat(**json.loads(told["plate"])),
        FrameFormat.of_table(json.loads(told["frame_format"])),
    )
    output = _checked_output(graph.session, frame_format.channels, plate)
    calibration = calibration_of(json.loads(told["calibration"])) if told["calibration"] else Calibration()
    return OnnxMember(graph, output, plate, frame_format, told["digest"], calibration)


def _threads() -> int:
    """How many threads compute; 0 leaves it to onnxruntime."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    return int(told) if told.isdecimal() else 0


def _checked_output(session: Any, channels: int, plate: PlateFormat) -> str:
    """What the graph gives. Raises ValueError where it does not take and give what its notes say."""
    found = {one.name: (one.type, one.shape) for one in [*session.get_inputs(), *session.get_outputs()]}
    wanted = {
        "images": ("tensor(uint8)", [channels, *SIZES["lr"]]),
        "valid": ("tensor(bool)", []),
        "slots": ("tensor(float)", [plate.length, len(plate.alphabet)]),
        "ctc_logits": ("tensor(float)", [1 + len(plate.alphabet)]),
    }
    given, other = ("ctc_logits", "slots") if "ctc_logits" in found else ("slots", "ctc_logits")
    wanted.pop(other)
    for name, (kind, sides) in wanted.items():
        own, shape = found.get(name, ("nothing", []))
        if own != kind or shape[len(shape) - len(sides) :] != sides:
            raise ValueError(f"{name} is {own} {shape}, not {kind} […, {', '.join(map(str, sides))}]")
    return given


def onnx_device(device: str | torch.device | None, tta: int, precision: str | None) -> str:
    """Where ONNX files are read. Raises ValueError for what only torch can do."""
    if device is not None and str(device).partition(":")[0] != "cpu":
        raise ValueError(f"device is {str(device)!r}; ONNX files are read on the CPU here")
    if tta != 1:
        raise ValueError(
            f"tta={tta!r}: ONNX files are read as the frames are, test-time augmentation takes torch"
        )
    if precision not in (None, "no"):
        raise ValueError(f'precision is {precision!r}; ONNX files are read in float32, "no"')
    return "cpu"


class OnnxSlots:
    """What one or more ONNX files make of tracks together: the mean of their log-probabilities."""

    engine = "onnxruntime"

    def __init__(self, members: Sequence[OnnxMember]) -> None:
        if len({member.frame_format for member in members}) > 1:
            raise ValueError("the ONNX files of an ensemble have to read frames that are made alike")
        self.members = members

    def __call__(self, images: np.ndarray, valid: np.ndarray) -> np.ndarray:
        """Images uint8 [B, F, C, 32, 128] and valid bool [B, F] → float32 [B, L, A]. Raises RuntimeError for NaN."""
        joined = np.mean([member.slots(images, valid) for member in self.members], axis=0)
        if not math.isfinite(joined.sum()):
            raise RuntimeError("the reader gives NaN: export it again, or train it again")
        return log_softmax(joined)
