"""The commands: ``python -m lpr_helpers COMMAND``, each with ``--help``.

A command imports what it needs when it runs, so that help and the processes that draw tracks start fast.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from lpr_helpers.utils.files import checkout

TRAINING = """\
Does the work of the notebooks 02, 03 and 05 with the same switches
(LPR_DATA, LPR_ARTIFACTS, LPR_PROFILE, LPR_READER, LPR_INPUT).

  python -m lpr_helpers train phase1 phase2 submission                          on one device
  accelerate launch -m lpr_helpers train phase1 phase2 submission               on all that accelerate was told of
  torchrun --nproc_per_node 2 -m lpr_helpers train phase1 phase2 submission     in two processes, without a GPU

With several machines, start it on each, with --num_machines, --machine_rank and --main_process_ip, and let
LPR_ARTIFACTS be a folder that all of them see."""
ENSEMBLE = """\
Trains variants of Phase 1, with the switches of `train`, and makes one reader of them, for load_reader on the folder
`ensemble` of the results. Called again, it goes on. Validation chose the weights, so its figures flatter a little."""
WEIGHTS = """\
Makes the weights that come with the package: draws tracks once, trains on them, and can be stopped and started again at
any moment. With --start it goes on from an earlier run, at half its rate. With --teacher, once for each, it also learns
what trained readers, larger ones perhaps, make of the same frames."""

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0 if all is well, 1 if something was found, and exits with 2 if called wrongly."""
    parser = argparse.ArgumentParser(prog="python -m lpr_helpers", description="Reads licence plates.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in (_check_data, _make_data, _train, _ensemble, _validate, _weights, _export, _notebooks):
        add(commands)
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal cannot show is no reason to stop
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    return options.run(options)


def _check_data(commands: argparse._SubParsersAction) -> None:
    parser = _command(
        commands, "check-data", "what a folder of tracks holds, and what is wrong with it", check_data
    )
    parser.add_argument("folder", help="the data set's root")
    parser.add_argument("--cache", help="file that makes the next check of the same folder fast")
    parser.add_argument("--all", action="store_true", help="print every problem, not one of each kind")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write every problem to this file")


def check_data(options: argparse.Namespace) -> int:
    """Print what a folder of tracks holds, what is wrong with it, and how it compares with LRLPR-26."""
    from lpr_helpers.data import DataSetError, check_report, read_tracks
    from lpr_helpers.utils import write_csv

    try:
        tracks = read_tracks(options.folder, cache=options.cache)
    except DataSetError as error:
        print(error, file=sys.stderr)
        return 1
    print(check_report(tracks, every_problem=options.all))
    if options.csv:
        try:
            print(f"\nevery problem: {write_csv(tracks.problems, options.csv)}")
        except OSError as error:
            print(f"{options.csv} cannot be written: {error.strerror or error}", file=sys.stderr)
            return 1
    return 0


def _make_data(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "make-data", "write a data set of synthetic tracks", make_data)
    parser.add_argument("root", help="folder to create")
    parser.add_argument("--train-a", type=int, default=500, help="training tracks of Scenario A")
    parser.add_argument("--train-b", type=int, default=500, help="training tracks of Scenario B")
    parser.add_argument("--test", type=int, default=100, help="test tracks")
    parser.add_argument("--seed", type=int, default=0)
    share = "share of plates with any seven characters (0)"
    parser.add_argument("--free", type=float, default=0.0, metavar="SHARE", help=share)
    style = "camera and place: usual, or harbour, where the demo's tracks come from"
    parser.add_argument("--style", default="usual", metavar="NAME", help=style)
    more = "another camera beside: ir writes ir-001.png and so on, and a plates.toml that says so"
    parser.add_argument("--modalities", nargs="+", default=[], metavar="NAME", help=more)
    parser.add_argument("--dirt", action="store_true", help="spoil a few tracks as real ones are")
    parser.add_argument(
        "--workers", type=int, default=None, help="processes (default: one a core, at most 8)"
    )


def make_data(options: argparse.Namespace) -> int:
    """Write a data set of synthetic tracks."""
    from lpr_helpers.synthetic import STYLES, truth_path, write_dataset

    if options.style not in STYLES:
        print(f"no style {options.style!r}; choose one of {', '.join(STYLES)}", file=sys.stderr)
        return 2
    try:
        root = write_dataset(
            options.root,
            train=(options.train_a, options.train_b),
            test=options.test,
            seed=options.seed,
            free=options.free,
            dirt=options.dirt,
            workers=options.workers,
            recipe=STYLES[options.style],
            modalities=options.modalities,
        )
    except (FileExistsError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"data set: {root}\ntruth of its test tracks: {truth_path(root)}")
    return 0


def _train(commands: argparse._SubParsersAction) -> None:
    parser = _command(
        commands, "train", "train and submit without notebooks, on one device or many", train, TRAINING
    )
    steps = ("phase1", "phase2", "submission")
    parser.add_argument("steps", nargs="+", choices=steps, help="what to do, in this order")


def train(options: argparse.Namespace) -> int:
    """Do the work of the notebooks, step by step."""
    from accelerate import PartialState

    from lpr_helpers.notebook import read_settings
    from lpr_helpers.notebook.pipeline import STEPS
    from lpr_helpers.utils import best_device

    os.environ.setdefault("LPR_PROGRESS", "text")
    settings = read_settings()
    for step in options.steps:
        STEPS[step](settings, PartialState(cpu=best_device().type == "cpu"))
    return 0


def _ensemble(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "ensemble", "train variants and make one reader of them", ensemble, ENSEMBLE)
    which = "of base, initialisation, augmentation, crnn7, crnn-attention (all five)"
    parser.add_argument("variants", nargs="*", metavar="VARIANT", help=which)


def ensemble(options: argparse.Namespace) -> int:
    """Train an ensemble, and print what its members bring."""
    from lpr_helpers.notebook import ensemble_command

    os.environ.setdefault("LPR_PROGRESS", "text")
    return ensemble_command(options.variants)


def _validate(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "validate", "check a submission (.zip or .txt)", validate)
    parser.add_argument("file", type=Path, help="the submission")
    tracks = "folder that holds the test's tracks, of any names"
    parser.add_argument("--tracks", type=Path, metavar="FOLDER", help=tracks)


def validate(options: argparse.Namespace) -> int:
    """Print everything that is wrong with a submission."""
    from lpr_helpers.data.folders import plates_home
    from lpr_helpers.plates import BRAZIL, PlateFormat
    from lpr_helpers.submission import validate_submission

    try:
        plate = PlateFormat.of(plates_home(options.tracks.resolve())) if options.tracks else BRAZIL
        report = validate_submission(options.file, options.tracks, plate=plate)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{options.file}: {report}")
    return 0 if report.ok else 1


def _weights(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "weights", "make the weights that come with the package", weights, WEIGHTS)
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
    anew = "train nothing, but learn anew what the confidences of the reader in the package are worth"
    parser.add_argument("--recalibrate", action="store_true", help=anew)


def weights(options: argparse.Namespace) -> int:
    """Train a reader on synthetic tracks alone."""
    from lpr_helpers.models import ARCHITECTURES, SHIPPED
    from lpr_helpers.training import best_row, epoch_line, pretrain, recalibrate

    if options.reader not in ARCHITECTURES:
        print(f"no reader {options.reader!r}; choose one of {', '.join(ARCHITECTURES)}", file=sys.stderr)
        return 2
    try:
        network = {name: int(value) for name, value in (told.split("=") for told in options.network)}
    except ValueError:
        print(
            f"--network {' '.join(options.network)}: expected NAME=NUMBER, as in width=256", file=sys.stderr
        )
        return 2

    os.environ.setdefault("LPR_PROGRESS", "text")
    if options.recalibrate:
        print(recalibrate(SHIPPED, options.folder))
        return 0
    told = ("tracks", "draw_seed", "first", "epochs", "batch_size", "rate", "seed", "start")
    history = pretrain(
        options.reader,
        options.folder,
        **{name: getattr(options, name) for name in told},
        network=network,
        teachers=options.teacher,
        shipped=SHIPPED if options.ship else None,
    )
    print(epoch_line(best_row(history)))
    return 0


def _export(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "export", "write a reader as an ONNX file, to read without torch", export)
    parser.add_argument("checkpoint", nargs="?", metavar="CHECKPOINT", help="the one in the package")
    parser.add_argument("--out", metavar="FILE", help="CHECKPOINT/reader.onnx")
    parser.add_argument("--half", action="store_true", help="keep all weights in half precision")
    parser.add_argument("--check", type=int, metavar="N", help="read N synthetic tracks by torch too")


def export(options: argparse.Namespace) -> int:
    """Write an ONNX file, and compare it with what it was made from."""
    from lpr_helpers.inference import check_export, export_reader

    try:
        file = export_reader(options.checkpoint, options.out, half=options.half)
        found = check_export(options.checkpoint, file, options.check) if options.check else None
    except (RuntimeError, ImportError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{file}: {file.stat().st_size / 1e6:.1f} MB; {found or 'not compared with torch'}")
    return int(found is not None and found.equal < 1 and not options.half)


def _notebooks(commands: argparse._SubParsersAction) -> None:
    parser = _command(commands, "notebooks", "keep the five notebooks in step, or run them", notebooks)
    what = (
        "sync: render what they share and write the .ipynb of each pair; demo: run all five in the demo profile; "
        "run: run all five on your data, LPR_DATA, and write one HTML report; goes on where an earlier run stopped"
    )
    parser.add_argument("what", choices=("sync", "demo", "run"), help=what)
    parser.add_argument(
        "--fresh", action="store_true", help="run: also what ran to its end before, as it is now"
    )


def notebooks(options: argparse.Namespace) -> int:
    """Keep the notebooks in step, or run them."""
    from lpr_helpers.notebook.pairs import sync
    from lpr_helpers.notebook.runner import demo, run_own

    if options.what == "demo":
        return demo(checkout())
    if options.what == "run":
        return run_own(checkout(), options.fresh)
    sync(checkout())
    return 0


def _command(
    commands: argparse._SubParsersAction, name: str, help_line: str, run: Command, text: str = ""
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=help_line,
        description=text or f"{help_line[0].upper()}{help_line[1:]}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser
