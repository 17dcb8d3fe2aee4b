"""A few fresh tracks, and all that they give in an epoch."""

import numpy as np

from lpr_helpers.synthetic.fresh import FreshPool, FreshTracks

FRESH = FreshTracks(4, seed=7, workers=0)


def drawn(tracks: FreshTracks, epoch: int = 0):
    """A whole epoch: images [n, F, C, H, W] and targets [n, 7]."""
    with FreshPool(tracks) as pool:
        images, targets = zip(*pool.chunks(epoch), strict=True)
    return np.concatenate(images), np.concatenate(targets)
