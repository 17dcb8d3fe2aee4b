"""What TensorBoard shows of a run: ``tensorboard --logdir artifacts`` compares all runs below a folder."""

from __future__ import annotations

import math
import shutil
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

CURVES = {
    "loss": "loss/training",
    "val_loss": "loss/validation",
    "recognition_rate": "accuracy/plates",
    "character_accuracy": "accuracy/characters",
    "single_frame_rate": "accuracy/plates from one frame",
    "learning_rate": "training/learning rate",
    "tracks_per_s": "training/tracks a second",
    "peak_memory_mb": "training/memory, MB",
}


class TensorBoardWriter:
    """Writes a run's epochs into ``folder`` as TensorBoard reads them; use it in a ``with`` block.

    history: the rows so far. They are written anew, since TensorBoard confuses files of one second. With ``on`` false
    it does nothing, as in all processes but the first. Where it cannot write, it says so and lets the training be.
    """

    def __init__(self, folder: Path, history: Iterable[Mapping] = (), on: bool = True) -> None:
        self._writer = None
        if on:
            # Here, since it takes a second that readers and submissions do not have to wait.
            from torch.utils.tensorboard import SummaryWriter

            shutil.rmtree(folder, ignore_errors=True)
            with self._optional():
                self._writer = SummaryWriter(str(folder))
        for row in history:
            self.add(row)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer:
            with self._optional():
                self._writer.close()

    def add(self, row: Mapping) -> None:
        """Add one row of the history."""
        if not self._writer:
            return
        with self._optional():
            for column, name in CURVES.items():
                if math.isfinite(row[column]):
                    self._writer.add_scalar(name, row[column], row["epoch"])
            self._writer.flush()

    @contextmanager
    def _optional(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._writer = None
            warnings.warn(f"TensorBoard's curves are not written any more: {error}", stacklevel=4)
