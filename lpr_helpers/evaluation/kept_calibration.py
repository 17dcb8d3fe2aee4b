"""What was learnt of one reader's confidences: how it is applied, kept and found again; numpy and nothing else."""

from __future__ import annotations

import hashlib
import json
import math
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from lpr_helpers.evaluation.confidence_maps import NOT_LEARNT, RISE, Calibrator
from lpr_helpers.utils.files import write_json

if TYPE_CHECKING:
    from lpr_helpers.decoding.text_prior import TextPrior

CALIBRATION_FILE = "calibration.json"


@dataclass(frozen=True)
class Calibration:
    """What the validation tracks taught about one reader's confidences.

    plate, character: the maps for whole plates and for single characters. threshold: of the calibrated confidence,
    below which a plate is for a human if at most `error_rate` of the others may be wrong; inf: all are. tie_break: the
    map that widens the confidence gap most, and means nothing beyond that. reader: which reader it is for. layouts: the
    patterns that were tried on its tracks (see `layouts.imposed_patterns`), it holds for these alone; none where nobody
    said. prior: the digest of the text prior that they were read with, "" for none. tracks, plates: how many taught it.
    notes: what could not be learnt, in words.

    Plates keep their order, and no two become one (`Calibrator` says how close they may lie). The characters of a plate
    keep theirs, and become one only where the plate leaves less than 1e-4 of doubt. None is less sure than the plate:
    where the map of characters says otherwise, they are raised above it, because a plate is right only where all its
    characters are.
    """

    plate: Calibrator = NOT_LEARNT
    character: Calibrator = NOT_LEARNT
    tie_break: Calibrator = NOT_LEARNT
    threshold: float = math.inf
    error_rate: float = 0.0
    reader: str = ""
    layouts: tuple[str, ...] = ()
    prior: str = ""
    tracks: int = 0
    plates: int = 0
    notes: tuple[str, ...] = ()

    @property
    def learnt(self) -> bool:
        """Whether the tracks were enough to say what a plate's confidence is worth."""
        return self.plate.method != NOT_LEARNT.method

    def characters_of(self, confidence: float, characters: ArrayLike) -> np.ndarray:
        """Calibrated confidences of a plate's characters, float64 [L], from those of the reader and the plate's."""
        if not (self.plate.changes or self.character.changes):
            return np.asarray(characters, float)
        return agreeing(characters, self.character(characters), float(self.plate(confidence)))

    def __str__(self) -> str:
        learnt = f"plates: {self.plate.method}; characters: {self.character.method}"
        return "\n".join([f"{learnt}; from {self.tracks} tracks of {self.plates} plates", *self.notes])


def agreeing(before: ArrayLike, characters: np.ndarray, plate: float) -> np.ndarray:
    """Calibrated characters of a plate, float64 [L], raised where they would be less sure than the plate.

    Those raised keep the order that they had before, in a thousandth of what the plate leaves.
    """
    if not (characters < plate).any():
        return characters
    return np.fmax(characters, plate + RISE * (1 - plate) * np.asarray(before, float))


def save_calibration(calibration: Calibration, file: Path) -> Path:
    """Keep a calibration as JSON."""
    return write_json(file, calibration_table(calibration))


def calibration_table(calibration: Calibration) -> dict[str, Any]:
    """A calibration as plain values, for JSON; `calibration_of` reads them."""
    threshold = calibration.threshold if math.isfinite(calibration.threshold) else None
    return asdict(calibration) | {"threshold": threshold}


def calibration_of(content: dict[str, Any]) -> Calibration:
    """What `calibration_table` gave. Raises ValueError, KeyError or TypeError where it is none."""
    maps = {kind: Calibrator(**content[kind]) for kind in ("plate", "character", "tie_break")}
    threshold = math.inf if content["threshold"] is None else float(content["threshold"])
    lists = {name: tuple(map(str, content[name])) for name in ("layouts", "notes")}
    counts = {name: int(content[name]) for name in ("tracks", "plates")}
    told = {"threshold": threshold, "prior": str(content.get("prior", ""))}
    return Calibration(**content | maps | lists | counts | told)


def load_calibration(file: Path, reader: str | None = None) -> Calibration:
    """What `save_calibration` wrote.

    Raises ValueError where the file holds something else, or a calibration for another ``reader``.
    """
    try:
        found = calibration_of(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, RecursionError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is no calibration ({error}); run 04_error_analysis again") from error
    if reader is not None and reader != found.reader:
        raise ValueError(
            f"{file} is for the reader {found.reader!r}, not {reader!r}; run 04_error_analysis again"
        )
    return found


def calibration_file(prior: TextPrior | None = None) -> str:
    """The name of the file that holds the calibration for readings without a text prior, or with this one."""
    return f"calibration-{prior.digest}.json" if prior and prior.digest else CALIBRATION_FILE


def find_calibration(folder: Path, reader: str, prior: TextPrior | None = None) -> Calibration:
    """The calibration of the reader whose checkpoint lies in ``folder``; an empty one where there is none.

    prior: the text prior it is used with. Looked for beside the checkpoint, then in the run folder and in the results
    folder around it, where notebook 04 leaves it. A warning tells of one that cannot be used; another reader's further
    up is none of ours.
    """
    for place in (folder, *folder.absolute().parents[:2]):
        file = place / calibration_file(prior)
        if not file.is_file():
            continue
        try:
            found = load_calibration(file)
            if found.reader == reader:
                return found
            if place == folder:
                load_calibration(file, reader)
        except ValueError as error:
            warnings.warn(f"{error}; until then its readings are uncalibrated", stacklevel=3)
    return Calibration()


def joint_digest(digests: Sequence[str]) -> str:
    """One digest for readers that count alike in an ensemble, in whatever order; a single one keeps its own."""
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256(" ".join(sorted(digests)).encode()).hexdigest()[:16]


def calibration_among(
    folders: Sequence[Path], digests: Sequence[str], prior: TextPrior | None = None
) -> Calibration:
    """The calibration of one reader (`find_calibration`), or of several that count alike and lie in ``folders``.

    Theirs is kept as ``calibration-DIGEST.json`` beside one of them, see `joint_digest`; there is none with a prior.
    """
    digest = joint_digest(digests)
    if len(digests) == 1:
        return find_calibration(folders[0], digest, prior)
    files = [folder / joint_calibration_file(digests) for folder in folders] if prior is None else []
    for file in filter(Path.is_file, files):
        try:
            return load_calibration(file, digest)
        except ValueError as error:
            warnings.warn(f"{error}; until then its readings are uncalibrated", stacklevel=3)
    return Calibration()


def joint_calibration_file(digests: Sequence[str]) -> str:
    """The name of the file that holds the calibration of readers that count alike in an ensemble."""
    return f"calibration-{joint_digest(digests)}.json"
