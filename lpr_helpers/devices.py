"""What the machine offers: its device, the precision that device is fast in, and how much memory was used."""

from __future__ import annotations

import sys
from pathlib import Path

import torch


def best_device() -> torch.device:
    """The first CUDA or Apple GPU, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def fastest_precision() -> str:
    """Accelerate's name of the fastest safe precision here: "bf16", "fp16" or "no" (float32).

    bf16 where the hardware multiplies in it (a CPU's AMX or AVX512-BF16, an Ampere GPU or newer), fp16 on older GPUs.
    """
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.get_device_capability() >= (8, 0) else "fp16"
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "no"
    return "bf16" if "amx_bf16" in flags or "avx512_bf16" in flags else "no"


def peak_memory_mb(device: torch.device) -> float:
    """Most memory used so far, in MB: the GPU's where there is one, else this process's."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    try:
        import resource
    except ImportError:  # Windows has no such record
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
