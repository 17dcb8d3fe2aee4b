"""``lpr-helpers read``: the plates of a folder of tracks, as a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lpr_helpers.cli.outcome import Outcome, UsageError, command
from lpr_helpers.cli.reading import (
    add_reading_options,
    check_out,
    header_of,
    loaded,
    read_all,
    readings_of,
    specified,
)
from lpr_helpers.cli.watch import UNWATCHED, Watch
from lpr_helpers.utils.regular import printable

if TYPE_CHECKING:
    from lpr_helpers.cli.reading import Counts
    from lpr_helpers.inference import Journal, TrackSources
    from lpr_helpers.plates import PlateFormat

ABOUT = """\
Reads every track of a folder and writes one file, in the format that its ending names: .csv, .jsonl, .parquet (with
the extra parquet), or .zip, a submission. A track is a folder with images, or, with --pattern, all files of one
{track}. Takes no torch.

However many tracks there are, only their names are held in memory. What is read stands in OUT.journal until all is;
after a kill the same command goes on from there. Exit code 1: some tracks could not be read; the others are."""
EXAMPLES = """
  lpr-helpers read FOLDER --out readings.csv
  lpr-helpers read FOLDER --out readings.jsonl --workers 8 --reader artifacts/full/phase2/best
  lpr-helpers read FOLDER --out readings.parquet --pattern "camera*/{track}_{frame}.jpg"
  lpr-helpers read FOLDER --out submission.zip
  lpr-helpers read FOLDER --out readings.csv --audit audit.jsonl --review queue.csv
"""
FORMATS = (".csv", ".jsonl", ".parquet", ".zip")


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    parser = command(
        commands, "read", "read the plates of a folder of tracks", run, about=ABOUT, examples=EXAMPLES
    )
    parser.add_argument("folder", type=Path, help="the folder of tracks")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")
    pattern = "tracks by the names of their files, such as {track}_{frame}.jpg; * stands for anything but /"
    parser.add_argument("--pattern", help=pattern)
    add_reading_options(parser)
    audit = "log every reading, with hashes of its frames and its reader; lines are added to what is there"
    parser.add_argument("--audit", type=Path, metavar="FILE", help=audit)
    review = (
        "queue of the tracks that a human should read, as CSV (lpr_helpers.monitoring.open_queue opens it)"
    )
    parser.add_argument("--review", type=Path, metavar="FILE", help=review)
    below = "tracks below this confidence go there (default: the threshold of the reader's calibration)"
    parser.add_argument("--review-below", type=float, metavar="CONFIDENCE", help=below)


def run(options: argparse.Namespace) -> Outcome:
    """Read the tracks."""
    from lpr_helpers.inference import folder_tracks, pattern_tracks

    if options.out.suffix not in FORMATS:
        raise UsageError(f"{options.out} ends in none of {', '.join(FORMATS)}")
    check_out(options.out, options.fresh)
    watch = Watch(options.audit, options.review, options.review_below)
    watch.check(options.out, options.fresh)
    try:
        root, pattern = options.folder, options.pattern
        sources = pattern_tracks(root, pattern) if pattern else folder_tracks(root)
    except ValueError as error:
        raise UsageError(str(error)) from error
    return read_to_file(options, sources, pattern, watch)


def read_to_file(
    options: argparse.Namespace, sources: TrackSources, pattern: str | None = None, watch: Watch = UNWATCHED
) -> Outcome:
    """Read tracks into a journal, and write the file of it; one process at a time."""
    from lpr_helpers.inference import Journal, JournalError, journal_of
    from lpr_helpers.utils import FolderInUseError, sole_writer

    out = options.out
    try:
        spec = specified(options, sources.root, hashes=bool(watch.audit))
        reader = loaded(spec)
        threshold = watch.threshold(reader)
        with sole_writer(out):
            if options.fresh:
                journal_of(out).unlink(missing_ok=True)
            header = header_of(sources, spec, reader, pattern)
            journal = Journal(journal_of(out), header)
            # not of the journal: readings differ too little to refuse going on; each worker chooses for itself
            engine = {"engine": reader.engine} if options.workers == 1 else {}
            with watch.log(header | engine) as listeners:
                counts = read_all(sources, spec, reader, journal, options, listeners)
            told = _write(sources, journal, counts, out, reader.plate)
            told += _asides(sources)
            told += watch.queue(journal, sources, threshold)
            journal.file.unlink()
    except (FolderInUseError, JournalError) as error:
        raise UsageError(str(error)) from error
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(f"what was read is kept: the same command goes on, to {out}") from stop
    return counts.outcome(out, told=told)


def _asides(sources: TrackSources) -> list[str]:
    """What may have been meant otherwise: folders with nothing in them, and pictures of many plates in one folder."""
    from lpr_helpers.data.folders import is_frame
    from lpr_helpers.inference import frame_files

    if sources.empty:
        named = ", ".join(map(printable, sources.empty[:3])) + (", …" if len(sources.empty) > 3 else "")
        return [f"folders with nothing in them have no row ({len(sources.empty):,}): {named}"]
    if sources.names != (".",) or sources.files:
        return []
    try:
        pictures = frame_files(sources.root)
    except ValueError:
        return []
    if len(pictures) < 2 or any(is_frame(file.name) for file in pictures):
        return []
    meant = "if each shows another plate, read them by --pattern '{track}.jpg'"
    return [f"all {len(pictures):,} pictures were taken for frames of one plate; {meant}"]


def _write(
    sources: TrackSources, journal: Journal, counts: Counts, out: Path, plate: PlateFormat
) -> list[str]:
    """Write the file; returns what there is to say of it."""
    from lpr_helpers.inference import write_readings

    readings = readings_of(sources, journal, counts)
    if out.suffix != ".zip":
        write_readings(readings, out)
        return []
    from lpr_helpers.submission import SubmissionError, submission_rows, write_submission_rows

    try:
        write_submission_rows(submission_rows(readings, plate), out.parent, name=out.stem, plate=plate)
    except SubmissionError as error:
        raise UsageError(f"{error}\nthe readings are kept in {journal.file}") from error
    return ["the unread ones have a line too, of no confidence, since a submission needs one of each"] * (
        counts.unread > 0
    )
