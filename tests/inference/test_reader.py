"""Five lines: a reader, frames from anywhere, a reading."""

import cv2
import numpy as np
import pytest
import torch

import lpr_helpers
from lpr_helpers.inference.reader import load_reader
from lpr_helpers.inference.reading import FrameError
from lpr_helpers.models.checkpoints import CheckpointError, Recogniser, save_recogniser
from lpr_helpers.models.registry import ARCHITECTURES
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.dataset import make_track
from tests.support.networks import SMALL


@pytest.fixture(scope="module", params=list(ARCHITECTURES))
def reader(request, tmp_path_factory):
    """A reader of each kind of network."""
    folder = tmp_path_factory.mktemp("reader")
    recogniser = Recogniser.new(BRAZIL, kind=request.param, **SMALL.get(request.param, {}))
    # Fresh weights say nearly nothing, and a tie would hide what an input changes: features ten times as large.
    torch.manual_seed(0)
    norms = [module for module in recogniser.model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.running_var.uniform_(0.5, 2).mul_(10 ** (-2 / len(norms)))
    save_recogniser(recogniser, folder / "best", {})
    return load_reader(folder / "best", device="cpu", precision="no")


@pytest.fixture(scope="module")
def frames():
    """The frames of a synthetic track."""
    return make_track((3, 1), "A", "Mercosur").lr


def same(first, second):
    assert first.text == second.text
    # Fresh weights make much of a grey level, which is how far two ways of decoding a file are apart.
    assert first.confidence == pytest.approx(second.confidence, rel=0.05)


def test_the_package_offers_it():
    assert lpr_helpers.load_reader is load_reader


def test_files_a_folder_and_arrays_are_read_alike(reader, frames, tmp_path):
    folder = tmp_path / "track_00001"
    folder.mkdir()
    for number, frame in enumerate(frames, 1):
        cv2.imwrite(str(folder / f"lr-00{number}.png"), frame[..., ::-1])
        cv2.imwrite(str(folder / f"hr-00{number}.png"), 255 - frame[..., ::-1])
    reading = reader.read(frames)
    same(reader.read(folder), reading)
    same(reader.read(str(folder)), reading)
    same(reader.read(sorted(folder.glob("lr-*"))), reading)
    same(reader.read([frame[..., ::-1] for frame in frames], order="bgr"), reading)


def test_a_reading_says_how_sure_it_is_of_each_character(reader, frames):
    reading = reader.read(frames)
    assert reading.layout in BRAZIL.layouts
    assert BRAZIL.misfit(reading.text, reading.layout) is None
    assert 0 <= reading.confidence <= 1
    assert "".join(character.text for character in reading.characters) == reading.text
    for character in reading.characters:
        values = [value for _, value in character.alternatives]
        assert character.alternatives[0] == (character.text, pytest.approx(character.confidence))
        assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_any_number_of_frames_of_any_size_is_read(reader, frames, count):
    sizes = [(20 + 7 * number, 40 + 11 * number) for number in range(count)]
    some = [cv2.resize(frames[number % 5], size[::-1]) for number, size in enumerate(sizes)]
    assert len(reader.read(some).text) == 7


def test_a_single_array_is_one_frame(reader, frames):
    same(reader.read(frames[0]), reader.read([frames[0]]))


def test_many_tracks_are_read_as_each_alone(reader, frames):
    tracks = [frames, frames[:2], frames[3:4]]
    for together, track in zip(reader.read_many(tracks), tracks, strict=True):
        same(together, reader.read(track))


def test_a_layout_can_be_imposed_or_left_out(reader, frames):
    assert BRAZIL.misfit(reader.read(frames, layout="Brazilian").text, "Brazilian") is None
    free = reader.read(frames, layout=None)
    assert free.layout == ""
    with pytest.raises(ValueError, match="unknown layouts"):
        reader.read(frames, layout="Martian")


def test_a_frame_that_cannot_be_decoded_is_told_and_has_no_say(reader, frames, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no image")
    reading = reader.read([*frames, broken])
    same(reading, reader.read(frames))
    assert reading.skipped == (str(broken),)
    with pytest.raises(FrameError, match=r"no frame could be read of .*broken\.jpg"):
        reader.read(broken)


def test_other_input_is_refused_by_name(reader, frames):
    with pytest.raises(FrameError, match=r"frame 0 is float64 \[20, 40\]"):
        reader.read(np.zeros((20, 40)))
    with pytest.raises(FrameError, match="an empty list"):
        reader.read([])
    with pytest.raises(ValueError, match="rgb"):
        reader.read(frames, order="gbr")


def test_a_folder_without_a_reader_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="holds no usable checkpoint"):
        load_reader(tmp_path)


def test_an_ensemble_is_the_mean_of_its_members(tmp_path, frames):
    folders = [tmp_path / str(seed) for seed in (1, 2)]
    for seed, folder in enumerate(folders):
        save_recogniser(Recogniser.new(BRAZIL, seed, "multiframe", **SMALL["multiframe"]), folder, {})
    alone = [slots_of(load_reader(folder, "cpu", precision="no"), frames) for folder in folders]
    both = slots_of(load_reader(folders, "cpu", precision="no"), frames)
    torch.testing.assert_close(both, torch.stack(alone).mean(0).log_softmax(-1), atol=1e-4, rtol=1e-4)


def slots_of(reader, frames):
    images, _ = reader._prepared(frames, "rgb")
    valid = torch.ones(1, len(images), dtype=torch.bool)
    return reader._readings(torch.from_numpy(images)[None], valid, None).slots


def test_readers_of_every_kind_and_several_poses_join(tmp_path, frames):
    for kind in ARCHITECTURES:
        save_recogniser(Recogniser.new(BRAZIL, kind=kind, **SMALL.get(kind, {})), tmp_path / kind, {})
    reader = load_reader([tmp_path / kind for kind in ARCHITECTURES], "cpu", tta=3)
    assert 0 <= reader.read(frames).confidence <= 1


def test_an_ensemble_reads_one_kind_of_frames(tmp_path):
    for name, channels in (("grey", 1), ("colour", 3)):
        save_recogniser(Recogniser.new(BRAZIL, hidden=16, channels=channels), tmp_path / name, {})
    with pytest.raises(ValueError, match="all in grey or all in colour"):
        load_reader([tmp_path / "grey", tmp_path / "colour"])
