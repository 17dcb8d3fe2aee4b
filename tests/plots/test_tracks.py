"""Pictures of tracks: frames in true aspect, their corners, and what is left of them when they shrink."""

from lpr_helpers import plots
from lpr_helpers.plates import PlateFormat
from tests.support.figures import shown, words


def test_a_sheet_names_each_tracks_problem_when_asked(filmed):
    assert "lr-004 missing" not in words(plots.track_sheet(filmed))
    assert "lr-004 missing" in words(plots.track_sheet(filmed, problems=True))


def test_a_sheet_of_own_tracks_has_no_empty_rows_for_the_hr_frames_they_lack(filmed):
    figure = plots.track_sheet(filmed.tail(1), hr=True)
    assert len(figure.axes) == len(shown(figure)) == 5


def test_corners_outline_a_frame_and_straighten_it_to_the_aspect_of_a_plate(filmed):
    figure = plots.corners(filmed)
    frame, upright, hr, hr_upright = shown(figure)
    assert [image.shape[:2] for image in (upright, hr_upright)] == [(130, 400)] * 2
    assert frame.shape[1::-1] == filmed["lr_sizes"][0][2]
    assert hr.shape[1::-1] == filmed["hr_sizes"][0][2]
    assert [len(axis.lines) for axis in figure.axes] == [1, 0, 1, 0]


def test_a_plate_shrinks_from_hr_to_the_factors_and_says_what_is_left_of_a_stroke(filmed):
    figure = plots.shrinking(filmed, factors=(1, 0.5))
    width, height = filmed["lr_sizes"][0][2]
    hr, whole, half = shown(figure)[:3]
    assert hr.shape[1::-1] == filmed["hr_sizes"][0][2]
    assert whole.shape[1::-1] == (width, height)
    assert half.shape[1::-1] == (round(width / 2), round(height / 2))
    assert f"LR × 1: {width} × {height} px, stroke" in words(figure)
    assert "track_3" not in words(figure), "a test track has no text to check the reading by"


def test_strokes_of_a_foreign_plate_are_unknown_and_hr_is_left_out_where_there_is_none(filmed):
    own = filmed.assign(hr=[[]] * 4)
    figure = plots.shrinking(own, PlateFormat("01AB", {"Ours": "LLDD"}))
    assert "stroke" not in words(figure)
    assert "HR" not in words(figure)
    assert len(shown(figure)) == 2 * 3


def test_a_track_sheet_shows_frames_in_true_aspect_with_corners_and_names_lost_files(table):
    figure = plots.track_sheet(table, n=2, hr=True)
    shown = [axis for axis in figure.axes if axis.images]
    assert len(shown) == 10
    assert all(axis.get_aspect() == 1 and axis.images[0].get_interpolation() == "nearest" for axis in shown)
    assert sum(len(axis.lines) for axis in shown) == 5
    assert shown[0].images[0].get_array()[0, 0].tolist() == [200, 0, 0]
    assert "gone.png" in words(figure)
    assert "ABC1234 · Brazilian · Scenario A" in words(figure)
