"""``lpr-helpers weights``: make the weights that come with the package."""

from __future__ import annotations

import argparse
from pathlib import Path

from lpr_helpers.cli.outcome import Outcome, UsageError, command
from lpr_helpers.utils.files import checkout

ABOUT = """\
Makes the weights that come with the package: draws tracks once, trains on them, and can be stopped and started again at
any moment. With --start it goes on from an earlier run, at half its rate. With --teacher, once for each, it also learns
what trained readers, larger ones perhaps, make of the same frames."""
EXAMPLES = """
  lpr-helpers weights --tracks 140000 --epochs 2 --ship
  lpr-helpers weights --reader crnn --tracks 80000 --epochs 1
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    help_line = "make the weights that come with the package"
    parser = command(commands, "weights", help_line, run, about=ABOUT, examples=EXAMPLES)
    parser.add_argument("--tracks", type=int, default=100_000, help="different tracks to draw")
    parser.add_argument("--draw-seed", type=int, default=11, metavar="SEED", help="draw other tracks")
    parser.add_argument("--first", type=int, help="learn from the first of them only")
    parser.add_argument("--epochs", type=int, default=3, help="passes over them")
    parser.add_argument("--batch-size", type=int, metavar="TRACKS", help="tracks a step")
    parser.add_argument("--rate", type=float, help="learning rate at the start")
    reader = "ours (multiframe), or another of lpr_helpers.models.ARCHITECTURES, to compare"
    parser.add_argument("--reader", default="multiframe", metavar="NAME", help=reader)
    parser.add_argument("--seed", type=int, default=2026, help="another reader, for an ensemble")
    start = "go on from this run or checkpoint, at half the rate where --rate is not given; what it lacks is fresh"
    parser.add_argument("--start", type=Path, metavar="FOLDER", help=start)
    larger = "arguments of the network, such as width=256 encoder_layers=1"
    parser.add_argument("--network", nargs="+", default=[], metavar="NAME=NUMBER", help=larger)
    teacher = "learn what this checkpoint makes of the frames, too"
    parser.add_argument("--teacher", type=Path, action="append", default=[], metavar="FOLDER", help=teacher)
    parser.add_argument("--folder", type=Path, default=checkout() / "artifacts" / "weights")
    parser.add_argument("--ship", action="store_true", help="put our reader into the package itself")
    anew = "train nothing, but learn anew what the confidences of the readers in the package are worth"
    parser.add_argument("--recalibrate", action="store_true", help=anew)


def run(options: argparse.Namespace) -> Outcome:
    """Train a reader on synthetic tracks alone."""
    from lpr_helpers.models import ARCHITECTURES, SECOND, SHIPPED
    from lpr_helpers.training import best_row, epoch_line, pretrain, recalibrate, recalibrate_together

    if options.reader not in ARCHITECTURES:
        raise UsageError(f"no reader {options.reader!r}; choose one of {', '.join(ARCHITECTURES)}")
    network = _network(options.network)
    if options.recalibrate:
        both = [recalibrate(checkpoint, options.folder) for checkpoint in (SHIPPED, SECOND)]
        done = [*map(str, both), str(recalibrate_together(both, options.folder))]
        return Outcome("\n".join(done), {"calibrated": done})
    history = pretrain(
        options.reader,
        options.folder,
        tracks=options.tracks,
        draw_seed=options.draw_seed,
        first=options.first,
        epochs=options.epochs,
        batch_size=options.batch_size,
        rate=options.rate,
        seed=options.seed,
        start=options.start,
        network=network,
        teachers=options.teacher,
        shipped=SHIPPED if options.ship else None,
    )
    best = best_row(history)
    return Outcome(epoch_line(best), {"best": dict(best)})


def _network(told: list[str]) -> dict[str, int | bool]:
    """The network's arguments from ``NAME=NUMBER``, or ``NAME=true`` and ``NAME=false``."""
    words = {"true": True, "false": False}
    try:
        named = [one.split("=") for one in told]
        return {name: words[value] if value in words else int(value) for name, value in named}
    except ValueError as error:
        raise UsageError(f"--network {' '.join(told)}: expected NAME=NUMBER, as in width=256") from error
