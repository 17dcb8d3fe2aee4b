"""What another input is worth to our reader: a second camera, and each kind of preprocessing.

    python -m tests.benchmarks.inputs [--looks 12800] [--tracks 12800] [--test 1000] [--seed 1] [--only "a;b"]
        [--work artifacts/inputs] [--out FILE]

Every line is our reader from nothing, trained on the same synthetic tracks and as often; it reads synthetic tracks of
Scenario B whose layouts it is not told. The darkest quarter is told apart, since equalisation is meant for it.
Intervals are 95 %, over plates. What --work holds already is not made again.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from lpr_helpers.synthetic.fresh import FreshTracks

TEST = FreshTracks(1_000, seed=32, scenarios=("B",), free=0.0)


def measured(system, budget, test, layouts: str = "any") -> list[dict]:
    """What a system reads: a row for all tracks, and one for the darkest quarter."""
    import numpy as np
    import pandas as pd
    import torch

    from lpr_helpers.decoding.slot_reading import read_slots
    from lpr_helpers.evaluation import bootstrap, metrics

    texts = read_slots(torch.from_numpy(system.make(budget)(test)), layouts, test.plate).texts
    results = pd.DataFrame({"text": test.table["text"], "reading": texts})
    light = test.lr.images.mean((1, 2, 3, 4))
    rows = []
    for tracks, some in {
        "all": results,
        "darkest quarter": results[light <= np.quantile(light, 0.25)],
    }.items():
        rate = bootstrap.bootstrap_estimate(some, metrics.recognition_rate)
        rows.append(
            {
                "part": system.part,
                "system": system.name,
                "tracks": tracks,
                "count": len(some),
                "plates": rate.value,
                "from": rate.low,
                "to": rate.high,
                "characters": metrics.character_accuracy(some),
            }
        )
    return rows


def main() -> None:
    """Draw the tracks, train, read, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--looks", type=int, default=12_800, help="at tracks, of every system")
    parser.add_argument("--tracks", type=int, default=12_800, help="different ones to learn from")
    parser.add_argument("--test", type=int, default=1_000, help="tracks to read")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="names of systems, separated by semicolons")
    parser.add_argument("--work", type=Path, default=Path("artifacts/inputs"))
    parser.add_argument("--out", type=Path, help="a table of all lines")
    options = parser.parse_args()
    import pandas as pd

    from lpr_helpers.training.model_card import TRAIN, VALIDATION
    from lpr_helpers.training.pretraining import drawn_data
    from lpr_helpers.utils.devices import best_device
    from tests.benchmarks.systems import modalities, preprocessing
    from tests.benchmarks.systems.system import Budget

    sides = {"train": replace(TRAIN, tracks=options.tracks), "val": replace(VALIDATION, tracks=200)}
    data = drawn_data(sides, options.work / f"tracks-{options.tracks}", progress=False)
    test = drawn_data(
        {"test": replace(TEST, tracks=options.test)}, options.work / f"test-{options.test}", False
    )
    runs = options.work / f"{options.looks}-of-{options.tracks}"
    rows: list[dict] = []
    for system in (*modalities.SYSTEMS, *preprocessing.SYSTEMS):
        if options.only and system.name not in options.only.split(";"):
            continue
        budget = Budget(data, options.looks, runs / system.part, options.seed, best_device().type)
        rows += measured(system, budget, test)
        print(pd.DataFrame(rows[-2:]).to_string(index=False, header=len(rows) == 2), flush=True)
        if options.out:
            pd.DataFrame(rows).to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
