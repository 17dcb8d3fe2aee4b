"""Processes for tests that kill them, or that share work among several."""

import os
import socket
from multiprocessing import forkserver, get_context
from unittest.mock import patch

import torch
import torch._dynamo  # imported ahead, for the processes
import torch.distributed as dist
from torch.utils import tensorboard  # noqa: F401 (likewise)

from tests.support import ROOT


def forks():
    """A multiprocessing context whose processes begin with everything imported, and with torch never used."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.support.noise", __name__])
    # Python 3.11 and 3.12 forget their path when they import what is to be there from the start.
    with patch.dict(os.environ, PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1"):
        forkserver.ensure_running()
    return context


def together(work, *arguments, processes=2):
    """Run ``work`` in so many processes that know of one another, as accelerate would start them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = [
        forks().Process(target=_with_others, args=(rank, processes, port, work, arguments))
        for rank in range(processes)
    ]
    for process in started:
        process.start()
    for process in started:
        process.join(120)
        process.kill()
    assert [process.exitcode for process in started] == [0] * processes


def _with_others(rank, processes, port, work, arguments):
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "ACCELERATE_USE_CPU": "1",
        "GLOO_SOCKET_IFNAME": "lo",
    }
    torch.set_num_threads(1)
    if not dist.is_initialized():
        dist.init_process_group("gloo")
    work(*arguments)
    dist.destroy_process_group()
