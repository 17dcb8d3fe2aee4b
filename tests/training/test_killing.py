"""Training is killed, at random moments and while it writes, and ends as if nothing had happened."""

import os
import random
import signal
import sys
import time
from dataclasses import replace

import pandas as pd
import pytest
import torch

from lpr_helpers.models.checkpoints import load_recogniser
from lpr_helpers.training import runs
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import PHASE1
from tests.support.noise import noise_data, small, weights
from tests.support.processes import forks

pytestmark = pytest.mark.slow

PHASE = replace(PHASE1, epochs=4, batch_size=4, precision="no", augmentation="light", hr=False)


def train(folder, fatal=None):
    """Train with a checkpoint after every batch; die at the ``fatal``-th file that is touched in ``folder``."""
    torch.set_num_threads(1)
    touched = 0

    def count(event, arguments):
        nonlocal touched
        if event in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir") and str(folder) in str(
            arguments[0]
        ):
            touched += 1
            if touched == fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    fit(small(), noise_data(), PHASE, folder, progress=False, save_every=0)
    (folder.parent / "touched").write_text(str(touched))


def run(folder, fatal=None, seconds=None):
    """Train in a process of its own, until it ends or is killed after so many seconds; returns its exit code."""
    process = forks().Process(target=train, args=(folder, fatal))
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    assert run(folder) == 0
    return folder


@pytest.fixture(scope="module")
def seconds(tmp_path_factory):
    """How long it takes to train and be killed by nobody."""
    started = time.perf_counter()
    assert run(tmp_path_factory.mktemp("timed") / "run") == 0
    return time.perf_counter() - started


def same(folder, other):
    """Whether two runs ended with the same weights, bit for bit, and the same history but for the clock."""
    clocks = ["seconds", "waiting", "tracks_per_s", "peak_memory_mb"]
    histories = [runs.read_history(run).drop(columns=clocks) for run in (folder, other)]
    pd.testing.assert_frame_equal(*histories, check_exact=True)
    return all(
        torch.equal(weights(load_recogniser(folder / part)), weights(load_recogniser(other / part)))
        for part in ("best", "last")
    )


def test_killed_at_random_moments(undisturbed, seconds, tmp_path):
    moments, kills = random.Random(1), 0
    while run(tmp_path / "run", seconds=seconds * moments.uniform(0.2, 0.9)) != 0:
        kills += 1
        assert kills < 200, "it never ends"
    assert kills
    assert same(undisturbed, tmp_path / "run")


def test_killed_while_it_writes(undisturbed, tmp_path):
    touched = int((undisturbed.parent / "touched").read_text())
    moments, kills = random.Random(2), 0
    while run(tmp_path / "run", fatal=moments.randrange(1, touched // 2)) != 0:
        kills += 1
        assert kills < 200, "it never ends"
    assert kills > 3
    assert same(undisturbed, tmp_path / "run")
