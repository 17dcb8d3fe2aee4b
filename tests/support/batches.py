"""Packed tracks of noise, and what batches of them hold."""

import numpy as np

from lpr_helpers.data.frames import Packed
from lpr_helpers.data.store import Store

TRACKS, FRAMES, SIZE = 13, 3, (2, 4)
TARGETS = np.arange(TRACKS * 7).reshape(TRACKS, 7) % 36


def packed(folder, name, scale, seed):
    """Tracks of noise in a memory map of their own; some frames are missing, and the last track is empty."""
    rng = np.random.default_rng(seed)
    shape = (TRACKS, FRAMES, 1, scale * SIZE[0], scale * SIZE[1])
    valid = rng.random(shape[:2]) < 0.8
    valid[-1] = False
    np.save(folder / f"{name}.npy", rng.integers(0, 255, shape, dtype=np.uint8))
    return Packed(np.load(folder / f"{name}.npy", mmap_mode="r"), valid)


def stream(batches, block=40, window=2):
    """The same batches, streamed in blocks of a few frames."""
    batches.store = Store(batches.store.sources, "cpu", streamed=True, block=block, window=window)
    return batches


def contents(batches, epoch=0, start=0):
    """All that the batches of an epoch hold, as plain values: a list of items for each batch."""
    batches.epoch, batches.start = epoch, start
    return [
        [
            (row, tuple(target), tuple(valid), image.numpy().tobytes())
            for row, target, valid, image in zip(
                batch.rows.tolist(), batch.targets.tolist(), batch.valid.tolist(), batch.images, strict=True
            )
        ]
        for batch in batches
    ]


def joined(batches):
    """The items of some batches, in no order."""
    return sorted(item for batch in batches for item in batch)
