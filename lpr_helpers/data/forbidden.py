"""Tracks that nothing may be learnt from: those of the tests, known by their folders and by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from lpr_helpers.data.folders import stated_split
from lpr_helpers.data.frames import Packed

RULE = "test data may not be used for training, and test tracks may not be labelled by hand"
"""The competition's own words."""


class ForbiddenTracksError(ValueError):
    """Tracks of a test are among those that something should be learnt from."""


def refuse_tests(table: pd.DataFrame, packed: Packed, tests: Packed | None = None) -> None:
    """Raise ForbiddenTracksError if a track that something should be learnt from, labels or none, is a test track.

    Refused are tracks whose side is "test", whose folder or a folder above it is called a test's (as `read_tracks`
    takes it; also the folder that a link leads to, and the data set's own name, where the tracks lie in it side by
    side), and tracks with a frame that is a frame of ``tests``, pixel for pixel, wherever it lies and whatever it is
    called. A copy that was compressed anew is not found again.

    table, packed: the tracks, row for row. tests: the test tracks that are known, packed in the same size and colours.
    Raises ValueError where they are packed otherwise, since no frame could then be found again.
    """
    named = [row for row in range(len(table)) if is_named_a_test(table.iloc[row])]
    if named:
        _refuse(table, named, "stand in a folder of a test (or are of the side 'test')")
    if tests is None:
        return
    if tests.images.shape[2:] != packed.images.shape[2:]:
        raise ValueError(
            f"the tests' frames are packed as {tests.images.shape[2:]}, these as {packed.images.shape[2:]}: pack both "
            "alike, or a test's frame would not be found among them"
        )
    if copied := tracks_with(packed, frame_digests(tests)):
        _refuse(table, copied, "hold a frame of a test track, pixel for pixel")


def is_named_a_test(track: pd.Series) -> bool:
    """Whether a row of a table says that it is a test track: by its side, or by the names of folders above it."""
    if track.get("split", "") == "test" or stated_split(str(track.get("folder", ""))) == "test":
        return True
    frames = track.get("lr", [])
    if not len(frames):
        return False
    home = Path(frames[0]).resolve().parent  # where a link leads to
    return stated_split(f"{home.parent.name}/{home.name}") == "test"


def frame_digests(packed: Packed, rows: Iterable[int] | None = None) -> set[bytes]:
    """Digests of all valid frames of some tracks, of all where rows is None.

    Frames of one colour all over are left out, since they are alike whatever was filmed.
    """
    found = set()
    for row in range(len(packed)) if rows is None else rows:
        found |= _digests(packed, row)
    return found


def tracks_with(packed: Packed, digests: set[bytes]) -> list[int]:
    """The rows of the tracks that have one of these frames, ascending."""
    return [row for row in range(len(packed)) if _digests(packed, row) & digests]


def _digests(packed: Packed, row: int) -> set[bytes]:
    frames = packed.images[row][packed.valid[row]]
    return {
        hashlib.blake2b(frame.tobytes(), digest_size=16).digest()
        for frame in frames
        if frame.min() < frame.max()
    }


def _refuse(table: pd.DataFrame, rows: list[int], what: str) -> None:
    first = table.iloc[rows[0]]
    name = first.get("folder", "") or first["track_id"]
    raise ForbiddenTracksError(
        f"{len(rows)} of {len(table)} tracks {what}, {name} among them, and nothing is learnt from these: the "
        f"competition's rules say that {RULE}. Leave them out. Tracks of your own belong into a folder of another "
        'name, and are read with read_tracks(folder, split="train"), since without labels they count as test tracks'
    )
