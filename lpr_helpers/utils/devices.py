"""What the machine offers: its device, the precision that device is fast in, and how much memory was used."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from lpr_helpers.utils.opencv import cv2

# Asking whether there is a GPU must not start it: a notebook that has is no longer able to share its GPUs.
os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")

# Names and numbers of glibc's malloc.h.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4


@dataclass(frozen=True)
class Gpu:
    """A CUDA device. memory_gb: all it has, in GiB. capability: as NVIDIA counts it, (8, 0) for Ampere."""

    name: str
    memory_gb: float
    capability: tuple[int, int]


@cache
def gpus() -> tuple[Gpu, ...]:
    """The CUDA devices that torch can use, in torch's order, without starting any in this process.

    The driver describes them where all of the machine's are alike. Where they differ, its order may not be torch's, nor
    know of CUDA_VISIBLE_DEVICES: then torch is asked, in a process of its own.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not count:
        return ()
    query = ["nvidia-smi", "--query-gpu=name,memory.total,compute_cap", "--format=csv,noheader,nounits"]
    found = _asked(query)
    if len(set(found)) != 1 or len(found) < count:
        found = _asked([sys.executable, "-c", _ASK_TORCH]) or [gpu_in_hand(number) for number in range(count)]
    return tuple(found[:count])


def gpu_in_hand(device: torch.device | int | None = None) -> Gpu:
    """A CUDA device as torch itself describes it, which starts it; the current one where None."""
    found = torch.cuda.get_device_properties(device)
    return Gpu(found.name, found.total_memory / 2**30, (found.major, found.minor))


_ASK_TORCH = """
import torch
for number in range(torch.cuda.device_count()):
    it = torch.cuda.get_device_properties(number)
    print(f"{it.name}, {it.total_memory / 2**20}, {it.major}.{it.minor}")
"""


def _asked(command: list[str]) -> list[Gpu]:
    """The GPUs that a command prints, one a line; none where it fails."""
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
        return [_gpu(line) for line in answer.strip().splitlines()]
    except (OSError, ValueError, subprocess.SubprocessError):
        return []


def _gpu(line: str) -> Gpu:
    name, memory, capability = line.rsplit(",", 2)
    major, minor = capability.strip().split(".")
    return Gpu(name.strip(), float(memory) / 2**10, (int(major), int(minor)))


def best_device() -> torch.device:
    """The first CUDA or Apple GPU, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if _apple_gpu_works() else "cpu")


@cache
def _apple_gpu_works() -> bool:
    """Whether there is an Apple GPU that gives memory out: in virtual machines it says so and does not."""
    try:
        return torch.backends.mps.is_available() and torch.ones(8, device="mps").sum().item() == 8
    except RuntimeError:
        return False


def usable_device(device: str | torch.device) -> torch.device:
    """A device that is there, by its name. Raises ValueError for one that torch does not know or cannot use here."""
    there = ["cpu"] + ["mps"] * torch.backends.mps.is_available()
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    there += ["cuda", *(f"cuda:{number}" for number in range(count))] if count else []
    try:
        found = torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"device is {device!r}; here there are {', '.join(there)}") from error
    known = found.type not in ("cpu", "mps", "cuda") or str(found) in (*there, "cpu:0", "mps:0")
    if not known:
        raise ValueError(f"there is no device {str(found)!r} here, only {', '.join(there)}")
    return found


def fastest_precision(device: str | torch.device | None = None) -> str:
    """Accelerate's name of the precision that a device is known to be fast in: "bf16", "fp16" or "no" (float32).

    Of GPUs bf16 for Ampere and newer, fp16 for older ones; elsewhere float32. Whether a CPU is faster in bf16 is
    measured (`training.precision`, `inference.engines`), where it `multiplies_in_bf16`.
    device: None means `best_device`, whose GPU is not started to be asked; one that is given is.
    """
    chosen = best_device() if device is None else torch.device(device)
    if chosen.type != "cuda":
        return "no"
    gpu = gpus()[0] if device is None else gpu_in_hand(chosen)
    return "bf16" if gpu.capability >= (8, 0) else "fp16"


def multiplies_in_bf16() -> bool:
    """Whether this CPU says that it has instructions for it (AMX, AVX512-BF16, Arm's); not whether they are fast."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return bool({"amx_bf16", "avx512_bf16", "bf16"} & set(told.split()))


def keep_freed_memory() -> None:
    """On Linux, have the C library keep memory that was freed, for the next step of training on a CPU.

    Otherwise every step gives hundreds of MB back to the system and gets them anew, zeroed page by page, which takes up
    to a fifth of the time. Elsewhere it does nothing.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(M_TOP_PAD, 2**26)


_forks = {"watched": False, "forked": False, "opencv": 1}


def work_after_forks() -> None:
    """Have processes that are forked from this one compute, with one thread each.

    Otherwise they wait for ever for the threads of this process, which a fork does not copy.
    """
    if not _forks["watched"] and hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=_before_fork, after_in_parent=_go_on_after_fork, after_in_child=_begin_after_fork
        )
        _forks["watched"] = True


def check_usable(device: torch.device) -> None:
    """Raise RuntimeError where this process was forked from one that had ``device`` in use, and so cannot use it."""
    if _forks["forked"] and device.type != "cpu":
        raise RuntimeError(
            f"this process was forked from one that uses the GPU, and cannot use {device} itself: start it by "
            'multiprocessing.get_context("spawn"), or load the reader with device="cpu"'
        )


def _before_fork() -> None:
    # OpenCV joins its threads here; in the child, which has none of them, it would wait for them for ever.
    _forks["opencv"] = cv2.getNumThreads()
    cv2.setNumThreads(1)


def _go_on_after_fork() -> None:
    cv2.setNumThreads(_forks["opencv"])


def _begin_after_fork() -> None:
    _forks["forked"] = True
    torch.set_num_threads(1)


def peak_memory_mb(device: torch.device) -> float:
    """Most memory used so far, in MB: the GPU's where there is one, else this process's."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    try:
        import resource
    except ImportError:  # Windows has no such record
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def free_memory(device: torch.device) -> None:
    """Give back what torch keeps of a device's memory and does not use."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
