"""Why a training cannot be shared is said in our words, whoever noticed it."""

import os
from dataclasses import replace

import pytest
from accelerate import Accelerator

from lpr_helpers.training import multi_device
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.multi_device import fit_everywhere
from lpr_helpers.training.phases import PHASE1
from tests.support.noise import noise_data, small
from tests.support.processes import forks
from tests.support.robustness import Area

given = Area("Training on several GPUs of a notebook")
PHASE = replace(PHASE1, epochs=1, batch_size=8, precision="no", augmentation="none", hr=False)


def finds_cuda_in_use(*_):
    raise RuntimeError("Cannot re-initialize CUDA in forked subprocess. To use CUDA with multiprocessing, …")


def lacks_a_key(*_):
    raise KeyError("gone")


def dies(*_):
    os._exit(9)


def uses_accelerate():
    Accelerator(cpu=True)


def tell(folder, pipe, before, stands_in, phase):
    """Train in two processes, and hand on what was raised."""
    before()
    if stands_in:
        multi_device._fit = stands_in
    try:
        fit_everywhere(small(), noise_data(), phase, folder, processes=2, progress=False)
    except TrainingError as error:
        pipe.send(str(error))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "stands_in", "phase", "says"),
    [
        given(
            "a notebook that has used accelerate before",
            "a sentence: restart the kernel, or one process",
            *(uses_accelerate, None, PHASE, "has used a GPU or accelerate already.*Restart the kernel"),
        ),
        given(
            "a notebook in which another library has used a GPU",
            "a sentence: restart the kernel, or one process",
            *(dict, finds_cuda_in_use, PHASE, "has used a GPU or accelerate already.*Restart the kernel"),
        ),
        given(
            "a batch that the processes cannot share",
            "the same sentence as with one process",
            *(dict, None, replace(PHASE, batch_size=7), "^(?!.*process.*failed).*batch"),
        ),
        given(
            "a process that dies",
            "a sentence with its exit code",
            *(dict, dies, PHASE, "one of the 2 processes .* ended with code 9"),
        ),
        given(
            "another error in a process",
            "a sentence with that error",
            *(dict, lacks_a_key, PHASE, "one of the 2 processes .* KeyError: 'gone'"),
        ),
    ],
)
def test_what_stops_a_shared_training_is_told(tmp_path, monkeypatch, before, stands_in, phase, says):
    monkeypatch.setenv("ACCELERATE_USE_CPU", "1")
    ours, theirs = forks().Pipe(duplex=False)
    process = forks().Process(target=tell, args=(tmp_path / "run", theirs, before, stands_in, phase))
    process.start()
    theirs.close()
    assert ours.poll(120)
    with pytest.raises(TrainingError, match=says):
        raise TrainingError(ours.recv())
    process.join(20)
