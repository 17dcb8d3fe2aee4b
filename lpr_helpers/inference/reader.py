"""Read a plate from its frames, in a line: `load_reader` and `PlateReader.read`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from lpr_helpers.data.folders import ENDINGS
from lpr_helpers.decoding.layouts import read_slots
from lpr_helpers.decoding.readings import Readings, read_output
from lpr_helpers.decoding.slot_fusion import track_slots
from lpr_helpers.evaluation.calibration import Calibration, load_calibration
from lpr_helpers.inference.reading import Character, FrameError, Reading
from lpr_helpers.models.checkpoints import SHIPPED, Recogniser, load_recogniser
from lpr_helpers.models.folding import folded
from lpr_helpers.transforms.tta import tta_images
from lpr_helpers.utils.devices import best_device
from lpr_helpers.utils.images import SIZES, load_frame, resize

Frame = str | Path | np.ndarray
ALTERNATIVES = 3


def load_reader(
    folder: str | Path | Sequence[str | Path] | None = None,
    device: str | torch.device | None = None,
    *,
    tta: int = 1,
    precision: str | None = None,
) -> PlateReader:
    """The reader in the package, or the one that a training left in ``folder`` (such as ``phase1/best``).

    folder: several make an ensemble, whose log-probabilities are averaged. device: the best at hand where None. tta:
    how often each track is read, slightly moved (test-time augmentation, `tta.tta_images`), averaged too. precision:
    "no" for float32, "bf16", "fp16"; None takes the fastest of the device.

    Raises CheckpointError where a folder holds no reader, ValueError for readers of different plates.
    """
    if folder is None or isinstance(folder, (str, Path)):
        folders = [Path(folder) if folder else SHIPPED]
    else:
        folders = [Path(one) for one in folder]
    file = folders[0] / "calibration.json"
    plain = len(folders) == tta == 1
    calibration = load_calibration(file) if plain and file.exists() else Calibration()
    members = [load_recogniser(one) for one in folders]
    return PlateReader(members, torch.device(device or best_device()), calibration, tta, precision)


class PlateReader:
    """One or more recognisers with what is needed to read frames from anywhere. Make one with `load_reader`."""

    def __init__(
        self,
        members: Sequence[Recogniser],
        device: torch.device,
        calibration: Calibration,
        tta: int = 1,
        precision: str | None = None,
    ) -> None:
        if len({(member.plate.alphabet, member.plate.length, member.colour) for member in members}) != 1:
            raise ValueError(
                "the readers of an ensemble have to read the same plates, all in grey or all in colour"
            )
        self.members, self.device, self.calibration, self.tta = members, device, calibration, tta
        self.plate, self.colour = members[0].plate, members[0].colour
        self.models = [folded(member.model, device, precision) for member in members]

    def read(
        self, frames: Frame | Sequence[Frame], *, layout: str | None = "any", order: str = "rgb"
    ) -> Reading:
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
        self,
        tracks: Sequence[Frame | Sequence[Frame]],
        *,
        layouts: str | Sequence[str] | None = "any",
        order: str = "rgb",
    ) -> list[Reading]:
        """Read one plate from each of ``tracks``, all at once; each is given, and read, as by `read`.

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
    def _readings(self, images: Tensor, valid: Tensor, layouts: str | Sequence[str] | None) -> Readings:
        valid, plate = valid.to(self.device), self.plate
        versions = tta_images(images.to(self.device).float() / 255, self.tta)
        slots = [
            self._slots(member, model, pixels, valid)
            for member, model in zip(self.members, self.models, strict=True)
            for pixels in versions
        ]
        return read_slots(torch.stack(slots).mean(0), layouts, plate)

    def _slots(self, member: Recogniser, model: nn.Module, pixels: Tensor, valid: Tensor) -> Tensor:
        """What one recogniser makes of tracks: slot log-probabilities [B, L, A], on the CPU."""
        output = member.architecture.forward(model, pixels, valid).float()
        if output.slot_logits is not None:
            return output.slot_logits.log_softmax(-1).cpu()
        return track_slots(read_output(output.cpu(), valid.cpu(), self.plate))

    def _reading(self, readings: Readings, row: int, confidence: float, skipped: tuple[str, ...]) -> Reading:
        likeliest = readings.slots[row].exp().topk(ALTERNATIVES)
        alphabet, characters = self.plate.alphabet, []
        for place, text in enumerate(readings.texts[row]):
            values, chosen = likeliest.values[place].tolist(), likeliest.indices[place].tolist()
            pairs = tuple((alphabet[index], value) for value, index in zip(values, chosen, strict=True))
            characters.append(Character(text, float(readings.slots[row, place].max().exp()), pairs))
        return Reading(readings.texts[row], confidence, readings.layouts[row], tuple(characters), skipped)

    def _prepared(self, frames: Frame | Sequence[Frame], order: str) -> tuple[np.ndarray, list[str]]:
        """The frames of a track that can be read, uint8 [F, C, H, W], and the names of the others."""
        found, skipped = [], []
        for number, frame in enumerate(_several(frames)):
            image = self._frame(frame, order, number)
            skipped += [] if image is not None else [str(frame)]
            found += [] if image is None else [image]
        if not found:
            raise FrameError(
                f"no frame could be read of {', '.join(skipped) or 'an empty list of frames'}: expected image files, "
                "or arrays uint8 [h, w] or [h, w, 3]"
            )
        return np.stack(found), skipped

    def _frame(self, frame: Frame, order: str, number: int) -> np.ndarray | None:
        size, colour = SIZES["lr"], self.colour
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


def _several(frames: Frame | Sequence[Frame]) -> Sequence[Frame] | np.ndarray:
    """The frames that `PlateReader.read` was given in one of its ways."""
    if isinstance(frames, (str, Path)):
        return _files(Path(frames)) if Path(frames).is_dir() else [frames]
    return [frames] if isinstance(frames, np.ndarray) and frames.ndim < 4 else frames


def _files(folder: Path) -> list[Path]:
    images = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    return [path for path in images if path.name.lower().startswith("lr-")] or images
