"""ONNX files in place of checkpoints: the same five lines, and no torch."""

import subprocess
import sys

import numpy as np
import onnx
import pytest

from lpr_helpers import load_reader
from lpr_helpers.decoding.text_prior import learn_prior
from lpr_helpers.inference import onnx_member
from lpr_helpers.models.shipped_files import ONNX_FILE, SHIPPED, CheckpointError
from lpr_helpers.plates import PlateFormat
from lpr_helpers.synthetic.dataset import make_track
from tests.support import ROOT
from tests.support.robustness import Area

given = Area("Checkpoints")
FILE = SHIPPED / ONNX_FILE


@pytest.fixture(scope="module")
def frames():
    return [make_track((4, number), "B", "Mercosur").lr for number in range(4)]


@pytest.mark.parametrize("layout", ["any", "Mercosur", None])
def test_a_reading_is_the_same_to_the_last_alternative(frames, layout):
    with_torch, without = load_reader(device="cpu", precision="no"), load_reader(FILE)
    for one in frames:
        expected, found = (reader.read(one, layout=layout) for reader in (with_torch, without))
        assert (found.text, found.layout, found.skipped) == (expected.text, expected.layout, ())
        assert found.calibration_tracks == expected.calibration_tracks
        assert found.confidence == pytest.approx(expected.confidence, abs=1e-4)
        assert found.confidence <= found.weakest.confidence
        for one_place, other in zip(found.characters, expected.characters, strict=True):
            assert one_place.text == other.text
            assert one_place.confidence == pytest.approx(other.confidence, abs=1e-3)
            assert one_place.alternatives[0][0] == other.alternatives[0][0]


def test_many_tracks_other_layouts_priors_and_ensembles(frames):
    reader = load_reader(FILE)
    assert [one.text for one in reader.read_many(frames)] == [reader.read(one).text for one in frames]
    argentine = load_reader(FILE, plate=PlateFormat(layouts={"Argentine": "LLDDDLL"})).read(frames[0])
    assert argentine.layout == "Argentine"
    assert not argentine.calibrated
    prior = learn_prior(["ABC1D23", "KLM4567"])
    assert not load_reader(FILE, prior=prior).read(frames[0]).calibrated
    two = load_reader([FILE, FILE]).read(frames[0])
    np.testing.assert_allclose(two.slots, reader.read(frames[0]).slots, atol=1e-5)
    assert not two.calibrated


@pytest.mark.parametrize(
    ("options", "says"),
    [
        given('load_reader("x.onnx", device="cuda")', "ValueError", {"device": "cuda"}, "on the CPU"),
        given('load_reader("x.onnx", tta=5)', "ValueError", {"tta": 5}, "takes torch"),
        given('load_reader("x.onnx", precision="fp16")', "ValueError", {"precision": "fp16"}, "float32"),
        given(
            "an ensemble of an ONNX file and a checkpoint",
            "ValueError",
            {"folder": [FILE, SHIPPED]},
            "all ONNX",
        ),
    ],
)
def test_what_only_torch_can_do_is_said(options, says):
    with pytest.raises(ValueError, match=says):
        load_reader(**{"folder": FILE} | options)


def other_notes(**notes):
    model = onnx.load(FILE)
    told = {note.key: note.value for note in model.metadata_props} | notes
    onnx.helper.set_model_props(model, told)
    return model.SerializeToString()


@pytest.mark.parametrize(
    "content",
    [
        given("an empty file .onnx", "CheckpointError", b""),
        given("a file .onnx cut in half", "CheckpointError", FILE.read_bytes()[: FILE.stat().st_size // 2]),
        given("an ONNX file of another release", "CheckpointError", other_notes(format="0")),
        given(
            "an ONNX file of other plates than it says",
            "CheckpointError",
            other_notes(plate='{"alphabet": "AB1"}'),
        ),
        given("an ONNX file that says nothing", "CheckpointError", other_notes(plate="")),
    ],
)
def test_a_file_that_holds_no_reader_says_so(tmp_path, content):
    file = tmp_path / "reader.onnx"
    file.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"reader\.onnx holds no reader .* export it again"):
        load_reader(file)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CheckpointError, match="holds no reader"):
        load_reader(tmp_path / "reader.onnx")


def test_without_torch_a_folder_is_read_by_its_file_or_says_what_it_takes(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_member, "find_spec", lambda _: None)
    assert isinstance(load_reader().members[0], onnx_member.OnnxMember)
    with pytest.raises(CheckpointError, match=r'pip install "lpr-helpers\[train\]"'):
        load_reader(tmp_path)


WITHOUT = """
import sys
from lpr_helpers import load_reader
print(load_reader(sys.argv[1]).read(sys.argv[2]).text)
slow = {"torch", "pandas", "scipy", "sklearn", "safetensors", "onnx", "tqdm"}
sys.exit(", ".join(slow & set(sys.modules)) or 0)
"""


def test_reading_loads_nothing_that_is_slow():
    track = next((ROOT / "tests" / "fixture" / "train").rglob("track_*"))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(FILE), str(track)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.strip()) == 7
