"""What a reader's ONNX file costs in each precision: its size, what it reads of synthetic tracks, and how fast.

python -m tests.benchmarks.onnx_files [CHECKPOINT] --tracks 1000

Files: all weights in float32; as exported (weights that are exact in half precision are kept so); all weights in half
precision; int8 weights of matrix products (onnxruntime's dynamic quantisation; it does not do convolutions with a
bias). Speed on one thread, from arrays to texts: medians of a five-frame track alone, and of batches of 32.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process

from lpr_helpers import load_reader
from lpr_helpers.inference.export import export_reader
from lpr_helpers.inference.export_check import compared, drawn_tracks
from lpr_helpers.models.shipped_files import SHIPPED

ROUNDS = 30


def widened(file: Path, target: Path) -> Path:
    """The same reader with all weights in float32, as quantisation wants them."""
    model = onnx.load(file)
    for weight in model.graph.initializer:
        if weight.name.endswith(".half"):
            values = numpy_helper.to_array(weight).astype(np.float32)
            weight.CopyFrom(numpy_helper.from_array(values, weight.name.removesuffix(".half")))
    kept = [node for node in model.graph.node if not node.name.endswith(".cast")]
    del model.graph.node[:]
    model.graph.node.extend(kept)
    onnx.save(model, target)
    return target


def quantised(file: Path, target: Path) -> Path:
    """The same reader with 8-bit weights of its matrix products; onnxruntime leaves its notes in."""
    quant_pre_process(file, target, skip_symbolic_shape=True)  # weights are transposed once, then
    quantize_dynamic(target, target, weight_type=QuantType.QUInt8, op_types_to_quantize=["MatMul", "Gemm"])
    return target


def milliseconds(readers: dict, tracks: list) -> dict[str, tuple[float, float]]:
    """Of each reader, of a track alone, and of one in batches of 32; in turn, as other work shares the machine."""
    five = [track for track in tracks if len(track) == 5][:32]
    alone, together = ({name: [] for name in readers} for _ in range(2))
    for number in range(ROUNDS):
        for name, reader in readers.items():
            started = time.perf_counter()
            reader.read(five[number % len(five)])
            alone[name].append(1000 * (time.perf_counter() - started))
            if number % 3 == 0:
                started = time.perf_counter()
                reader.read_many(five)
                together[name].append(1000 * (time.perf_counter() - started) / len(five))
    return {name: (statistics.median(alone[name]), statistics.median(together[name])) for name in readers}


def main() -> None:
    """Print a row a file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("checkpoint", type=Path, nargs="?", default=SHIPPED)
    parser.add_argument("--tracks", type=int, default=1000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    tracks, texts = drawn_tracks(options.tracks)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        exported = export_reader(options.checkpoint, folder / "exported.onnx")
        half = export_reader(options.checkpoint, folder / "half.onnx", half=True)
        wide = widened(exported, folder / "wide.onnx")
        files = {
            "all weights in float32": wide,
            "as exported": exported,
            "all weights in half precision": half,
            "int8 matrix products": quantised(wide, folder / "int8.onnx"),
        }
        readers = {"torch, float32": load_reader(options.checkpoint, "cpu", precision="no")}
        readers |= {name: load_reader(file) for name, file in files.items()}
        took = milliseconds(readers, tracks)
        expected = readers["torch, float32"].read_many(tracks)
        print("| | MB | read right | equal to torch | largest difference | alone | in batches of 32 |")
        print("|---|---|---|---|---|---|---|")
        for name, reader in readers.items():
            found = compared(expected, reader.read_many(tracks), texts)
            size = f"{files[name].stat().st_size / 1e6:.1f}" if name in files else "–"
            alone, together = took[name]
            print(
                f"| {name} | {size} | {found.right[1]:.1%} | {found.equal:.2%} | {found.difference:.1e} "
                f"| {alone:.1f} ms | {together:.1f} ms |"
            )


if __name__ == "__main__":
    main()
