"""What must be true of our own typefaces: all characters, right size, right weight, none like another."""

from __future__ import annotations

import string
import subprocess
import sys
from itertools import combinations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from lpr_helpers.synthetic.glyphs import FACES, plate_glyph, width

ALPHABET = string.digits + string.ascii_uppercase
faces = pytest.mark.parametrize("face", FACES)
glyphs = st.tuples(st.sampled_from(FACES), st.sampled_from(ALPHABET))


@faces
@pytest.mark.parametrize("character", ALPHABET)
def test_ink_fills_its_bounds_at_full_height_and_natural_width(face, character):
    ink = plate_glyph(face, character, 0.14)
    assert ink.dtype == np.uint8
    assert ink.shape[0] == 96
    for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1]):
        assert edge.max() > 60
    if not (face == "Brazilian" and character in "1I"):
        assert ink.shape[1] / 96 == pytest.approx(width(face, character), abs=0.03)


@faces
def test_ink_is_smooth_at_its_edges(face):
    ink = plate_glyph(face, "S", 0.14)
    assert ((ink > 0) & (ink < 255)).mean() > 0.02


@given(glyphs, st.floats(0.06, 0.2), st.floats(0.011, 0.06))
@settings(max_examples=60, deadline=None)
def test_a_heavier_stroke_has_more_ink(glyph, stroke, heavier):
    assert plate_glyph(*glyph, stroke + heavier).sum() > plate_glyph(*glyph, stroke).sum()


@given(glyphs, st.floats(0.011, 0.3), st.floats(0, 3))
@settings(max_examples=60, deadline=None)
def test_every_stroke_and_roundness_draws_something_whole(glyph, stroke, roundness):
    pieces, _ = cv2.connectedComponents((plate_glyph(*glyph, stroke, roundness) > 100).astype(np.uint8))
    assert pieces == 2  # the ground and one character


@faces
def test_no_two_characters_look_alike(face):
    square = {c: cv2.resize(plate_glyph(face, c, 0.14), (48, 96)).astype(float) / 255 for c in ALPHABET}
    twins = {"0O", "1I"} if face == "Brazilian" else set()  # as on the real plates
    for one, other in combinations(ALPHABET, 2):
        if one + other not in twins:
            assert np.abs(square[one] - square[other]).mean() > 0.03, f"{face} {one} and {other}"


@pytest.mark.parametrize("character", "1I")
def test_the_old_one_and_i_are_bare_bars(character):
    ink = plate_glyph("Brazilian", character, 0.15)
    assert ink.shape == (96, round(0.15 * 96))
    assert (ink == 255).all()
    assert width("Brazilian", character) < 0.2


@faces
def test_rounder_corners_have_less_ink(face):
    assert (
        plate_glyph(face, "D", 0.14, 2.0).sum()
        < plate_glyph(face, "D", 0.14).sum()
        < plate_glyph(face, "D", 0.14, 0.0).sum()
    )


def test_a_drawn_character_is_kept_and_cannot_be_spoilt():
    ink = plate_glyph("Mercosur", "A", 0.14)
    assert plate_glyph("Mercosur", "A", 0.1404) is ink
    with pytest.raises(ValueError, match="read-only"):
        ink[0, 0] = 1


@pytest.mark.parametrize("ask", [plate_glyph, lambda face, character, _: width(face, character)])
def test_unknown_faces_and_characters_are_named(ask):
    with pytest.raises(ValueError, match="no face 'French'; there are Brazilian, Mercosur"):
        ask("French", "A", 0.14)
    with pytest.raises(ValueError, match="has no 'a'; it has A–Z and 0–9"):
        ask("Mercosur", "a", 0.14)


@pytest.mark.parametrize(("stroke", "roundness"), [(0, 1), (0.4, 1), (0.14, -1), (float("nan"), 1)])
def test_impossible_strokes_are_refused(stroke, roundness):
    with pytest.raises(ValueError, match="must be"):
        plate_glyph("Mercosur", "A", stroke, roundness)


def test_glyphs_need_no_torch():
    code = "import sys, lpr_helpers.synthetic.glyphs; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
