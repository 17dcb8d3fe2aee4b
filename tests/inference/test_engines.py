"""A CPU reads by whatever is fastest there, and never by an ONNX file of other weights."""

import json
import os
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

from lpr_helpers import load_reader
from lpr_helpers.inference import engines
from lpr_helpers.inference.engines import fastest_engine
from lpr_helpers.inference.onnx_member import OnnxMember, load_onnx
from lpr_helpers.inference.reader import PlateReader
from lpr_helpers.models.checkpoints import Recogniser, load_recogniser, save_recogniser
from lpr_helpers.models.shipped_files import ONNX_FILE, SHIPPED
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.synthetic.dataset import make_track
from lpr_helpers.utils import measured
from tests.support.networks import SMALL
from tests.support.robustness import Area

given = Area("Checkpoints")
FLOAT32, BF16, ONNX = "torch, float32", "torch, bf16", "onnxruntime"


pytestmark = pytest.mark.usefixtures("unmeasured")


@pytest.fixture(autouse=True)
def _measures(monkeypatch):
    """A CPU with bf16."""
    monkeypatch.setattr(engines, "multiplies_in_bf16", lambda: True)


@pytest.fixture
def took(monkeypatch):
    """As if reading a track had taken so many seconds, of the ways that there are."""

    def by(**seconds):
        named = dict(zip((FLOAT32, BF16, ONNX), seconds.values(), strict=True))
        monkeypatch.setattr(engines, "_measured", lambda *asked: {way: named[way] for way in asked[2]})

    return by


@pytest.fixture
def copy(tmp_path):
    """The reader in the package, with its ONNX file, in a folder of its own."""
    return shutil.copytree(SHIPPED, tmp_path / "best")


@pytest.mark.parametrize(
    ("float32", "bf16", "onnx", "taken"),
    [(3.0, 2.0, 1.0, ONNX), (3.0, 1.0, 2.0, BF16), (1.0, 2.0, 3.0, FLOAT32), (1.0, 0.97, 0.98, FLOAT32)],
)
def test_what_is_clearly_fastest_reads(took, float32, bf16, onnx, taken):
    took(float32=float32, bf16=bf16, onnx=onnx)
    reader = load_reader(device="cpu")
    assert reader.engine == taken
    assert isinstance(reader.members[0], OnnxMember) == (taken == ONNX)
    assert reader.members[0].digest == load_recogniser(SHIPPED).digest


def test_a_reading_says_the_same_whichever_reads(took):
    track = make_track((4, 1), "B", "Mercosur").lr
    readings = []
    for times in ({"float32": 1, "bf16": 2, "onnx": 2}, {"float32": 2, "bf16": 2, "onnx": 1}):
        took(**times)
        shutil.rmtree(measured.cache_folder(), ignore_errors=True)
        measured._here.clear()
        readings.append(load_reader(device="cpu").read(track))
    one, other = readings
    assert (one.text, one.layout, one.calibration_tracks) == (
        other.text,
        other.layout,
        other.calibration_tracks,
    )
    assert one.confidence == pytest.approx(other.confidence, abs=1e-4)


def test_who_asks_for_a_precision_or_for_several_poses_is_given_torch(took):
    took(float32=2, bf16=3, onnx=1)
    assert load_reader(device="cpu", precision="no").engine == FLOAT32
    assert load_reader(device="cpu", precision="bf16").engine == BF16
    assert load_reader(device="cpu", tta=3).engine == FLOAT32
    assert load_reader(SHIPPED / ONNX_FILE).engine == ONNX
    members = [load_recogniser(SHIPPED)]
    assert PlateReader(members, "cpu", load_reader().calibration).engine == FLOAT32


def test_an_ensemble_is_read_by_files_where_each_member_has_one(took, copy):
    took(float32=2, bf16=3, onnx=1)
    assert load_reader([copy, SHIPPED], "cpu").engine == ONNX
    (copy / ONNX_FILE).unlink()
    assert load_reader([copy, SHIPPED], "cpu").engine == FLOAT32


def other_weights(folder):
    recogniser = load_recogniser(folder)
    with torch.no_grad():
        next(recogniser.model.parameters()).add_(0.1)
    file = (folder / ONNX_FILE).read_bytes()
    save_recogniser(recogniser, folder, recogniser.about)
    (folder / ONNX_FILE).write_bytes(file)


def other_plates(folder):
    file = folder / "model.json"
    told = json.loads(file.read_text())
    told["plate"]["layouts"] = {"Argentine": "LLDDDLL"}
    file.write_text(json.dumps(told))


def damage(folder):
    digest = load_recogniser(folder).digest
    (folder / ONNX_FILE).write_bytes(b"half a file that still names " + digest.encode())


def take_away(folder):
    (folder / ONNX_FILE).unlink()


@pytest.mark.parametrize(
    "change",
    [
        given("a reader.onnx of other weights than the checkpoint beside it", "is not used", other_weights),
        given("a reader.onnx of other layouts than the checkpoint beside it", "is not used", other_plates),
        given("a damaged reader.onnx beside a checkpoint", "is not used", damage),
        given("a checkpoint without a reader.onnx", "is read by torch", take_away),
    ],
)
def test_a_file_that_is_not_the_checkpoint_is_never_read(took, copy, change):
    took(float32=2, bf16=3, onnx=1)
    change(copy)
    reader = load_reader(copy, "cpu")
    assert reader.engine == FLOAT32
    assert list(reader.plate.layouts) == list(load_recogniser(copy).plate.layouts)


@pytest.mark.parametrize("kind", ["multiframe", "crnn"])
def test_measuring_times_all_ways_that_work_and_leaves_the_others_out(monkeypatch, tmp_path, kind):
    monkeypatch.setattr(engines, "BUDGET", 0)
    recogniser = Recogniser.new(BRAZIL, kind=kind, **SMALL[kind])
    choice = fastest_engine([recogniser], [tmp_path]).choice
    assert choice.seconds.keys() == {FLOAT32, BF16}
    measured._here.clear()
    shutil.rmtree(measured.cache_folder())
    with torch.no_grad():
        for weight in recogniser.model.parameters():
            weight.fill_(torch.nan)
    assert fastest_engine([recogniser], [tmp_path]).choice.seconds == {}


def test_the_readers_own_file_is_measured_too(monkeypatch):
    monkeypatch.setattr(engines, "BUDGET", 0)
    choice = fastest_engine([load_recogniser(SHIPPED)], [SHIPPED]).choice
    assert choice.seconds.keys() == {FLOAT32, BF16, ONNX}


def test_without_measuring_torch_reads_in_float32(monkeypatch):
    monkeypatch.setenv(measured.SWITCH, "no")
    assert load_reader(device="cpu").engine == FLOAT32
    assert load_reader(device="cpu", plate=PlateFormat(layouts={"Argentine": "LLDDDLL"})).engine == FLOAT32


def test_a_reader_can_be_sent_to_another_process():
    reader = load_reader(SHIPPED / ONNX_FILE)
    track = make_track((4, 1), "B", "Mercosur").lr
    assert pickle.loads(pickle.dumps(reader)).read(track).text == reader.read(track).text


given.note("a process forked after a reading by onnxruntime, with two threads", "reads as its parent does")


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="a system whose own libraries survive no fork"
)
def test_a_process_forked_after_a_reading_by_onnxruntime_reads_too():
    program = f"""
import multiprocessing, numpy as np
from lpr_helpers import load_reader
reader = load_reader({str(SHIPPED / ONNX_FILE)!r})
frames = np.random.default_rng(0).integers(0, 255, (5, 20, 44), dtype=np.uint8)
here = reader.read(frames)
def read(frames):  # by the session that the parent made
    return reader.read_many([frames] * 40)[0]
with multiprocessing.get_context("fork").Pool(1) as pool:
    for there in [*pool.map_async(read, [frames] * 2).get(60), *pool.map_async(reader.read, [frames]).get(60)]:
        assert there.text == here.text, (there, here)
assert reader.read(frames).text == here.text
"""
    environment = os.environ | {"OMP_NUM_THREADS": "2"}
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120, env=environment)


def test_a_file_computes_with_as_many_threads_as_it_is_told():
    images, valid = np.zeros((1, 2, 1, 32, 128), np.uint8), np.ones((1, 2), bool)
    one, two = (load_onnx(SHIPPED / ONNX_FILE, threads).slots(images, valid) for threads in (1, 2))
    np.testing.assert_allclose(one, two, atol=1e-4)
