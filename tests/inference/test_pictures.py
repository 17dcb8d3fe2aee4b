"""Pictures of packed frames and of files."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from lpr_helpers.inference.pictures import enlarge, read_pictures, super_resolve
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.plates import BRAZIL
from tests.support.networks import SMALL
from tests.support.noise import sparse_noise, wide_noise_data


@pytest.fixture(scope="module")
def recogniser():
    return Recogniser.new(BRAZIL, kind="sr-multiframe", **SMALL["sr-multiframe"])


def test_every_frame_that_is_there_has_a_picture(recogniser):
    packed = sparse_noise()
    pictures = super_resolve(recogniser, packed, [2, 0, 1], device="cpu", progress=False)
    assert (pictures.images.shape, pictures.images.dtype) == ((3, 5, 1, 64, 256), np.uint8)
    assert (pictures.valid == packed.valid[[2, 0, 1]]).all()
    assert ((pictures.images.max((2, 3, 4)) > 0) == pictures.valid).all()
    small = super_resolve(recogniser, packed, [0], size=(32, 128), device="cpu", progress=False)
    assert np.corrcoef(small.images.ravel(), packed.images[0].ravel())[0, 1] > 0.95
    assert super_resolve(recogniser, packed, [], device="cpu", progress=False).images.shape[0] == 0


def test_further_modalities_are_interpolated(recogniser):
    packed = sparse_noise()
    both = replace(packed, images=packed.images.repeat(2, axis=2))
    light, heat = super_resolve(recogniser, both, [0], device="cpu", progress=False).images[0].swapaxes(0, 1)
    alone = super_resolve(recogniser, packed, [0], device="cpu", progress=False).images[0, :, 0]
    assert (light == alone).all()
    assert np.corrcoef(light.ravel(), heat.ravel())[0, 1] > 0.99, "as light, where nothing is learnt yet"


def test_a_reader_of_frames_reads_pictures(recogniser):
    reader = Recogniser.new(BRAZIL, kind="multiframe", **SMALL["multiframe"])
    results = read_pictures(reader, recogniser, wide_noise_data(), [6, 2], device="cpu", progress=False)
    assert list(results["track_id"]) == ["track_00006", "track_00002"]
    assert results["confidence"].between(0, 1).all()
    with pytest.raises(ValueError, match="reads frames as they are"):
        read_pictures(reader, reader, wide_noise_data(), [6], device="cpu", progress=False)


def test_pictures_of_files_have_the_aspect_of_their_frames(recogniser, tmp_path):
    for name, size in (("lr-001.png", (20, 44, 3)), ("lr-002.png", (40, 90, 3))):
        cv2.imwrite(str(tmp_path / name), np.full(size, 90, np.uint8))
    files = [tmp_path / name for name in ("lr-001.png", "gone.png", "lr-002.png")]
    first, gone, second = enlarge(recogniser, files)
    assert gone is None
    assert (first.shape, second.shape) == ((64, 141), (80, 180))
    assert abs(int(np.median(first)) - 90) <= 1
    assert enlarge(recogniser, [tmp_path / "gone.png"]) == [None]
