"""Processes that work for another one end with it."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from lpr_helpers.utils.processes import process_pool
from tests.support.robustness import Area

area = Area("Two processes in one folder")

DRAW = """
import sys
from lpr_helpers.synthetic.dataset import write_dataset
if __name__ == "__main__":
    write_dataset(sys.argv[1], train=(2000, 2000), test=0, workers=2, progress=False)
"""


area.note("data drawing that is killed", "its processes end too, and the next call draws all")


@pytest.mark.slow
def test_killed_drawing_leaves_no_process_behind(tmp_path):
    script = tmp_path / "draw.py"
    script.write_text(DRAW)
    drawing = subprocess.Popen([sys.executable, script, tmp_path / "data"])
    started = time.monotonic()
    while not list(tmp_path.glob(".data.new-*/train/*/*/*")):
        assert time.monotonic() - started < 60
        time.sleep(0.1)
    workers = psutil.Process(drawing.pid).children(recursive=True)
    assert len(workers) >= 2
    drawing.send_signal(signal.SIGKILL)
    drawing.wait()
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert not alive


def test_a_pools_processes_leave_ctrl_c_to_the_one_that_started_them():
    pool = process_pool(1)
    try:
        worker = pool.submit(os.getpid).result()
        os.kill(worker, signal.SIGINT)
        assert pool.submit(os.getpid).result() == worker
    finally:
        pool.shutdown()
