"""Reading by every engine, from files too, and networks of others: parts (h) to (l) of `tests.benchmarks.training`."""

from __future__ import annotations

import contextlib
import io
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

from lpr_helpers.cli import main as command
from lpr_helpers.inference import ReaderSpec, chunks_of, folder_tracks, load_reader, read_chunks
from lpr_helpers.inference.engines import fastest_engine
from lpr_helpers.models import OURS, SHIPPED, Recogniser, load_recogniser
from lpr_helpers.models.shipped_files import ONNX_FILE
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training import precision
from tests.benchmarks.peers import PEERS, Peer
from tests.benchmarks.turns import in_turns

BATCHES = (1, 2, 4, 8, 16, 32)
Read = Callable[[np.ndarray], object]
"""Tracks, uint8 [B, F, 1, 32, 128] → whatever is read of them."""


def report_choices(kinds: Sequence[str]) -> None:
    """Print (h): what this CPU trains and reads with, measured anew, and why."""
    for kind in kinds:
        print(f"(h) {kind} is trained in {precision.measured_precision(Recogniser.new(BRAZIL, kind=kind))}")
    print(
        f"(h) the reader in the package reads by {fastest_engine([load_recogniser(SHIPPED)], [SHIPPED]).choice}"
    )


def readers() -> dict[str, Read]:
    """Our reader by each engine, from arrays to texts, and the networks of others, from arrays to characters."""
    names = precision.ways()
    ours = {f"ours, torch, {n}": load_reader(device="cpu", precision=precision.WAYS[n]) for n in names}
    ours["ours, onnxruntime"] = load_reader(SHIPPED / ONNX_FILE)
    found: dict[str, Read] = {name: partial(_ours, reader) for name, reader in ours.items()}
    return found | {name: partial(_theirs, Peer.of(name)) for name in PEERS}


def _ours(reader, tracks: np.ndarray) -> object:
    return reader.read_many([list(track[:, 0]) for track in tracks])


def _theirs(peer: Peer, tracks: np.ndarray) -> object:
    return peer.read(torch.from_numpy(tracks).expand(-1, -1, 3, -1, -1).float() / 255)


def report_engines(tracks: np.ndarray, rounds: int, batches: Sequence[int]) -> dict[str, dict[int, float]]:
    """Print (i), and return it: seconds a five-frame track of each reader, by the size of the batch."""
    works, taken = readers(), {}
    for size in batches:
        passes = {name: partial(work, tracks[:size]) for name, work in works.items()}
        for name, seconds in in_turns(max(min(rounds, 3), rounds // size), **passes).items():
            taken.setdefault(name, {})[size] = seconds / size
    first, most = next(iter(taken.values())), batches[-1]
    print(
        f"(i) milliseconds a five-frame track, in batches of {', '.join(map(str, batches))}; of the first line's time:"
    )
    for name, row in taken.items():
        times = " ".join(f"{1000 * row[size]:7.1f}" for size in batches)
        print(
            f"    {name:40} {times}   {row[1] / first[1]:.2f} alone, {row[most] / first[most]:.2f} together"
        )
    return taken


def report_training(items: int, rounds: int) -> None:
    """Print (j): a forward and backward pass of ours and of others' networks."""
    ours = Recogniser.new(BRAZIL, kind=OURS)
    model = ours.model.train().to(memory_format=torch.channels_last)
    works = {f"ours, {way}": precision.a_pass(ours, model, way, items) for way in precision.ways()}
    tracks = torch.rand(items, 5, 3, 32, 128)
    works |= {f"{name}, float32": partial(Peer.of(name).learn, tracks) for name in PEERS}
    times = in_turns(rounds, **works)
    first = next(iter(times.values()))
    print(f"(j) forward and backward of {items} five-frame tracks, and of the first line's time:")
    for name, seconds in times.items():
        print(f"    {name:40} {items / seconds:7.1f} tracks/s   {seconds / first:.2f}")


def report_command(root: Path, rounds: int) -> None:
    """Print (k): ``lpr-helpers read`` of all tracks of a folder, decoding included, against its network alone."""
    reader = load_reader(device="cpu")
    found = folder_tracks(root)
    count, batch = len(found.names), 32
    images = np.random.default_rng(0).integers(256, size=(batch, 5, 1, 32, 128), dtype=np.uint8)
    valid = np.ones(images.shape[:2], dtype=bool)

    def network() -> None:
        for start in range(0, count, batch):
            reader._slots(images[: count - start], valid[: count - start])

    told: list[float] = []
    times = in_turns(rounds, network=network, read=lambda: told.append(_by_command(root)))
    ratio = statistics.median(told[2:]) / times["network"]
    print(
        f"(k) lpr-helpers read of {count} tracks, by {reader.engine}: {ratio:.2f} of the bare network's time, "
        "finding and decoding the files and keeping the readings included, loading the reader not"
    )


def _by_command(root: Path) -> float:
    """Seconds that the command says it read."""
    out, said = root.parent / "readings.csv", io.StringIO()
    arguments = ["read", str(root), "--out", str(out), "--device", "cpu", "--fresh", "--json"]
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        command(arguments)
    return float(json.loads(said.getvalue())["seconds"])


def report_processes(root: Path, rounds: int) -> None:
    """Print (l): how many times as fast two processes of one thread read as one does, starting left out."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    lengths = (2, 8) if rounds > 1 else (1, 2)
    one, two = (_speed(root, workers, lengths) for workers in (1, 2))
    torch.set_num_threads(threads)
    print(f"(l) two processes of one thread read {two / one:.2f} times as fast as one ({one:.0f} tracks/s)")


def _speed(root: Path, workers: int, lengths: tuple[int, int]) -> float:
    """Tracks a second, from what reading all tracks so many times takes more than reading them a few times does."""
    spec = ReaderSpec(device="cpu")
    chunks, reader, taken = list(chunks_of(folder_tracks(root), size=16)), spec.load(), []
    for times in lengths:
        started = time.perf_counter()
        for _ in read_chunks(chunks * times, spec, reader, workers):
            pass
        taken.append(time.perf_counter() - started)
    return (lengths[1] - lengths[0]) * sum(map(len, chunks)) / (taken[1] - taken[0])


def plot(taken: Mapping[str, Mapping[int, float]], file: Path) -> None:
    """Draw (i) into a picture: time a track against the size of the batch, both in powers of two."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, row in taken.items():
        ours = name.startswith("ours")
        axes.plot(row.keys(), [1000 * s for s in row.values()], "o-" if ours else "s--", label=name, ms=4)
    axes.set(xscale="log", yscale="log", xlabel="five-frame tracks in a batch", ylabel="milliseconds a track")
    axes.set_xticks(list(next(iter(taken.values()))), labels=list(map(str, next(iter(taken.values())))))
    axes.grid(visible=True, which="both", alpha=0.3)
    figure.legend(loc="outside upper center", ncols=2, fontsize=8)
    figure.savefig(file, dpi=130)
    print(f"    drawn into {file}")
