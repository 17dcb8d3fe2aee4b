"""Read a plate from its frames, in a line: `load_reader` and `PlateReader.read`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, repeat
from os import PathLike, fsdecode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.decoding.array_reading import OTHER_PLATES, read_slot_arrays
from lpr_helpers.decoding.layouts import candidate_layouts
from lpr_helpers.decoding.text_prior import TextPrior
from lpr_helpers.evaluation.kept_calibration import Calibration, calibration_among
from lpr_helpers.inference.confidence import calibrated_readings
from lpr_helpers.inference.frames import ReadFrames
from lpr_helpers.inference.members import JoinedFormat
from lpr_helpers.inference.onnx_member import OnnxMember, load_onnx, onnx_device, onnx_files
from lpr_helpers.inference.reading import FrameError, Reading
from lpr_helpers.inference.seeing import frames_of, slots_by
from lpr_helpers.models.shipped_files import reader_folders
from lpr_helpers.plates import PlateFormat
from lpr_helpers.utils.progress import bar

if TYPE_CHECKING:
    import torch

    from lpr_helpers.inference.modal_frames import ModalTrack
    from lpr_helpers.models.checkpoints import Recogniser

TRACKS_AT_ONCE, FRAMES_AT_ONCE = 256, 160
"""Tracks that are loaded together, and frames that pass the network together: about 75 MB on a CPU. Of larger batches
the features are given back to the system and taken anew layer by layer, which takes a third longer in float32.
"""
PATIENCE = 3.0  # seconds after which a progress bar appears


def load_reader(
    folder: str | Path | Sequence[str | Path] | None = None,
    device: str | torch.device | None = None,
    *,
    tta: int = 1,
    precision: str | None = None,
    plate: PlateFormat | None = None,
    prior: TextPrior | None = None,
) -> PlateReader:
    """The reader in the package, or the one that a training left in ``folder`` (such as ``phase1/best``).

    folder: "pair" for both readers in the package, which read more plates and take twice as long. Or a file ``.onnx``
    (`export_reader`), which is read without torch, on the CPU in float32; so is the reader in the package where torch
    is not installed, and any folder that holds a ``reader.onnx``. Several make an ensemble, whose log-probabilities are
    averaged; so does a folder with an ``ensemble.json`` (`training.train_ensemble`), by its weights. Each may read
    other modalities (late fusion); one whose modalities a track lacks has no say. device: the best at hand where None.
    tta: how often each track is read, slightly moved (`tta.tta_images`), averaged too. precision: "no" for float32,
    "bf16", "fp16", all by torch; None takes what is fastest (`inference.engines`): known of GPUs; on a CPU measured in
    a second, the first time, with onnxruntime where the folder holds a ``reader.onnx`` of the same weights. plate:
    other layouts than it was trained for, of as many characters, such as
    ``PlateFormat(layouts={"Argentine": "LLDDDLL"})``. prior: what plates are known to say (`decoding.learn_prior`),
    where a layout is imposed.

    Its confidences are calibrated where a `calibration.json` is for this very reader, and prior: beside the checkpoint,
    or in the results folder that notebook 04 writes into. No other is taken; of ensembles the pair alone has one, and
    that without a prior, and tta has none; a `Reading` says.

    Raises CheckpointError where a folder or file holds no reader, or one that takes torch where there is none;
    ValueError for readers of different plates, for a plate or a prior of others, for an empty list, and for a device,
    precision or tta that there is not.
    """
    folders = reader_folders(folder)
    if files := onnx_files(folders):
        where, found = onnx_device(device, tta, precision), [load_onnx(file) for file in files]
        own = found[0].calibration
        if len(found) > 1 or prior is not None:
            own = calibration_among([file.parent for file in files], [one.digest for one in found], prior)
        return PlateReader(found, where, own, plate=plate, prior=prior)
    from lpr_helpers.models.ensemble_folder import load_members
    from lpr_helpers.utils.devices import best_device, usable_device

    device = usable_device(device) if device is not None else best_device()
    members, weights = load_members(folders)
    alike = tta == 1 and weights is None
    calibration = (
        calibration_among(folders, [one.digest for one in members], prior) if alike else Calibration()
    )
    if device.type == "cpu" and precision is None:
        from lpr_helpers.inference.engines import fastest_engine

        engine = fastest_engine(members, folders if weights is None else [], tta)
        return PlateReader(engine.members, device, calibration, tta, engine.precision, plate, prior, weights)
    return PlateReader(members, device, calibration, tta, precision, plate, prior, weights)


class PlateReader:
    """One or more recognisers with what is needed to read frames from anywhere. Make one with `load_reader`."""

    def __init__(
        self,
        members: Sequence[Recogniser] | Sequence[OnnxMember],
        device: torch.device | str,
        calibration: Calibration,
        tta: int = 1,
        precision: str | None = None,
        plate: PlateFormat | None = None,
        prior: TextPrior | None = None,
        weights: Sequence[float] | None = None,
    ) -> None:
        if len({(member.plate.alphabet, member.plate.length) for member in members}) != 1:
            raise ValueError("the readers of an ensemble have to read the same plates")
        self.joined = JoinedFormat.of([member.frame_format for member in members])
        self.members, self.device, self.calibration, self.tta = members, device, calibration, tta
        self.weights = weights
        own = members[0].plate
        if plate and (plate.alphabet, plate.length) != (own.alphabet, own.length):
            raise ValueError(
                f"this reader reads {own.length} characters of {own.alphabet}, and no other plates"
            )
        self.plate, self.prior = plate or own, prior
        if prior and prior.plate != self.plate:
            raise ValueError(OTHER_PLATES)
        self._slots = slots_by(members, self.joined, device, tta, precision, weights)

    @property
    def engine(self) -> str:
        """What computes: "onnxruntime", or "torch, bf16" and the like."""
        return self._slots.engine

    @property
    def frame_format(self) -> FrameFormat:
        """What it wants to see of each frame."""
        return self.joined.whole

    def read(
        self,
        frames: ModalTrack,
        *,
        layout: str | None = "any",
        order: str = "rgb",
        prior: TextPrior | str | None = "reader's",
    ) -> Reading:
        """Read one plate.

        Parameters
        ----------
        frames: a track's folder, of which the LR frames are read (all images, where none is called lr-…); or one
            frame, or several of the same plate: paths, bytes, open files, PIL images, numpy arrays or torch tensors,
            of any size. `frames` states what the dimensions of an array are taken for. A reader of several modalities
            takes their files from a folder, or ``{"grey": frames, "ir": frames}`` with None for what is missing; what
            it had to do without stands in `Reading.missing`.
        layout: "any" tries all layouts of the plate format and takes the likeliest; a layout's name imposes it; None
            allows any character anywhere.
        order: of an array's colours, "rgb" or, as OpenCV has them, "bgr".
        prior: another text prior than the reader's, or None for none.

        Raises FrameError where no frame can be read, ValueError for an unknown layout or order.
        """
        _check_choice("order", order, ("rgb", "bgr"))
        found = frames_of(frames, self.frame_format, order)
        layouts = [layout] if isinstance(layout, str) and layout != "any" else layout
        return self._read_batch([found], layouts, self._chosen(prior))[0]

    def read_many(
        self,
        tracks: Iterable[ModalTrack],
        *,
        layouts: str | Sequence[str] | None = "any",
        order: str = "rgb",
        errors: str = "list",
        prior: TextPrior | str | None = "reader's",
    ) -> list[Reading]:
        """Read one plate from each of ``tracks``; each is given, and read, as by `read`.

        layouts: one for all, as in `read`, or a sequence with one name for each track, "" for none. errors: of a track
        that cannot be read, "list" gives a `Reading` without text in its place, whose `problem` says why; "raise"
        raises FrameError. Where it takes long, a bar shows how far it is.
        """
        if isinstance(tracks, (str, bytes, PathLike)) or getattr(tracks, "ndim", 4) < 4:
            raise FrameError("read_many takes several tracks, such as a list of folders; one is read by read")
        tracks = list(tracks)
        if not (layouts is None or isinstance(layouts, str)) and len(layouts) != len(tracks):
            raise ValueError(f"{len(layouts)} layouts for {len(tracks)} tracks; give one name for each track")
        readings = self.read_iter(tracks, layouts=layouts, order=order, errors=errors, prior=prior)
        return list(bar(readings, "Reading", total=len(tracks), unit=" tracks", delay=PATIENCE, leave=False))

    def read_iter(
        self,
        tracks: Iterable[ModalTrack],
        *,
        layouts: str | Iterable[str] | None = "any",
        order: str = "rgb",
        errors: str = "list",
        at_once: int = TRACKS_AT_ONCE,
        prior: TextPrior | str | None = "reader's",
    ) -> Iterator[Reading]:
        """Readings of ``tracks`` as they come, in their order, as by `read_many`; for streams, and for very many.

        at_once: how many tracks are taken before the first of them is read, 1 where each reading is waited for.
        """
        _check_choice("order", order, ("rgb", "bgr"))
        _check_choice("errors", errors, ("list", "raise"))
        if at_once < 1:
            raise ValueError(f"at_once={at_once}; 1 or more")
        self._check_layouts(layouts)
        return self._windows(tracks, layouts, order, errors, at_once, self._chosen(prior))

    def _chosen(self, prior: TextPrior | str | None) -> TextPrior | None:
        chosen = self.prior if prior == "reader's" else prior
        if isinstance(chosen, str):
            raise ValueError(  # noqa: TRY004 - as every other choice that there is not
                f"prior={chosen!r}; give a TextPrior (`learn_prior`, `load_prior`), or None for none"
            )
        if chosen and chosen.plate != self.plate:
            raise ValueError(OTHER_PLATES)
        return chosen

    def _check_layouts(self, layouts: str | Iterable[str] | None) -> None:
        one = isinstance(layouts, str)
        stated = [layouts] if one else layouts if isinstance(layouts, Sequence) else []
        if unknown := set(stated) - {"", *self.plate.layouts} - ({"any"} if one else set()):
            raise ValueError(
                f"unknown layouts {sorted(unknown)}; the plate format has {list(self.plate.layouts)}"
            )

    def _windows(
        self,
        tracks: Iterable[ModalTrack],
        layouts: str | Iterable[str] | None,
        order: str,
        errors: str,
        at_once: int,
        prior: TextPrior | None,
    ) -> Iterator[Reading]:
        shared = "any" if layouts == "any" else None
        each = repeat(layouts) if layouts is None or isinstance(layouts, str) else layouts
        pairs = enumerate(zip(tracks, each, strict=not isinstance(each, repeat)))
        while window := list(islice(pairs, at_once)):
            readings: list[Any] = [None] * len(window)
            prepared = []
            for place, (position, (track, layout)) in enumerate(window):
                try:
                    prepared.append((place, layout, frames_of(track, self.frame_format, order)))
                except FrameError as error:
                    if errors == "raise":
                        raise FrameError(f"{_name(position, track)}: {error}") from error
                    readings[place] = Reading("", 0.0, "", (), problem=str(error))
            prepared.sort(key=lambda one: len(one[2].images))
            for batch in _batches(prepared):
                imposed = shared if layouts in (None, "any") else [layout for _, layout, _ in batch]
                read = self._read_batch([found for _, _, found in batch], imposed, prior)
                for (place, *_), reading in zip(batch, read, strict=True):
                    readings[place] = reading
            yield from readings

    def _read_batch(
        self,
        tracks: Sequence[ReadFrames],
        layouts: str | Sequence[str] | None,
        prior: TextPrior | None,
    ) -> list[Reading]:
        """Readings of tracks."""
        longest = max(len(track.images) for track in tracks)
        images = np.zeros((len(tracks), longest, *tracks[0].images.shape[1:]), dtype=np.uint8)
        valid = np.zeros(images.shape[:2], dtype=bool)
        for row, track in enumerate(tracks):
            images[row, : len(track.images)], valid[row, : len(track.images)] = track.images, True
        slots = self._slots(images, valid)
        readings = read_slot_arrays(np.asarray(slots), layouts, self.plate, prior)
        candidates = candidate_layouts(layouts, len(tracks), self.plate)
        reasons = [track.skipped for track in tracks]
        own = self.calibration.prior == (prior.digest if prior else "")
        calibration = self.calibration if own else Calibration()
        told = calibrated_readings(slots, readings, candidates, reasons, self.plate, calibration)
        return [
            replace(reading, missing=track.missing) if track.missing else reading
            for reading, track in zip(told, tracks, strict=True)
        ]


def _batches(tracks: list[tuple]) -> Iterator[list[tuple]]:
    """Tracks (…, `ReadFrames`), sorted by how many these are, in batches of about `FRAMES_AT_ONCE` frames."""
    start = 0
    for end in range(1, len(tracks) + 1):
        if end == len(tracks) or len(tracks[end][2].images) * (end + 1 - start) > FRAMES_AT_ONCE:
            yield tracks[start:end]
            start = end


def _name(position: int, track: object) -> str:
    """A track for a message: its position, counted from 0, and its path if it has one."""
    return f"track {position}" + (f" ({fsdecode(track)})" if isinstance(track, (str, PathLike)) else "")


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; choose " + " or ".join(f'"{one}"' for one in choices))
