"""The tracks that a reader doubts, for people: read blind in the error browser, and what comes back."""

from __future__ import annotations

from pathlib import Path

from lpr_helpers.browser.error_browser import ErrorBrowser
from lpr_helpers.data.label_edits import annotated
from lpr_helpers.data.tracks import TrackSet, read_tracks
from lpr_helpers.monitoring.queue_file import load_queue
from lpr_helpers.plates import BRAZIL, PlateFormat


def open_queue(file: str | Path, *, plate: PlateFormat = BRAZIL, page_size: int = 5) -> ErrorBrowser:
    """The error browser on a queue, as the value of a notebook's cell: one reads a plate, then sees its reading.

    What people read, flag and note is kept in ``annotations.csv`` beside the queue.
    """
    folder = Path(file).resolve().parent
    return ErrorBrowser(load_queue(file), folder, plate=plate, page_size=page_size, blind=True)


def reviewed_tracks(folder: str | Path, annotations: str | Path, *, progress: bool = True) -> TrackSet:
    """The tracks under ``folder`` that people have read: with their labels, ready to be trained on.

    annotations: what `open_queue` kept. Flagged tracks and those without a label are left out. Never of a competition's
    test tracks: its rules forbid to label them.
    """
    tracks = annotated(read_tracks(folder, split="train", progress=progress), annotations)
    table = tracks.table[tracks.table["trainable"] & (tracks.table["text"] != "")]
    return TrackSet(table.reset_index(drop=True), tracks.problems, tracks.root, tracks.plate)
