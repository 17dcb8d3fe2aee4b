"""What the machine offers, asked of the right device."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from lpr_helpers.utils import devices
from lpr_helpers.utils.devices import (
    Gpu,
    best_device,
    check_usable,
    fastest_precision,
    gpus,
    multiplies_in_bf16,
    usable_device,
)

OLD, NEW = Gpu("T4", 15.0, (7, 5)), Gpu("A100", 40.0, (8, 0))


@pytest.fixture
def machine(monkeypatch):
    """A machine with GPUs, as torch sees them, and what nvidia-smi prints of all there are."""

    def of(torchs, drivers):
        def run(command, **_):
            listed = drivers if command[0] == "nvidia-smi" else torchs
            if listed is None:
                raise FileNotFoundError(command[0])
            lines = [f"{g.name}, {g.memory_gb * 2**10}, {'.'.join(map(str, g.capability))}" for g in listed]
            return SimpleNamespace(stdout="\n".join(lines))

        def properties(device):
            number = device if isinstance(device, int) else torch.device(device).index or 0
            found = torchs[number]
            major, minor = found.capability
            memory = found.memory_gb * 2**30
            return SimpleNamespace(name=found.name, total_memory=memory, major=major, minor=minor)

        gpus.cache_clear()
        monkeypatch.setattr(subprocess, "run", run)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(torchs))
        monkeypatch.setattr(torch.cuda, "device_count", lambda: len(torchs))
        monkeypatch.setattr(torch.cuda, "get_device_properties", properties)

    yield of
    gpus.cache_clear()


def test_gpus_that_are_alike_are_described_by_the_driver(machine):
    machine([NEW] * 2, [NEW] * 4)
    assert gpus() == (NEW, NEW)
    assert fastest_precision() == "bf16"


def test_of_different_gpus_torch_is_asked_which_is_which(machine):
    machine([OLD], [NEW, OLD])  # CUDA_VISIBLE_DEVICES=1
    assert gpus() == (OLD,)
    assert fastest_precision() == "fp16"
    machine([NEW, OLD], [OLD, NEW])  # torch puts the fastest first, the driver goes by the slot
    assert gpus() == (NEW, OLD)


def test_the_device_in_hand_is_asked(machine):
    machine([NEW, OLD], [NEW, OLD])
    assert [fastest_precision(f"cuda:{number}") for number in (0, 1)] == ["bf16", "fp16"]


def test_a_cpu_beside_a_gpu_takes_its_own_precision(machine):
    machine([OLD], [OLD])
    assert fastest_precision("cpu") == "no"
    assert fastest_precision("mps") == "no"


@pytest.mark.parametrize(
    ("told", "can"),
    [
        ("flags\t: sse2 avx512_bf16\n", True),
        ("flags\t: sse2 amx_bf16\n", True),
        ("Features\t: fp asimd bf16\n", True),
        ("flags\t: sse2 avx512f\n", False),
    ],
)
def test_a_processor_says_whether_it_multiplies_in_bf16(monkeypatch, told, can):
    monkeypatch.setattr(devices.Path, "read_text", lambda *_, **__: told)
    assert multiplies_in_bf16() == can


def test_a_machine_without_nvidias_tools_asks_torch(machine):
    machine([OLD, NEW], None)
    assert gpus() == (OLD, NEW)


def test_only_devices_that_are_there_can_be_chosen(machine):
    machine([OLD], [OLD])
    assert usable_device("cuda:0") == torch.device("cuda:0")
    for name in ("cuda:1", "gpu", ""):
        with pytest.raises(ValueError, match=r"cpu.*cuda:0"):
            usable_device(name)


@pytest.mark.parametrize("answer", [RuntimeError("MPS backend out of memory"), None])
def test_an_apple_gpu_that_gives_no_memory_is_not_taken(monkeypatch, answer):
    def ones(*_, **__):
        if answer:
            raise answer
        return torch.full((8,), 1.0)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", ones)
    devices._apple_gpu_works.cache_clear()
    try:
        assert best_device().type == ("cpu" if answer else "mps")
    finally:
        devices._apple_gpu_works.cache_clear()


def test_a_forked_process_says_that_it_cannot_use_the_gpu(monkeypatch):
    check_usable(torch.device("cuda"))
    monkeypatch.setitem(devices._forks, "forked", True)
    check_usable(torch.device("cpu"))
    with pytest.raises(RuntimeError, match=r'get_context\("spawn"\)'):
        check_usable(torch.device("cuda:0"))


@pytest.mark.slow
def test_asking_torch_in_a_process_of_its_own_is_a_program_that_runs():
    done = subprocess.run(
        [sys.executable, "-c", devices._ASK_TORCH], capture_output=True, text=True, check=True
    )
    assert len(done.stdout.splitlines()) == (torch.cuda.device_count() if torch.cuda.is_available() else 0)
