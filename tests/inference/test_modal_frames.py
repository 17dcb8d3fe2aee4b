"""Frames of several modalities from files and arrays: made in reading as they were for training."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from lpr_helpers.data.frames import pack
from lpr_helpers.data.tracks import read_tracks
from lpr_helpers.inference.modal_frames import read_frames
from lpr_helpers.inference.reader import load_reader
from lpr_helpers.inference.reading import FrameError
from lpr_helpers.models.checkpoints import Recogniser, save_recogniser
from lpr_helpers.plates import BRAZIL
from tests.support.modalities import BOTH, FORMATS, GREY, IR_ALONE, two_cameras


@pytest.fixture(scope="module")
def tracks(tmp_path_factory):
    """Tracks of two cameras; a frame of the second is gone, and another damaged."""
    root = two_cameras(tmp_path_factory.mktemp("two") / "data")
    first, second, *_ = sorted(root.glob("train/Scenario-A/*/track_*/ir-001.png"))
    first.unlink()
    second.write_bytes(second.read_bytes()[:40])
    return read_tracks(root, progress=False)


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    """Untrained readers, by the name of what their frames are made of."""
    folder = tmp_path_factory.mktemp("readers")
    for name, made_of in FORMATS.items():
        save_recogniser(
            Recogniser.new(BRAZIL, kind="multiframe", width=32, frame_format=made_of), folder / name, {}
        )
    return folder


@pytest.mark.parametrize("name", FORMATS)
def test_training_and_reading_never_disagree(tracks, tmp_path, name):
    """Each track's frames, by the table and from its folder, pixel for pixel."""
    made_of = FORMATS[name]
    packed = pack(tracks.table, tmp_path / "lr", frame_format=made_of, progress=False)
    for row, folder in enumerate(tracks.table.folder):
        wanted = packed.images[row][packed.valid[row]]
        if not len(wanted):
            with pytest.raises(FrameError, match="holds none of ir"):
                read_frames(tracks.root / folder, made_of)
            continue
        np.testing.assert_array_equal(read_frames(tracks.root / folder, made_of).images, wanted)


def test_what_a_reader_has_to_do_without_is_said(tracks, readers):
    reader, folder = load_reader(readers / "grey and infrared", "cpu"), folder_with(tracks, 5)
    whole = reader.read(folder)
    assert whole.missing == ()
    frames = sorted(folder.glob("lr-*"))
    without = reader.read(frames)
    assert without.missing == ("ir: missing in 5 of 5 frames",)
    assert "ir: missing" in str(without)
    some = reader.read({"grey": frames, "ir": [*sorted(folder.glob("ir-*"))[:4], None]})
    assert some.missing == ("ir: missing in 1 of 5 frames",)
    arrays = {name: [cv2.imread(str(f), 0) for f in sorted(folder.glob(f"{kind}-*"))] for name, kind in
              (("grey", "lr"), ("ir", "ir"))}  # fmt: skip
    assert reader.read(arrays).missing == ()
    assert [one.missing for one in reader.read_many([folder, frames])] == [(), without.missing]


def folder_with(tracks, count):
    """A track with so many infrared frames."""
    row = next(row for row in tracks.table.itertuples() if sum(map(bool, row.ir)) == count)
    return Path(tracks.root / row.folder)


def test_a_track_that_makes_no_sense_is_told(tracks, readers):
    reader, folder = load_reader(readers / "grey and infrared", "cpu"), folder_with(tracks, 5)
    frames = sorted(folder.glob("lr-*"))
    with pytest.raises(FrameError, match="reads grey and ir, not depth"):
        reader.read({"depth": frames})
    with pytest.raises(FrameError, match="5 of grey, 1 of ir"):
        reader.read({"grey": frames, "ir": frames[:1]})
    with pytest.raises(FrameError, match=r"give a folder, or \{'ir': frames\}"):
        load_reader(readers / "infrared alone", "cpu").read(frames)


def test_readers_of_one_camera_each_are_fused_late(tracks, readers):
    grey, ir = (load_reader(readers / name, "cpu", precision="no") for name in ("grey", "infrared alone"))
    late = load_reader([readers / "grey", readers / "infrared alone"], "cpu", precision="no")
    assert late.frame_format == BOTH
    folder = folder_with(tracks, 5)
    slots = [reader.read(folder).slots for reader in (grey, ir, late)]
    np.testing.assert_allclose(slots[2], ((slots[0] + slots[1]) / 2).log_softmax(-1), atol=1e-4)
    frames = sorted(folder.glob("lr-*"))
    alone = late.read(frames)
    np.testing.assert_allclose(alone.slots, grey.read(frames).slots, atol=1e-4)
    assert alone.missing == ("ir: missing in 5 of 5 frames",)


def test_readers_that_want_other_frames_of_light_are_no_ensemble(readers):
    with pytest.raises(ValueError, match="all in grey or all in colour"):
        load_reader([readers / "grey", readers / "colour and infrared"], "cpu")
    with pytest.raises(ValueError, match="preprocessed alike, not grey; grey, equalised"):
        load_reader([readers / "grey", readers / "histogram"], "cpu")


def test_a_checkpoint_says_what_its_frames_are_made_of_where_it_is_more_than_light(readers):
    for name, made_of in FORMATS.items():
        told = json.loads((readers / name / "model.json").read_text())
        assert ("frames" in told) == (not made_of.plain)
        assert load_reader(readers / name, "cpu").frame_format == made_of
    assert GREY.plain
    assert not IR_ALONE.plain
