"""The second camera: it sees the same plates at the same moments, and changes nothing of the first."""

import hashlib
import json

import numpy as np
import pytest

from lpr_helpers.data.frame_format import FrameFormat, Modality
from lpr_helpers.synthetic.dataset import make_track, write_dataset
from lpr_helpers.synthetic.fresh import FreshTracks, draw
from lpr_helpers.synthetic.infrared import LEFT, _lit
from lpr_helpers.synthetic.plate_classes import CLASSES
from tests.support.modalities import BOTH, IR_ALONE, two_cameras

FRESH = FreshTracks(3, 5, workers=0)


def test_the_first_camera_takes_what_it_took_without_a_second():
    alone, both = (make_track([1, 2], "B", "Mercosur", modalities=names) for names in ((), ("ir",)))
    assert alone.beside == {}
    for one, other in zip(alone.lr + alone.hr, both.lr + both.hr, strict=True):
        np.testing.assert_array_equal(one, other)
    assert [frame.shape for frame in both.beside["ir"]] == [frame.shape for frame in both.lr]


def test_an_infrared_frame_has_no_colours_and_follows_from_its_seed():
    one, again = (make_track([4, 2], "B", "Free", modalities=["ir"]).beside["ir"] for _ in range(2))
    for frame, same in zip(one, again, strict=True):
        np.testing.assert_array_equal(frame, same)
        assert np.ptp(frame.astype(int), axis=2).max() <= 2  # what JPEG makes of grey


def test_both_cameras_see_one_plate():
    """Where a plate is dark on bright for both, their frames are alike."""
    alike = []
    for seed in range(12):
        track = make_track([7, seed], "A", "Mercosur", hr=False, modalities=["ir"])
        pairs = zip(track.lr, track.beside["ir"], strict=True)
        alike.append(np.mean([np.corrcoef(a.mean(2).ravel(), b.mean(2).ravel())[0, 1] for a, b in pairs]))
    assert np.median(alike) > 0.6


@pytest.mark.parametrize("vanishing", [False, True])
def test_ink_vanishes_where_it_is_a_dye(vanishing):
    for kind in (kind for classes in CLASSES.values() for kind in classes):
        seen = _lit(kind, vanishing)
        contrast = abs(seen.ground[0] - seen.ink[0])
        black = max(kind.ink) < 60 and not vanishing
        assert contrast > 150 if black or max(kind.ground) < 60 else contrast <= 255 * (1 - LEFT)


def test_a_data_set_of_two_cameras_is_that_of_one_and_more(tmp_path):
    wanted = {"train": (4, 4), "test": 2, "seed": 3, "workers": 1, "progress": False}
    one, two = write_dataset(tmp_path / "one", **wanted), two_cameras(tmp_path / "two")
    before, after = digests(one), digests(two)
    more = {name for name in after if "/ir-" in name}
    assert after.keys() - before.keys() == more | {"plates.toml"}
    assert {name: after[name] for name in before if name != "synthetic.json"} == {
        name: digest for name, digest in before.items() if name != "synthetic.json"
    }
    assert (two / "plates.toml").read_text() == '[modalities]\nir = "ir-"\n'
    assert json.loads((two / "synthetic.json").read_text())["modalities"] == {"ir": 1}
    with pytest.raises(ValueError, match="no frames of depth can be drawn; choose of ir"):
        write_dataset(tmp_path / "three", modalities=["depth"], progress=False)


def digests(root):
    return {str(p.relative_to(root)): hashlib.md5(p.read_bytes()).hexdigest() for p in root.rglob("*.*")}


def test_free_plates_and_a_second_camera_stand_in_one_file(tmp_path):
    root = write_dataset(
        tmp_path / "d", train=(2, 2), test=0, free=0.5, modalities=["ir"], workers=1, progress=False
    )
    said = (root / "plates.toml").read_text()
    assert "[layouts]" in said
    assert said.endswith('\n\n[modalities]\nir = "ir-"\n')


def test_fresh_tracks_can_be_filmed_by_both():
    grey, targets = draw(FRESH, 0, range(3))
    both, same = draw(FreshTracks(3, 5, workers=0, frame_format=BOTH), 0, range(3))
    alone, _ = draw(FreshTracks(3, 5, workers=0, frame_format=IR_ALONE), 0, range(3))
    np.testing.assert_array_equal(both[:, :, :1], grey)
    np.testing.assert_array_equal(both[:, :, 1:], alone)
    np.testing.assert_array_equal(targets, same)
    hr, _ = draw(FreshTracks(3, 5, workers=0, hr=True, frame_format=BOTH), 0, [0])
    assert not hr[1, :, 1].any()


def test_a_stream_of_light_alone_is_called_what_it_was_called():
    assert FRESH.identity == FreshTracks(3, 5, frame_format=FrameFormat()).identity
    assert "frame_format" not in FRESH.identity
    assert "frame_format" in FreshTracks(3, 5, frame_format=BOTH).identity
    with pytest.raises(ValueError, match="no frames of depth"):
        FreshTracks(3, 5, frame_format=FrameFormat(modalities=(Modality("depth", "d-"),)))
