"""Pseudo-labels: what readers are sure of on tracks without labels, to train on as if people had written it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from lpr_helpers.data.batches import Batch, TrackBatches
from lpr_helpers.data.forbidden import refuse_tests
from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.decoding.ensembles import weighted_mean
from lpr_helpers.decoding.readings import Readings, read_output
from lpr_helpers.decoding.slot_fusion import track_slots
from lpr_helpers.decoding.slot_reading import read_slots
from lpr_helpers.evaluation.calibration import fit_calibration
from lpr_helpers.evaluation.kept_calibration import Calibration
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.transforms.tta import tta_images
from lpr_helpers.utils.devices import best_device
from lpr_helpers.utils.progress import bar

TAKEN = "taken"


@dataclass(frozen=True, eq=False)
class PseudoLabels:
    """Tracks with what was read of them for a label.

    data: the tracks that were taken, on the side "train" and trainable, with reading and layout for text and layout;
    `with_pseudo_labels` adds them to labelled ones. table: a row for every track that was looked at, in their order:
    ``track_id``, ``folder``, ``reading``, ``layout``, ``confidence`` (calibrated), ``agreement``, ``taken``, ``why``.
    calibration: what the confidences were calibrated by.
    """

    data: TrackData
    table: pd.DataFrame
    calibration: Calibration

    def __str__(self) -> str:
        reasons = self.table["why"].value_counts(sort=False)
        told = ", ".join(f"{count} {why}" for why, count in reasons.items())
        return "\n".join([f"of {len(self.table)} tracks: {told}", *self.calibration.notes])


def pseudo_label(
    readers: Sequence[Recogniser],
    tracks: TrackData,
    labelled: TrackData,
    *,
    confidence: float = 0.95,
    agreement: float = 1.0,
    views: int = 3,
    weights: Sequence[float] | None = None,
    calibration: Calibration | None = None,
    tests: Packed | None = None,
    device: str | torch.device | None = None,
    progress: bool = True,
) -> PseudoLabels:
    """Choose tracks to learn from although nobody has labelled them.

    All readers read each track in ``views`` views, frames as they are and slightly moved (`tta.tta_images`), and the
    mean of their log-probabilities is read under the likelier layout. A track is taken whose calibrated confidence is
    at least ``confidence``, whose reading at least the share ``agreement`` of all readers' views agrees with, and whose
    plate is on no validation track of ``labelled``, which would flatter.

    Parameters
    ----------
    tracks: all of them are looked at; texts in their table are not. labelled: what the readers were trained on.
    weights: how much each reader counts (`ensembles.weigh_members`). calibration: of these readers in so many views;
        None learns it from the validation tracks of ``labelled``. Where these are too few for it, confidences stay as
        they are, and the calibration's notes say so.
    tests: the test tracks that are known, packed alike, so that none of them is taken for another.

    Raises ForbiddenTracksError where a test track is among the tracks, and ValueError for thresholds out of range.
    """
    for name, value in (("confidence", confidence), ("agreement", agreement)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name}={value}: a share from 0 to 1")
    refuse_tests(tracks.table, tracks.lr, tests)
    device = torch.device(device) if device is not None else best_device()

    def read(packed: Packed, rows: ArrayLike) -> tuple[Readings, np.ndarray]:
        return _read(readers, packed, rows, views, weights, device, progress)

    if calibration is None:
        rows = labelled.rows("val")
        known, _ = read(labelled.lr, rows)
        truth = labelled.table["text"].iloc[rows].tolist()
        results = pd.DataFrame(
            {"text": truth, "reading": known.texts, "confidence": known.confidence.tolist()}
        )
        calibration = fit_calibration(results, plate=labelled.plate)
    readings, agreed = read(tracks.lr, np.arange(len(tracks.table)))
    table = tracks.table[["track_id", "folder"]].reset_index(drop=True)
    table = table.assign(reading=readings.texts, layout=readings.layouts, agreement=agreed)
    table["confidence"] = calibration.plate(readings.confidence.double().numpy())
    validation = set(labelled.table["text"].iloc[labelled.rows("val")])
    seen = set(np.flatnonzero(tracks.lr.valid.any(1)))
    table["why"] = [
        _why(row, place in seen, confidence, agreement, validation)
        for place, (_, row) in enumerate(table.iterrows())
    ]
    table["taken"] = table["why"] == TAKEN
    return PseudoLabels(_taken(tracks, table), table, calibration)


def with_pseudo_labels(labelled: TrackData, pseudo: PseudoLabels) -> TrackData:
    """Both as one, the labelled tracks first, ready for `fit`; frames of the others are copied into memory.

    These have no high-resolution frames here. Raises ValueError where frames are packed otherwise.
    """
    added = pseudo.data
    if labelled.lr.images.shape[1:] != added.lr.images.shape[1:]:
        raise ValueError(
            f"tracks are packed as {labelled.lr.images.shape[1:]} and {added.lr.images.shape[1:]}: pack both alike"
        )
    if added.lr.frame_format and (misfit := labelled.lr.misfit(added.lr.frame_format)):
        raise ValueError(misfit)
    table = pd.concat([labelled.table, added.table], ignore_index=True)
    hr = labelled.hr
    if hr is not None:
        images, valid = (
            np.zeros((len(added.table), *of.shape[1:]), of.dtype) for of in (hr.images, hr.valid)
        )
        shown = None if hr.shown is None else np.zeros((len(images), *hr.shown.shape[1:]), bool)
        hr = _both(hr, replace(hr, images=images, valid=valid, unreadable=(), shown=shown))
    return TrackData(table, labelled.plate, _both(labelled.lr, added.lr), hr)


def _why(row: pd.Series, seen: bool, confidence: float, agreement: float, validation: set[str]) -> str:
    """`TAKEN`, or why a track is not."""
    if not seen:
        return "without a readable frame"
    if row["confidence"] < confidence:
        return f"less sure than {confidence:g}"
    if row["agreement"] < agreement - 1e-9:
        return f"agreed on by fewer than {agreement:.0%} of the views"
    return "with a validation plate" if row["reading"] in validation else TAKEN


def _taken(tracks: TrackData, table: pd.DataFrame) -> TrackData:
    """The tracks that were taken, as labelled ones."""
    rows = np.flatnonzero(table["taken"])
    chosen = tracks.table.iloc[rows].reset_index(drop=True)
    told = table.iloc[rows].reset_index(drop=True)
    chosen = chosen.assign(text=told["reading"], layout=told["layout"], split="train", trainable=True)
    shown = None if tracks.lr.shown is None else tracks.lr.shown[rows]
    images, valid = np.asarray(tracks.lr.images[rows]), tracks.lr.valid[rows]
    lr = replace(tracks.lr, images=images, valid=valid, unreadable=(), shown=shown)
    return TrackData(chosen, tracks.plate, lr)


def _read(
    readers: Sequence[Recogniser],
    packed: Packed,
    rows: ArrayLike,
    views: int,
    weights: Sequence[float] | None,
    device: torch.device,
    progress: bool,
) -> tuple[Readings, np.ndarray]:
    """What readers say together of tracks, and the share of their views that say the same, float64 [n]."""
    plate, batches = readers[0].plate, TrackBatches(packed, rows, 32, device)
    slots, agreed = [torch.empty(0, plate.length, len(plate.alphabet), dtype=torch.float64)], [np.empty(0)]
    for batch in bar(batches, "Reading tracks", total=len(batches), disable=not progress):
        each = [torch.stack(list(_views(reader, batch, views))) for reader in readers]  # [views, B, L, A]
        together = weighted_mean([of.mean(0) for of in each], weights).log_softmax(-1)
        texts = read_slots(together, "any", plate).texts
        same = [
            np.array(read_slots(view, "any", plate).texts) == np.array(texts) for of in each for view in of
        ]
        slots.append(together)
        agreed.append(np.mean(same, axis=0))
    return read_slots(torch.cat(slots), "any", plate), np.concatenate(agreed)


@torch.inference_mode()
def _views(reader: Recogniser, batch: Batch, views: int) -> Iterator[Tensor]:
    """What a reader says of each view of whole tracks: slot log-probabilities, float64 [B, L, A], on the CPU."""
    model = reader.model.to(batch.images.device).eval()
    for images in tta_images(batch.images, views):
        output = reader.forward(images, batch.valid, model).float().cpu()
        yield track_slots(read_output(output, batch.valid.cpu(), reader.plate)).double()


def _both(first: Packed, second: Packed) -> Packed:
    shown = None
    if first.shown is not None and second.shown is not None:
        shown = np.concatenate([first.shown, second.shown])
    return replace(
        first,
        images=np.concatenate([first.images, second.images]),
        valid=np.concatenate([first.valid, second.valid]),
        unreadable=first.unreadable + second.unreadable,
        shown=shown,
    )
