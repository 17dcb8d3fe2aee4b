"""Five lines: a reader, frames from anywhere, a reading."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import torch

import lpr_helpers
from lpr_helpers.inference import reader as module
from lpr_helpers.inference.reader import load_reader
from lpr_helpers.inference.reading import FrameError
from lpr_helpers.models.checkpoints import Recogniser, save_recogniser
from lpr_helpers.models.shipped_files import CheckpointError
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.dataset import make_track
from tests.support.networks import FORWARDS, SMALL
from tests.support.robustness import Area

given = Area("Tracks to read")


@pytest.fixture(scope="module", params=FORWARDS)
def reader(request, tmp_path_factory):
    """A reader of each kind, by how tracks pass through its network."""
    folder = tmp_path_factory.mktemp("reader")
    recogniser = Recogniser.new(BRAZIL, kind=request.param, **SMALL[request.param])
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
    assert reading.skipped == (f"{broken}: the file cannot be decoded as an image",)
    with pytest.raises(
        FrameError, match=r"no frame could be read \(.*broken\.jpg: the file cannot be decoded"
    ):
        reader.read(broken)


def test_other_input_is_refused_by_name(reader, frames):
    with pytest.raises(FrameError, match=r"frame 0: float64 from 2 to 2"):
        reader.read(np.full((20, 40), 2.0))
    with pytest.raises(FrameError, match="it holds none"):
        reader.read([])
    with pytest.raises(ValueError, match="rgb"):
        reader.read(frames, order="gbr")


GREY = np.random.default_rng(0).integers(0, 255, (12, 20, 44), dtype=np.uint8)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        given(
            "a path to nowhere among the tracks",
            "an unread reading in its place",
            "/nowhere.jpg",
            "no such file",
        ),
        given("a crop without height", "an unread reading in its place", GREY[0, :0], "44 × 0 pixels"),
        given("an empty list of frames", "an unread reading in its place", [], "it holds none"),
        given("None among the tracks", "an unread reading in its place", None, "a NoneType is no track"),
    ],
)
def test_one_bad_track_never_costs_the_others(reader, bad, reason):
    good = list(GREY[:5])
    first, unread, last = reader.read_many([good, bad, good])
    same(first, reader.read(good))
    same(last, first)
    assert (unread.text, unread.confidence, unread.characters) == ("", 0.0, ())
    assert reason in unread.problem
    assert str(unread) == f"unread: {unread.problem}"
    with pytest.raises(FrameError, match=rf"^track 1\b.*{reason}"):
        reader.read_many([good, bad, good], errors="raise")


given.note('the same with errors="raise"', "FrameError names the track's position and path")


def test_a_bad_track_is_named_by_its_place_and_path(reader):
    with pytest.raises(FrameError, match=r"^track 1 \(/nowhere\): no frame could be read"):
        reader.read_many([GREY[0], "/nowhere"], errors="raise")
    with pytest.raises(ValueError, match="errors is 'ignore'"):
        reader.read_many([GREY[0]], errors="ignore")


given.note("an empty list of tracks", "no readings")


def test_no_tracks_give_no_readings(reader):
    assert reader.read_many([]) == []
    assert list(reader.read_iter(iter([]))) == []


@pytest.mark.parametrize(
    "one",
    [
        given("one folder, given to read_many", "is told", "track_00001"),
        given("one frame, given to read_many", "is told", GREY[0]),
    ],
)
def test_one_track_is_not_taken_for_many(reader, one):
    with pytest.raises(FrameError, match="read_many takes several tracks"):
        reader.read_many(one)


given.note("tracks of 1 to 12 frames, more than fit one batch", "are read as each alone, in their order")


def test_tracks_of_all_lengths_keep_their_order_whatever_the_batches(reader, monkeypatch):
    lengths = np.random.default_rng(1).integers(1, 13, 14).tolist()
    tracks = [list(np.roll(GREY, place, axis=0)[:length]) for place, length in enumerate(lengths)]
    tracks[7] = "/nowhere"
    whole, sizes = reader.read_many(tracks), []
    monkeypatch.setattr(module, "FRAMES_AT_ONCE", 16)
    read_batch = reader._read_batch
    monkeypatch.setattr(
        reader, "_read_batch", lambda some, *given: sizes.append(some) or read_batch(some, *given)
    )
    for reading, again in zip(whole, reader.read_iter(iter(tracks), at_once=9), strict=True):
        assert reading.text == again.text
        assert reading.confidence == pytest.approx(again.confidence, rel=0.01)
    assert whole[7].problem
    for some in sizes:
        longest = max(len(found.images) for found in some)
        assert len(some) == 1 or longest * len(some) <= 16


given.note("a stream without an end", "is read track by track")


def test_a_stream_is_read_as_it_comes(reader):

    def camera():
        while True:
            taken.append(1)
            yield GREY[:5]

    taken = []
    readings = reader.read_iter(camera(), at_once=1)
    for count in (1, 2, 3):
        assert next(readings).text
        assert len(taken) == count
    with pytest.raises(ValueError, match="at_once=0"):
        reader.read_iter(camera(), at_once=0)


def test_each_track_may_have_a_layout_of_its_own(reader):
    names = ["Brazilian", "Mercosur", ""] * 2
    tracks = [list(GREY[:place]) for place in range(1, 7)]
    for given_names in (names, iter(names)):
        found = [reading.layout for reading in reader.read_iter(tracks, layouts=given_names, at_once=4)]
        assert found == names
    assert [reading.layout for reading in reader.read_many(tracks, layouts=names)] == names
    with pytest.raises(ValueError, match="2 layouts for 6 tracks"):
        reader.read_many(tracks, layouts=names[:2])
    with pytest.raises(ValueError, match="unknown layouts"):
        reader.read_many([], layouts="Martian")


given.note("500 tracks at once, one of them of 300 frames", "take less than 400 MB")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a system that keeps no such record")
def test_many_tracks_take_the_memory_of_few():
    program = """
import numpy as np
from lpr_helpers import load_reader
from lpr_helpers.utils import peak_memory_mb
reader = load_reader(device="cpu", precision="no")
frames = np.random.default_rng(0).integers(0, 255, (300, 20, 44), dtype=np.uint8)
reader.read(frames[:5])
before = peak_memory_mb(reader.device)
readings = reader.read_many([frames[:5]] * 499 + [frames])
assert len(readings) == 500
print(peak_memory_mb(reader.device) - before)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 400


given.note("a process forked after a reading, with two threads", "reads as its parent does")


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="a system whose own libraries survive no fork"
)
def test_a_process_forked_after_a_reading_reads_too():
    program = """
import cv2, multiprocessing, numpy as np, torch
from lpr_helpers import load_reader
torch.set_num_threads(2)
cv2.setNumThreads(2)
cv2.GaussianBlur(np.zeros((2000, 2000, 3), np.uint8), (31, 31), 9)  # so that OpenCV has threads too
reader = load_reader(device="cpu", precision="no")
frames = np.random.default_rng(0).integers(0, 255, (5, 20, 44), dtype=np.uint8)
here = reader.read(frames)
with multiprocessing.get_context("fork").Pool(1) as pool:
    for there in pool.map_async(reader.read, [frames] * 2).get(60):
        assert there.text == here.text, (there, here)
assert cv2.getNumThreads() == 2
"""
    environment = os.environ | {"OMP_NUM_THREADS": "2"}
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120, env=environment)


given.note("several threads with one reader", "read side by side")


def test_threads_read_side_by_side(reader):
    tracks = [list(GREY[place : place + 4]) for place in range(8)]
    with ThreadPoolExecutor(4) as pool:
        for reading, track in zip(pool.map(reader.read, tracks), tracks, strict=True):
            same(reading, reader.read(track))


def test_a_folder_without_a_reader_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="holds no usable checkpoint"):
        load_reader(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        given("load_reader([])", "ValueError", {"folder": []}, "an empty list of folders"),
        given('a precision "fp8"', "ValueError lists the possible ones", {"precision": "fp8"}, "bf16, fp16, no"),
        given('a device "gpu"', "ValueError lists those there are", {"device": "gpu"}, "here there are cpu"),
        given("a GPU that is not there", "ValueError lists the others", {"device": "cuda:99"}, "there is no device"),
        given("tta=9", "ValueError", {"tta": 9}, "tta=9"),
    ],
)  # fmt: skip
def test_what_a_reader_cannot_be_loaded_with_is_told(arguments, message):
    with pytest.raises(ValueError, match=message):
        load_reader(**{"device": "cpu"} | arguments)


given.note('load_reader("")', "CheckpointError")


def test_an_empty_name_is_not_the_reader_in_the_package():
    with pytest.raises(CheckpointError):
        load_reader("")


def test_an_ensemble_is_the_mean_of_its_members(tmp_path, frames):
    folders = [tmp_path / str(seed) for seed in (1, 2)]
    for seed, folder in enumerate(folders):
        save_recogniser(Recogniser.new(BRAZIL, seed, "multiframe", **SMALL["multiframe"]), folder, {})
    alone = [slots_of(load_reader(folder, "cpu", precision="no"), frames) for folder in folders]
    both = slots_of(load_reader(folders, "cpu", precision="no"), frames)
    torch.testing.assert_close(both, torch.stack(alone).mean(0).log_softmax(-1), atol=1e-4, rtol=1e-4)


def slots_of(reader, frames):
    return reader.read(frames).slots


def test_readers_of_every_kind_and_several_poses_join(tmp_path, frames):
    for kind in FORWARDS:
        save_recogniser(Recogniser.new(BRAZIL, kind=kind, **SMALL[kind]), tmp_path / kind, {})
    reader = load_reader([tmp_path / kind for kind in FORWARDS], "cpu", tta=3)
    assert 0 <= reader.read(frames).confidence <= 1


def test_an_ensemble_reads_one_kind_of_frames(tmp_path):
    for name, channels in (("grey", 1), ("colour", 3)):
        save_recogniser(Recogniser.new(BRAZIL, hidden=16, channels=channels), tmp_path / name, {})
    with pytest.raises(ValueError, match="all in grey or all in colour"):
        load_reader([tmp_path / "grey", tmp_path / "colour"])
