"""What the machine offers: its device, the precision that device is fast in, and how much memory was used."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

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
    """The CUDA devices that torch can use, described by the driver where it can: without starting any."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not count:
        return ()
    query = ["nvidia-smi", "--query-gpu=name,memory.total,compute_cap", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, check=True).stdout
        return tuple(_gpu(line) for line in answer.strip().splitlines())[:count]
    except (OSError, ValueError, subprocess.CalledProcessError):
        found = [torch.cuda.get_device_properties(number) for number in range(count)]
        return tuple(Gpu(it.name, it.total_memory / 2**30, (it.major, it.minor)) for it in found)


def _gpu(line: str) -> Gpu:
    name, memory, capability = line.rsplit(",", 2)
    major, minor = capability.strip().split(".")
    return Gpu(name.strip(), float(memory) / 2**10, (int(major), int(minor)))


def best_device() -> torch.device:
    """The first CUDA or Apple GPU, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def fastest_precision() -> str:
    """Accelerate's name of the fastest safe precision here: "bf16", "fp16" or "no" (float32).

    bf16 where the hardware multiplies in it (a CPU's AMX or AVX512-BF16, an Ampere GPU or newer), fp16 on older GPUs.
    """
    if found := gpus():
        return "bf16" if found[0].capability >= (8, 0) else "fp16"
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "no"
    return "bf16" if "amx_bf16" in flags or "avx512_bf16" in flags else "no"


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


def peak_memory_mb(device: torch.device) -> float:
    """Most memory used so far, in MB: the GPU's where there is one, else this process's."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    try:
        import resource
    except ImportError:  # Windows has no such record
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
