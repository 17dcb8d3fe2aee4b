"""Read a plate from its frames, in a line: `load_reader` and `PlateReader.read`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from lpr_helpers.calibration import Calibration, load_calibration
from lpr_helpers.checkpoints import SHIPPED, Recogniser, load_recogniser
from lpr_helpers.decoding import Readings, read_frames
from lpr_helpers.devices import best_device
from lpr_helpers.folders import ENDINGS
from lpr_helpers.frames import SIZES, load_frame, resize
from lpr_helpers.fusion import fuse, read_slots

ALTERNATIVES = 3


class FrameError(ValueError):
    """Frames that cannot be read; the message names them."""


@dataclass(frozen=True)
class Character:
    """One place of the plate. alternatives: the likeliest characters with their probabilities, likeliest first."""

    text: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Reading:
    """What was read of one plate.

    confidence: probability that all of ``text`` is right, 0…1. layout: the one it was read as, "" where none was
    imposed. characters: one a place. skipped: frames that could not be decoded, and had no say.
    """

    text: str
    confidence: float
    layout: str
    characters: tuple[Character, ...]
    skipped: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.text} ({self.layout or 'any layout'}, {self.confidence:.1%})"


def load_reader(folder: str | Path | None = None, device: str | torch.device | None = None) -> PlateReader:
    """The reader in the package, or the one that a training left in ``folder`` (such as ``phase1/best``).

    device: the best at hand where None. Raises CheckpointError where the folder holds no reader.
    """
    folder = Path(folder) if folder else SHIPPED
    file = folder / "calibration.json"
    calibration = load_calibration(file) if file.exists() else Calibration()
    return PlateReader(load_recogniser(folder), torch.device(device or best_device()), calibration)


class PlateReader:
    """A recogniser with what is needed to read frames from anywhere. Make one with `load_reader`."""

    def __init__(self, recogniser: Recogniser, device: torch.device, calibration: Calibration):
        self.recogniser, self.device, self.calibration = recogniser, device, calibration
        self.model = recogniser.model.to(device, memory_format=torch.channels_last).eval()

    def read(self, frames, *, layout: str | None = "any", order: str = "rgb") -> Reading:
        """Read one plate.

        Parameters
        ----------
        frames: a track's folder, of which the LR frames are read (all images, where none is called lr-…); or one
            frame, or several of the same plate: image files, or arrays uint8 [h, w] grey or [h, w, 3], of any size.
        layout: "any" tries all layouts of the plate format and takes the likeliest; a layout's name imposes it; None
            allows any character anywhere.
        order: of an array's colours, "rgb" or, as OpenCV has them, "bgr".

        Raises FrameError where no frame can be read, ValueError for an unknown layout or order.
        """
        return self.read_many([frames], layouts=layout, order=order)[0]

    def read_many(
        self, tracks: Sequence, *, layouts: str | Sequence[str] | None = "any", order: str = "rgb"
    ) -> list[Reading]:
        """Read one plate from each of ``tracks``, all at once: each as `read` takes it, and as exactly as one by one.

        layouts: one for all, as in `read`, or a sequence with one name for each track, "" for none.
        """
        if order not in ("rgb", "bgr"):
            raise ValueError(f'order is {order!r}; arrays are "rgb" or "bgr"')
        prepared = [self._prepared(track, order) for track in tracks]
        longest = max(len(images) for images, _ in prepared)
        images = np.zeros((len(prepared), longest, *prepared[0][0].shape[1:]), dtype=np.uint8)
        valid = torch.zeros(images.shape[:2], dtype=torch.bool)
        for row, (found, _) in enumerate(prepared):
            images[row, : len(found)], valid[row, : len(found)] = found, True
        if isinstance(layouts, str) and layouts != "any":
            layouts = [layouts] * len(prepared)
        readings = self._readings(torch.from_numpy(images), valid, layouts)
        confidences = self.calibration.plate(readings.confidence.double().numpy())
        return [
            self._reading(readings, row, float(confidences[row]), tuple(skipped))
            for row, (_, skipped) in enumerate(prepared)
        ]

    @torch.inference_mode()
    def _readings(self, images: torch.Tensor, valid: torch.Tensor, layouts) -> Readings:
        pixels = images.to(self.device).float() / 255
        look, plate = self.recogniser.reader.look, self.recogniser.plate
        logits, joint = look(self.model, pixels, valid.to(self.device))
        if joint is not None:
            return read_slots(joint, layouts, plate)
        frames = read_frames(logits.cpu(), valid.shape[1], plate, valid=valid)
        return fuse(frames, plate=plate, layouts=layouts)

    def _reading(self, readings: Readings, row: int, confidence: float, skipped: tuple[str, ...]) -> Reading:
        likeliest = readings.slots[row].exp().topk(ALTERNATIVES)
        alphabet, characters = self.recogniser.plate.alphabet, []
        for place, text in enumerate(readings.texts[row]):
            values, chosen = likeliest.values[place].tolist(), likeliest.indices[place].tolist()
            pairs = tuple((alphabet[index], value) for value, index in zip(values, chosen, strict=True))
            characters.append(Character(text, float(readings.slots[row, place].max().exp()), pairs))
        return Reading(readings.texts[row], confidence, readings.layouts[row], tuple(characters), skipped)

    def _prepared(self, frames, order: str) -> tuple[np.ndarray, list[str]]:
        """The frames of a track that can be read, uint8 [F, C, H, W], and the names of the others."""
        if isinstance(frames, (str, Path)):
            frames = _files(Path(frames)) if Path(frames).is_dir() else [frames]
        elif isinstance(frames, np.ndarray) and frames.ndim < 4:
            frames = [frames]
        found, skipped = [], []
        for number, frame in enumerate(frames):
            image = self._frame(frame, order, number)
            skipped += [] if image is not None else [str(frame)]
            found += [] if image is None else [image]
        if not found:
            raise FrameError(
                f"no frame could be read of {', '.join(skipped) or 'an empty list of frames'}: expected image files, "
                "or arrays uint8 [h, w] or [h, w, 3]"
            )
        return np.stack(found), skipped

    def _frame(self, frame, order: str, number: int) -> np.ndarray | None:
        size, colour = SIZES["lr"], self.recogniser.colour
        if isinstance(frame, (str, Path)):
            return load_frame(frame, size, colour)
        image = np.asarray(frame)
        if image.dtype != np.uint8 or image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
            raise FrameError(
                f"frame {number} is {image.dtype} {list(image.shape)}; give uint8 [h, w] grey or [h, w, 3] {order}"
            )
        if colour:
            image = (
                np.stack([image] * 3, -1) if image.ndim == 2 else image[..., :: 1 if order == "rgb" else -1]
            )
            return np.ascontiguousarray(resize(np.ascontiguousarray(image), size).transpose(2, 0, 1))
        if image.ndim == 3:
            image = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY if order == "rgb" else cv2.COLOR_BGR2GRAY)
        return resize(np.ascontiguousarray(image), size)[None]


def _files(folder: Path) -> list[Path]:
    images = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    return [path for path in images if path.name.lower().startswith("lr-")] or images
