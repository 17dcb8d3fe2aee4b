"""Readers as ONNX files, which `load_reader` reads without torch, and so does any program with an ONNX runtime."""

from __future__ import annotations

import inspect
import json
import tempfile
import warnings
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lpr_helpers import __version__
from lpr_helpers.decoding.readings import FrameReadings
from lpr_helpers.decoding.slot_fusion import log_sum
from lpr_helpers.evaluation.kept_calibration import calibration_table, find_calibration
from lpr_helpers.inference.onnx_member import FORMAT
from lpr_helpers.models.checkpoints import Recogniser, load_recogniser
from lpr_helpers.models.shipped_files import ONNX_FILE, SHIPPED
from lpr_helpers.utils.files import write_whole
from lpr_helpers.utils.images import SIZES

OPSET = 20
"""The oldest that has `affine_grid`, which the alignment of frames takes; onnxruntime knows it since 1.17."""
TRIED = ((1, 1), (3, 4), (2, 7))
"""Tracks, and frames of each, that a graph is tried with."""
SMALLEST_HALVED = 256
"""Numbers of the smallest weight that is worth a conversion."""
FRAMES = (
    "uint8, 0 to 255, {channels}; resized to 32 x 128 by the mean of the pixels covered where both sides shrink, else "
    "bilinearly (cv2.INTER_AREA, cv2.INTER_LINEAR); everything after that is in the graph"
)


class Exported(nn.Module):
    """What a file computes: images uint8 [B, F, C, 32, 128] and valid bool [B, F] → the outputs named by `names`.

    slots: log-probabilities of whole tracks float32 [B, L, A]; of a network of single frames, the sum over the frames.
    frame_weights: float32 [B, F], of a network that weighs them. ctc_logits: [T, B·F, 1 + A], of a network that ends in
    these, in place of slots: their lattice would be thousands of nodes, so `array_lattice` sums it.
    """

    def __init__(self, recogniser: Recogniser) -> None:
        super().__init__()
        self.model, self.forward_of = recogniser.model, recogniser.forward

    def forward(self, images: Tensor, valid: Tensor) -> dict[str, Tensor]:
        """See above."""
        # what a missing frame holds has no say in any network; so all graphs have the same inputs
        pixels = torch.where(valid[..., None, None, None], images.float() / 255, 0.0)
        output = self.forward_of(pixels, valid, self.model).float()
        if output.slot_logits is not None:
            weights = {} if output.frame_weights is None else {"frame_weights": output.frame_weights}
            return {"slots": output.slot_logits.log_softmax(-1)} | weights
        if output.frame_slot_logits is not None:
            frames = output.frame_slot_logits.log_softmax(-1)
            return {"slots": log_sum(FrameReadings(frames, [], valid, valid)).float()}
        if output.ctc_logits is None:
            raise ValueError(
                "the network says nothing of single frames: expected CTC logits or slot logits of each"
            )
        return {"ctc_logits": output.ctc_logits}


AXES = {
    "images": {0: "tracks", 1: "frames"},
    "valid": {0: "tracks", 1: "frames"},
    "slots": {0: "tracks"},
    "frame_weights": {0: "tracks", 1: "frames"},
    "ctc_logits": {1: "tracks_times_frames"},
}
"""What may be of any size."""


def export_reader(
    checkpoint: str | Path | None = None, file: str | Path | None = None, *, half: bool = False
) -> Path:
    """Write the reader whose checkpoint lies in a folder into one ONNX file, whole or not at all; returns ``file``.

    checkpoint: the one in the package where None. file: ``reader.onnx`` beside it where None.
    The file takes any number of tracks of any number of frames, computes in float32, and says in its notes
    (``metadata_props``) which plates it reads, how frames are prepared, what its confidences are worth, and which
    weights of which release it holds. half: keep all weights in half precision, half the size; weights that are exact
    in it, such as those in the package, are kept so in any case.

    Raises CheckpointError where the folder holds no reader, RuntimeError for a network whose graph does not compute
    what the network does (tried with noise in several sizes), ImportError without the package onnx.
    """
    checkpoint = Path(checkpoint or SHIPPED)
    try:
        import onnx
    except ImportError as error:
        raise ImportError('exporting takes the package onnx: pip install "lpr-helpers[train]"') from error
    recogniser = load_recogniser(checkpoint)
    proto = onnx.load_from_string(_traced(recogniser))
    _fix_sizes(proto, recogniser)
    _halve(proto, half)
    onnx.helper.set_model_props(proto, _notes(recogniser, checkpoint))
    proto.producer_name, proto.producer_version = "lpr_helpers", __version__
    return write_whole(Path(file or checkpoint / ONNX_FILE), proto.SerializeToString(deterministic=True))


def _traced(recogniser: Recogniser) -> bytes:
    """The graph, as torch's tracer writes it down; its newer exporter takes minutes and fixes sizes."""
    module, channels = Exported(recogniser).eval(), recogniser.frame_format.channels
    # neither 1 nor alike, so that no size is taken for another or for one that never changes
    images, valid = _noise(2, 3, channels)
    older: dict[str, Any] = (
        {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    )
    with torch.no_grad(), warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter(
            "ignore"
        )  # of what tracing fixes in general; `check_export` sees what it fixed here
        names = list(module(images, valid))
        try:
            torch.onnx.export(
                module,
                (images, valid),
                str(Path(folder) / "reader.onnx"),
                opset_version=OPSET,
                input_names=["images", "valid"],
                output_names=names,
                dynamic_axes={name: AXES[name] for name in ("images", "valid", *names)},
                training=torch.onnx.TrainingMode.PRESERVE,  # batch normalisation stays, and weights as they are
                do_constant_folding=False,
                **older,
            )
        except torch.onnx.errors.OnnxExporterError as error:
            raise RuntimeError(
                f"{recogniser.kind} cannot be exported ({str(error).partition('[')[0]})"
            ) from error
        graph = (Path(folder) / "reader.onnx").read_bytes()
        for tracks, frames in TRIED:
            images, valid = _noise(tracks, frames, channels)
            if not _agrees(graph, images, valid, module(images, valid)):
                raise RuntimeError(
                    f"{recogniser.kind} cannot be exported: its graph reads {tracks} tracks of {frames} frames "
                    "otherwise than the network. Write its forward without loops over them, and sizes as x.shape[0]"
                )
        return graph


def _noise(tracks: int, frames: int, channels: int) -> tuple[Tensor, Tensor]:
    """Images and which of them are there: the last track, if there are several, lacks its second frame."""
    generator = torch.Generator().manual_seed(tracks * frames)
    shape = (tracks, frames, channels, *SIZES["lr"])
    images, valid = (
        torch.randint(256, shape, dtype=torch.uint8, generator=generator),
        torch.ones(shape[:2]).bool(),
    )
    valid[-1, 1:2] = frames == 1
    return images, valid


def _agrees(graph: bytes, images: Tensor, valid: Tensor, wanted: dict[str, Tensor]) -> bool:
    """Whether a graph computes what a network does."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    try:
        found = session.run(list(wanted), {"images": images.numpy(), "valid": valid.numpy()})
    except Exception:  # noqa: BLE001 - onnxruntime's own errors have no class above them
        return False
    pairs = zip(found, wanted.values(), strict=True)
    return all(a.shape == b.shape and np.allclose(a, b.numpy(), rtol=1e-3, atol=1e-3) for a, b in pairs)


def _fix_sizes(proto: Any, recogniser: Recogniser) -> None:
    """State every size of the outputs that is always the same; the tracer does not know them all."""
    wanted = Exported(recogniser).eval()(*_noise(2, 3, recogniser.frame_format.channels))
    for output in proto.graph.output:
        for place, dimension in enumerate(output.type.tensor_type.shape.dim):
            if place not in AXES[output.name]:
                dimension.dim_value = wanted[output.name].shape[place]


def _halve(proto: Any, every: bool) -> None:
    """Keep weights in half precision, cast when the file is loaded: those that are exact in it, or all."""
    from onnx import TensorProto, helper, numpy_helper

    graph, casts = proto.graph, []
    for weight in graph.initializer:
        if weight.data_type != TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(weight)
        if values.size < SMALLEST_HALVED or np.abs(values).max() > np.finfo(np.float16).max:
            continue
        halves = values.astype(np.float16)
        if every or (halves.astype(np.float32) == values).all():
            name = weight.name
            weight.CopyFrom(numpy_helper.from_array(halves, f"{name}.half"))
            casts.append(
                helper.make_node("Cast", [f"{name}.half"], [name], f"{name}.cast", to=TensorProto.FLOAT)
            )
    _prepend(graph.node, casts)


def _prepend(nodes: Any, first: Iterable[Any]) -> None:
    rest = list(nodes)
    del nodes[:]
    nodes.extend([*first, *rest])


def _notes(recogniser: Recogniser, checkpoint: Path) -> dict[str, str]:
    """What the file says of itself; JSON where it is more than a word."""
    calibration = find_calibration(checkpoint, recogniser.digest)
    plate = asdict(recogniser.plate) | {"layouts": dict(recogniser.plate.layouts)}
    return {
        "format": str(FORMAT),
        "version": __version__,
        "kind": recogniser.kind,
        "network": json.dumps(recogniser.network),
        "digest": recogniser.digest,
        "plate": json.dumps(plate, ensure_ascii=False),
        "frame_format": json.dumps(recogniser.frame_format.table()),
        "frames": FRAMES.format(channels=recogniser.frame_format),
        "calibration": json.dumps(calibration_table(calibration)) if calibration.learnt else "",
    }
