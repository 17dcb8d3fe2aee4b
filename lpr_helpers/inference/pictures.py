"""Pictures that super-resolution makes of frames: to look at, and to be read by a reader of frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from lpr_helpers.data.batches import TrackBatches, to_float
from lpr_helpers.data.frame_stack import stacked
from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.inference.tables import read_rows
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.super_resolution import bicubic
from lpr_helpers.models.super_resolved import super_resolution_of
from lpr_helpers.utils.devices import best_device
from lpr_helpers.utils.images import SIZES, in_channels, read_image, resize
from lpr_helpers.utils.progress import bar
from lpr_helpers.utils.resampling import resized_by_area


def super_resolve(
    recogniser: Recogniser,
    packed: Packed,
    rows: ArrayLike,
    *,
    size: tuple[int, int] | None = None,
    batch_size: int = 8,
    device: str | torch.device | None = None,
    progress: bool = True,
) -> Packed:
    """The frames of the tracks ``rows`` of ``packed`` as the recogniser's super-resolution sees them, in that order.

    size: (height, width) to bring the pictures to, by area; None leaves them as they are made, twice as large as the
    frames. Pictures of missing frames are 0. Where frames have more channels than the recogniser's, further modalities,
    these are interpolated. Raises ValueError for a recogniser without super-resolution.
    """
    if packed.images.shape[2] > recogniser.frame_format.channels:  # of light alone
        packed = packed.first
    batches = TrackBatches(packed, rows, batch_size, device or best_device())
    network, light = (
        super_resolution_of(recogniser.model).to(batches.device).eval(),
        recogniser.network["channels"],
    )
    made = [np.zeros((0, *packed.images.shape[1:3], *(size or SIZES["hr"])), np.uint8)]
    for batch in bar(batches, "Enlarging", total=len(batches), disable=not progress, leave=False):
        with torch.inference_mode():
            pictures, others = network(batch.images[:, :, :light], batch.valid), batch.images[:, :, light:]
            if others.shape[2]:
                others = bicubic(others.flatten(0, 1)).unflatten(0, tuple(batch.valid.shape))
                pictures = torch.cat((pictures, others), 2)
            made.append(_as_bytes(pictures * batch.valid[..., None, None, None], size))
    return Packed(
        np.concatenate(made if len(made) == 1 else made[1:]), packed.valid[np.asarray(rows, np.int64)]
    )


def read_pictures(
    reader: Recogniser,
    recogniser: Recogniser,
    data: TrackData,
    rows: ArrayLike,
    *,
    device: str | torch.device | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """What ``reader``, a reader of frames, reads of the pictures that another's super-resolution makes: results.

    The pictures are brought back to the size of the frames, so that only what is in them differs. A reader that was
    trained on pictures reads those by itself, with `read_rows`.
    """
    rows = np.asarray(rows, dtype=np.int64)
    size = (data.lr.images.shape[-2], data.lr.images.shape[-1])
    pictures = super_resolve(recogniser, data.lr, rows, size=size, device=device, progress=progress)
    beside = data.lr.images[rows][:, :, pictures.images.shape[2] :]
    if beside.shape[2]:
        pictures = replace(pictures, images=np.concatenate([pictures.images, beside], axis=2))
    sharper = replace(data, table=data.table.iloc[rows].reset_index(drop=True), lr=pictures, hr=None)
    return read_rows(reader, sharper, np.arange(len(rows)), device=device, progress=progress)[0]


def enlarge(recogniser: Recogniser, files: Sequence[str | Path]) -> list[np.ndarray | None]:
    """The pictures of one track's frames, each in its frame's own aspect; None for files that cannot be read.

    uint8 [h, w, 3] or [h, w], twice as high as the frame, 64 pixels at least.

    Raises ValueError for a recogniser without super-resolution.
    """
    network, images = super_resolution_of(recogniser.model).eval(), [read_image(file) for file in files]
    found = [image for image in images if image is not None]
    if not found:
        return [None] * len(images)
    made_of = replace(recogniser.frame_format, modalities=(), visible=True)
    frames = [stacked([in_channels(image, made_of.colour)], made_of, SIZES["lr"]) for image in found]
    device = next(network.parameters()).device
    with torch.inference_mode():
        valid = torch.ones(1, len(frames), dtype=torch.bool, device=device)
        made = iter(_as_bytes(network(to_float(np.stack(frames)[None], device), valid), None)[0])
    return [None if image is None else _in_aspect(next(made), image) for image in images]


def _as_bytes(pictures: Tensor, size: tuple[int, int] | None) -> np.ndarray:
    """Pictures [B, F, C, H, W], about in 0…1, as uint8, in another (height, width) where one is given."""
    pictures = pictures.float().clamp(0, 1)
    if size:
        pictures = resized_by_area(pictures.flatten(0, 1), size).unflatten(0, tuple(pictures.shape[:2]))
    return (255 * pictures).round().byte().cpu().numpy()


def _in_aspect(picture: np.ndarray, image: np.ndarray) -> np.ndarray:
    """A picture [C, H, W] in the shape of the frame [h, w, 3] that it shows, at twice its size or its own height."""
    height, width = image.shape[:2]
    larger = max(2.0, picture.shape[1] / height)
    pixels = picture[0] if len(picture) == 1 else np.ascontiguousarray(picture.transpose(1, 2, 0))
    return resize(pixels, (round(larger * height), round(larger * width)))
