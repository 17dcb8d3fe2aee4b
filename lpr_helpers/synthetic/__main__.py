"""Write a generated data set: ``python -m lpr_helpers.synthetic ROOT --train-a 500 --train-b 500 --test 100``."""

from __future__ import annotations

import argparse

from lpr_helpers.synthetic.dataset import truth_path, write_dataset


def main() -> None:
    """Read the command line and write the data set."""
    parser = argparse.ArgumentParser(
        prog="python -m lpr_helpers.synthetic", description=__doc__.split(":")[0] + "."
    )
    parser.add_argument("root", help="folder to create")
    parser.add_argument("--train-a", type=int, default=500, help="training tracks of Scenario A")
    parser.add_argument("--train-b", type=int, default=500, help="training tracks of Scenario B")
    parser.add_argument("--test", type=int, default=100, help="test tracks")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--free",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="share of plates with any seven characters (0)",
    )
    parser.add_argument("--dirt", action="store_true", help="spoil a few tracks as real ones are")
    parser.add_argument(
        "--workers", type=int, default=None, help="processes (default: one a core, at most 8)"
    )
    wanted = parser.parse_args()
    try:
        root = write_dataset(
            wanted.root, train=(wanted.train_a, wanted.train_b), test=wanted.test,
            seed=wanted.seed, free=wanted.free, dirt=wanted.dirt, workers=wanted.workers,
        )  # fmt: skip
    except (FileExistsError, ValueError) as error:
        parser.exit(1, f"{error}\n")
    print(f"data set: {root}\ntruth of its test tracks: {truth_path(root)}")


if __name__ == "__main__":
    main()
