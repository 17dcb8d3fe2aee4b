"""What degradation transfer does to the domain gap: tracks of A before and after, against fresh tracks of B.

    python -m tests.benchmarks.transfer [--tracks 600] [--style harbour]

Drawn tracks, so there are no files, and no compression is learnt. Frames are measured as networks see them, at
32 × 128: their width is the same for all, and is left out.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
import torch

from lpr_helpers.evaluation.domain_gap import domain_gaps, measure_images
from lpr_helpers.synthetic.fresh import FreshPool, FreshTracks
from lpr_helpers.synthetic.recipe import RECIPE, Recipe
from lpr_helpers.synthetic.styles import STYLES
from lpr_helpers.transforms.degradation_transfer import DegradationTransfer, looks_of

SEEDS = {"A": 901, "B": 902, "B again": 903}


def drawn(name: str, tracks: int, recipe: Recipe) -> torch.Tensor:
    """Tracks of a scenario, float32 [N, 5, 1, 32, 128] in 0…1."""
    stream = FreshTracks(tracks, seed=SEEDS[name], scenarios=(name[0],), recipe=recipe, workers=0)
    with FreshPool(stream) as pool:
        return torch.from_numpy(np.concatenate([images for images, _ in pool.chunks(0)])).float() / 255


def gap(one: torch.Tensor, other: torch.Tensor) -> pd.Series:
    """Cliff's delta of each measure from one group of tracks to another, with its interval, in words."""
    groups = [(255 * images).round().byte().numpy() for images in (one, other)]
    tables = [
        measure_images(images, name, n * len(one))
        for n, (images, name) in enumerate(zip(groups, "12", strict=True))
    ]
    found = domain_gaps(pd.concat(tables)).set_index("measure").drop("width")
    return pd.Series(
        {row.Index: f"{row.delta:+.2f} ({row.low:+.2f} to {row.high:+.2f})" for row in found.itertuples()}
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.transfer",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tracks", type=int, default=600, help="of each scenario")
    parser.add_argument("--style", choices=STYLES, help="another place's cameras")
    options = parser.parse_args()
    recipe = STYLES[options.style] if options.style else RECIPE
    day, taught, fresh = (drawn(name, options.tracks, recipe) for name in SEEDS)
    valid = torch.ones(day.shape[:2], dtype=torch.bool)
    transfer = DegradationTransfer(looks_of(taught, valid))
    torch.manual_seed(0)
    started, parts = time.perf_counter(), zip(day.split(32), valid.split(32), strict=True)
    changed = torch.cat([transfer(*part) for part in parts])
    took = time.perf_counter() - started
    gaps = {"A → B": gap(day, fresh), "A changed → B": gap(changed, fresh), "B → B": gap(taught, fresh)}
    print(pd.DataFrame(gaps).to_string())
    print(f"{1000 * took / len(day):.1f} ms a track, {torch.get_num_threads()} threads")


if __name__ == "__main__":
    main()
