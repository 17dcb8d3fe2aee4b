"""Processes that work for this one, and end with it.

They import the script that was started, so a script that starts them needs its ``if __name__ == "__main__":``. Nothing
here imports torch: they have to start fast.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from typing import Any

from lpr_helpers.utils.opencv import cv2

DIED = (
    "a process that draws tracks died. If memory ran out, use fewer: workers=…. "
    'A script that starts them needs `if __name__ == "__main__":` around its work.'
)


def process_pool(
    workers: int, prepare: Callable[..., None] | None = None, *arguments: Any
) -> ProcessPoolExecutor:
    """So many processes, each with one thread in OpenCV; they end by themselves when this process dies.

    prepare: is called with ``arguments`` in each of them before its first work.
    """
    given = (prepare, arguments)
    return ProcessPoolExecutor(workers, get_context("spawn"), initializer=_start_worker, initargs=given)


def _start_worker(prepare: Callable[..., None] | None, arguments: tuple) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    # Ctrl-C reaches every process of a terminal; the main one alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if prepare:
        prepare(*arguments)


def _end_with_parent() -> None:
    # A killed main process closes no pool, and the workers would wait for ever.
    if parent := parent_process():
        parent.join()
        os._exit(1)
