"""The OCR baseline: how what it reads of single frames becomes one text a track."""

import tomllib
import warnings

import cv2
import numpy as np
import pytest

from tests.benchmarks.ocr_baseline import (
    FrameText,
    enlarged,
    forced,
    forced_vote,
    plain,
    rapidocr,
    readings,
    vote,
)
from tests.support import ROOT


def frames(*texts, score=0.9):
    return [FrameText(text, score) for text in texts]


@pytest.mark.parametrize(
    ("read", "text"),
    [("abc-1234", "ABC1234"), ("BRASIL ABC 1D23", "BRASILABC1D23"), ("京A·1²", "A1"), ("", "")],
)
def test_only_letters_and_digits_of_the_alphabet_count(read, text):
    assert plain(read) == text


def test_the_text_that_most_frames_agree_on_wins():
    assert (
        vote([FrameText("ABC1234", 0.5), FrameText("ABC1284", 0.99), FrameText("ABC1234", 0.4)]) == "ABC1234"
    )


def test_of_equally_many_the_surer_ones_win():
    assert vote([FrameText("ABC1234", 0.5), FrameText("ABC1284", 0.9)]) == "ABC1284"


def test_no_frames_say_nothing():
    assert vote([]) == ""


@pytest.mark.parametrize(
    ("text", "layout", "fit"),
    [
        ("ABC1234", "Brazilian", "ABC1234"),
        ("A8C1Z3O", "Brazilian", "ABC1230"),
        ("0I51S4Q", "Brazilian", "OIS1540"),
        ("ABC1D23", "Mercosur", "ABC1D23"),
        ("ABC1023", "Mercosur", "ABC1O23"),
        ("ABC1234X", "Brazilian", "ABC1234"),
        ("BRASILABC1D23", "Mercosur", "ABC1D23"),
        ("ABC123", "Brazilian", None),
        ("ABC12X4", "Brazilian", None),
        ("ABC12345", None, "ABC1234"),
    ],
)
def test_a_text_is_made_to_fit_its_layout_or_says_nothing(text, layout, fit):
    assert forced(text, layout) == fit


def test_what_fits_as_it_is_comes_before_what_needs_look_alikes():
    assert forced("0ABC1234", "Brazilian") == "ABC1234"


def test_frames_that_differ_by_look_alikes_alone_vote_together():
    seen = frames("ABC1230", "A8C123O", "XYZ9999", "XYZ9999", "ABCI230")
    assert vote(seen) == "XYZ9999"
    assert forced_vote(seen, "Brazilian") == "ABC1230"


def test_frames_that_fit_no_layout_have_no_say_unless_none_does():
    assert forced_vote(frames("BRASIL", "BRASIL", "ABC1234"), "Brazilian") == "ABC1234"
    assert forced_vote(frames("BRASIL", "BRASIL", "ABC"), "Brazilian") == "BRASIL"


@pytest.mark.parametrize("size", [(20, 44), (32, 128), (96, 1)])
def test_frames_of_any_size_become_one_that_the_recogniser_wants(size):
    assert enlarged(np.zeros((*size, 3), np.uint8)).shape == (48, 144, 3)


def test_both_ways_say_one_text_a_track():
    said = iter(frames("A8C1234", "A8C1234", "XYZ1234"))
    tracks = [[np.zeros((20, 44, 3), np.uint8)] * 2, [np.zeros((20, 44, 3), np.uint8)]]
    assert readings(lambda _: next(said), tracks, "Brazilian") == {
        "RapidOCR, majority vote": ["A8C1234", "XYZ1234"],
        "RapidOCR, vote, format forced": ["ABC1234", "XYZ1234"],
    }


def test_the_extra_is_no_part_of_dev():
    """RapidOCR brings the OpenCV without windows, which writes over the other."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    assert [line.split(">=")[0] for line in extras["baselines"]] == ["rapidocr"]
    assert not any("rapidocr" in line or "onnxruntime" in line for line in extras["dev"])


@pytest.mark.slow
def test_rapidocr_reads_a_clear_plate_and_nothing_of_an_empty_one():
    try:
        read = rapidocr()
    except SystemExit as missing:
        reason = f"the OCR baseline itself was NOT tried: {missing}"
        warnings.warn(reason, stacklevel=1)
        pytest.skip(reason)
    frame = np.full((60, 220, 3), 255, np.uint8)
    assert read(frame).text == ""
    cv2.putText(frame, "ABC1234", (12, 44), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (0, 0, 0), 3)
    assert read(frame).text == "ABC1234"
    assert 0.5 < read(frame).score <= 1
