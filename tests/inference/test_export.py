"""A reader as an ONNX file reads what the reader reads, whatever its network, and says what it is."""

import json

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from lpr_helpers import __version__, load_reader
from lpr_helpers.evaluation.kept_calibration import CALIBRATION_FILE, calibration_of, load_calibration
from lpr_helpers.inference import export as module
from lpr_helpers.inference.export import export_reader
from lpr_helpers.inference.export_check import check_export
from lpr_helpers.inference.network_slots import NetworkSlots
from lpr_helpers.inference.onnx_member import load_onnx
from lpr_helpers.models.checkpoints import Recogniser, load_recogniser, save_recogniser
from lpr_helpers.models.registry import ARCHITECTURES
from lpr_helpers.models.shipped_files import ONNX_FILE, SHIPPED, CheckpointError
from lpr_helpers.plates import BRAZIL, PlateFormat
from tests.support.modalities import FORMATS
from tests.support.networks import FORWARDS, SMALL

SHORT = PlateFormat("01ABÇ", {"Mine": "LLD", "Other": "L*D"})
KINDS = [
    kind if kind in FORWARDS else pytest.param(kind, marks=pytest.mark.slow) for kind in sorted(ARCHITECTURES)
]


def checkpoint(folder, kind="multiframe", plate=BRAZIL, made_of=None, **network):
    """A network with fresh weights, whose batch normalisation is not as it began."""
    recogniser = Recogniser.new(plate, kind=kind, frame_format=made_of, **SMALL.get(kind, {}) | network)
    torch.manual_seed(0)
    for norm in recogniser.model.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.running_var.uniform_(0.5, 2)
            norm.running_mean.uniform_(-0.5, 0.5)
    save_recogniser(recogniser, folder, {})
    return folder


def tracks(count, frames, channels=1):
    """Noise, and which of it is there; every track has its first frame."""
    rng = np.random.default_rng(count * frames)
    valid = rng.random((count, frames)) < 0.7
    valid[:, 0] = True
    return rng.integers(0, 256, (count, frames, channels, 32, 128), dtype=np.uint8), valid


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("plate", [BRAZIL, SHORT], ids=["Brazil", "own plates"])
def test_the_file_says_what_the_network_says_of_any_number_of_tracks_and_frames(tmp_path, kind, plate):
    folder = checkpoint(tmp_path / "best", kind, plate)
    file = load_onnx(export_reader(folder, tmp_path / "reader.onnx"))
    network = NetworkSlots([load_recogniser(folder)], "cpu", precision="no")
    for count, frames in ((1, 1), (1, 5), (4, 2), (3, 9)):
        images, valid = tracks(count, frames)
        found, expected = file.slots(images, valid), network(images, valid).numpy()
        np.testing.assert_allclose(np.exp(found), np.exp(expected), atol=1e-4)


@pytest.mark.parametrize("name", ["grey and infrared", "infrared alone", "rectified", "all of it"])
def test_whatever_frames_are_made_of_the_file_takes_it(tmp_path, name):
    folder = checkpoint(tmp_path / "best", made_of=FORMATS[name])
    file = load_onnx(export_reader(folder, tmp_path / "reader.onnx"))
    assert file.frame_format == FORMATS[name]
    network = NetworkSlots([load_recogniser(folder)], "cpu", precision="no")
    for count, frames in ((1, 1), (3, 4)):
        images, valid = tracks(count, frames, file.frame_format.channels)
        found, expected = file.slots(images, valid), network(images, valid).numpy()
        np.testing.assert_allclose(np.exp(found), np.exp(expected), atol=1e-4)


def test_a_track_without_a_frame_is_no_reason_to_stop(tmp_path):
    file = load_onnx(export_reader(checkpoint(tmp_path / "best"), tmp_path / "reader.onnx"))
    images, valid = tracks(2, 3)
    assert np.isfinite(file.slots(images, valid & [[True], [False]])).all()


def test_colour_is_read_in_colour(tmp_path):
    folder = checkpoint(tmp_path / "best", channels=3)
    frames = list(np.random.default_rng(0).integers(0, 256, (2, 20, 50, 3), dtype=np.uint8))
    reading = load_reader(export_reader(folder, tmp_path / "reader.onnx")).read(frames)
    expected = load_reader(folder, "cpu", precision="no").read(frames)
    np.testing.assert_allclose(np.exp(reading.slots), expected.slots.exp(), atol=1e-4)


def test_the_file_says_what_it_is(tmp_path):
    folder = checkpoint(tmp_path / "best", plate=SHORT)
    model = onnx.load(export_reader(folder, tmp_path / "reader.onnx"))
    onnx.checker.check_model(model)
    notes = {note.key: note.value for note in model.metadata_props}
    assert PlateFormat(**json.loads(notes["plate"])) == SHORT
    assert notes["version"] == __version__
    assert notes["digest"] == load_recogniser(folder).digest
    assert notes["calibration"] == ""
    assert "grey" in notes["frames"]


def test_the_same_checkpoint_gives_the_same_file(tmp_path):
    folder = checkpoint(tmp_path / "best")
    one, two = (export_reader(folder, tmp_path / name).read_bytes() for name in ("a.onnx", "b.onnx"))
    assert one == two


def test_half_precision_halves_the_file_and_hardly_changes_what_is_read(tmp_path):
    folder = checkpoint(tmp_path / "best")
    whole, half = (export_reader(folder, tmp_path / f"{half}.onnx", half=half) for half in (False, True))
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    found, expected = (load_onnx(file).slots(*tracks(2, 3)) for file in (half, whole))
    np.testing.assert_allclose(np.exp(found), np.exp(expected), atol=1e-2)


def test_a_network_whose_graph_reads_other_sizes_wrong_is_not_exported(tmp_path, monkeypatch):
    class Fixed(module.Exported):
        def forward(self, images, valid):
            return {name: value * len(images) for name, value in super().forward(images, valid).items()}

    monkeypatch.setattr(module, "Exported", Fixed)
    with pytest.raises(RuntimeError, match="1 tracks of 1 frames"):
        export_reader(checkpoint(tmp_path / "best"), tmp_path / "reader.onnx")
    assert not (tmp_path / "reader.onnx").exists()


def test_a_network_that_no_graph_can_hold_says_so(tmp_path, monkeypatch):
    class Unheard(module.Exported):
        def forward(self, images, valid):
            return {name: value.lgamma() for name, value in super().forward(images, valid).items()}

    monkeypatch.setattr(module, "Exported", Unheard)
    with pytest.raises(RuntimeError, match="multiframe cannot be exported"):
        export_reader(checkpoint(tmp_path / "best"), tmp_path / "reader.onnx")
    assert not (tmp_path / "reader.onnx").exists()


def test_no_checkpoint_no_file(tmp_path):
    with pytest.raises(CheckpointError):
        export_reader(tmp_path, tmp_path / "reader.onnx")
    assert not (tmp_path / "reader.onnx").exists()


def test_the_file_in_the_package_holds_the_weights_and_the_calibration_beside_it():
    """Else: lpr-helpers export."""
    notes = {note.key: note.value for note in onnx.load(SHIPPED / ONNX_FILE).metadata_props}
    assert notes["digest"] == load_recogniser(SHIPPED).digest
    assert calibration_of(json.loads(notes["calibration"])) == load_calibration(SHIPPED / CALIBRATION_FILE)


@pytest.mark.slow
def test_the_file_in_the_package_reads_drawn_tracks_as_the_weights_do():
    found = check_export(None, SHIPPED / ONNX_FILE, 40)
    assert (found.tracks, found.equal) == (40, 1.0)
    assert found.difference < 1e-3
    assert found.confidence < 1e-3
    assert "40 synthetic tracks" in str(found)
