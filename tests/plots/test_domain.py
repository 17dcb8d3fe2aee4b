"""The pictures of a data set: what they show, on real frames, and that what a data set lacks is said in words."""

import cv2
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("agg")

from lpr_helpers import plots
from lpr_helpers.evaluation.domain_gap import against_first, domain_gaps, measure_frames, per_track
from lpr_helpers.evaluation.frame_measures import MEASURES
from lpr_helpers.plates import PlateFormat
from lpr_helpers.synthetic.dataset import make_track
from lpr_helpers.transforms.rectification import straightened


def words(figure):
    """Everything that is written in a figure."""
    figure.canvas.draw()
    return " | ".join(text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text().strip())


def shown(figure):
    """The images of a figure, uint8, in the order in which they were drawn."""
    return [axis.images[0].get_array() for axis in figure.findobj(mpl.axes.Axes) if axis.images]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Four tracks: A with corners and HR, two of B with HR alone, and one test track with its LR frames alone."""
    root, rows = tmp_path_factory.mktemp("tracks"), []
    for number, (split, scenario, layout) in enumerate(
        [("train", "A", "Brazilian"), ("train", "B", "Mercosur"), ("val", "B", "Mercosur"), ("test", "", "")]
    ):
        track = make_track(number, scenario or "B", layout or "Mercosur")
        row = {"track_id": f"track_{number}", "split": split, "scenario": scenario, "layout": layout}
        row |= {
            "text": track.text if layout else "",
            "trainable": bool(layout),
            "corners": {},
            "problems": [],
        }
        for kind, frames, places in (
            ("lr", track.lr, track.lr_corners),
            ("hr", track.hr if layout else [], track.hr_corners),
        ):
            row[kind] = [str(root / f"{number}-{kind}-{i}.png") for i in range(len(frames))]
            row[f"{kind}_sizes"] = [frame.shape[1::-1] for frame in frames]
            for file, frame, corners in zip(row[kind], frames, places, strict=False):
                cv2.imwrite(file, frame[:, :, ::-1])
                if scenario == "A":
                    row["corners"][file.rsplit("/", 1)[1]] = corners.tolist()
        rows.append(row)
    rows[1]["problems"] = ["4 of 5 LR frames, lr-004 missing"]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def measures(table):
    return measure_frames(table, progress=False)


def test_a_sheet_names_each_tracks_problem_when_asked(table):
    assert "lr-004 missing" not in words(plots.track_sheet(table))
    assert "lr-004 missing" in words(plots.track_sheet(table, problems=True))


def test_a_sheet_of_own_tracks_has_no_empty_rows_for_the_hr_frames_they_lack(table):
    figure = plots.track_sheet(table.tail(1), hr=True)
    assert len(figure.axes) == len(shown(figure)) == 5


def test_corners_outline_a_frame_and_straighten_it_to_the_aspect_of_a_plate(table):
    figure = plots.corners(table)
    frame, upright, hr, hr_upright = shown(figure)
    assert [image.shape[:2] for image in (upright, hr_upright)] == [(130, 400)] * 2
    assert frame.shape[1::-1] == table["lr_sizes"][0][2]
    assert hr.shape[1::-1] == table["hr_sizes"][0][2]
    assert [len(axis.lines) for axis in figure.axes] == [1, 0, 1, 0]


def test_a_straightened_plate_is_the_plate_that_was_bent():
    drawn = np.random.default_rng(0).integers(0, 255, (13, 40), dtype=np.uint8)
    drawn = cv2.resize(drawn, (400, 130), interpolation=cv2.INTER_CUBIC)
    outline = np.float32([[30, 20], [420, 45], [400, 190], [25, 150]])
    corners = np.float32([[0, 0], [400, 0], [400, 130], [0, 130]])
    seen = cv2.warpPerspective(drawn, cv2.getPerspectiveTransform(corners, outline), (450, 220))
    back = straightened(np.dstack([seen] * 3), outline.tolist())
    assert np.abs(back[5:-5, 5:-5, 0].astype(float) - drawn[5:-5, 5:-5]).mean() < 5


def test_a_foreign_plate_is_straightened_in_its_own_aspect():
    outline = [[0, 0], [40, 0], [40, 20], [0, 20]]
    assert straightened(np.zeros((30, 50, 3), np.uint8), outline, known=False).shape == (200, 400, 3)


def test_a_plate_shrinks_from_hr_to_the_factors_and_says_what_is_left_of_a_stroke(table):
    figure = plots.shrinking(table, factors=(1, 0.5))
    width, height = table["lr_sizes"][0][2]
    hr, whole, half = shown(figure)[:3]
    assert hr.shape[1::-1] == table["hr_sizes"][0][2]
    assert whole.shape[1::-1] == (width, height)
    assert half.shape[1::-1] == (round(width / 2), round(height / 2))
    assert f"LR × 1: {width} × {height} px, stroke" in words(figure)
    assert "track_3" not in words(figure), "a test track has no text to check the reading by"


def test_strokes_of_a_foreign_plate_are_unknown_and_hr_is_left_out_where_there_is_none(table):
    own = table.assign(hr=[[]] * 4)
    figure = plots.shrinking(own, PlateFormat("01AB", {"Ours": "LLDD"}))
    assert "stroke" not in words(figure)
    assert "HR" not in words(figure)
    assert len(shown(figure)) == 2 * 3


def test_the_gap_shows_every_track_and_the_delta_of_each_measure(measures):
    figure = plots.domain_gap(measures)
    told = domain_gaps(measures)
    assert len(figure.axes) == len(MEASURES)
    for axis, (name, title) in zip(figure.axes, MEASURES.items(), strict=True):
        dots = np.concatenate([dots.get_offsets()[:, 0] for dots in axis.collections])
        assert sorted(dots) == pytest.approx(sorted(per_track(measures)[name]))
        delta = told.loc[(told["measure"] == name) & (told["one"] == "Scenario A"), "delta"].item()
        assert axis.get_title(loc="left").startswith(f"{title}\nA → B {delta:+.2f}".replace("-", "−"))


def test_one_scenario_alone_has_no_gap_but_is_shown(measures):
    figure = plots.domain_gap(measures[measures["group"] == "Scenario B"])
    assert "→" not in words(figure)
    assert figure.axes[0].get_yticklabels()[0].get_text() == "Scenario B"


def test_extremes_go_from_the_lowest_to_the_highest_frame_of_each_measure(measures):
    figure = plots.extremes(measures, columns=3)
    rows = np.array(figure.axes).reshape(-1, 4)
    assert len(rows) == len(MEASURES) - 1
    for line in rows:
        values = [float(axis.get_title(loc="left").split(" · ")[0]) for axis in line[1:]]
        assert values == sorted(values)
    light = measures.drop_duplicates("track")["light"]
    assert rows[0][1].get_title(loc="left").startswith(f"{light.min():.2f}")
    assert rows[0][3].get_title(loc="left").startswith(f"{light.max():.2f}")


def test_changes_show_each_shift_and_the_medians_of_each_further_frame(measures):
    shifts, width, *others = plots.changes(measures).axes
    further = against_first(measures)
    assert sum(len(dots.get_offsets()) for dots in shifts.collections) == len(further)
    assert len(others) == 4
    assert width.get_xticks().tolist() == [2, 3, 4, 5]
    a = further[further["group"] == "Scenario A"].groupby("frame")["width"].median()
    assert width.lines[0].get_ydata() == pytest.approx(a.to_numpy())


@pytest.mark.filterwarnings("error::RuntimeWarning", "error::UserWarning")
def test_flat_frames_that_cannot_be_aligned_still_draw(table, tmp_path):
    cv2.imwrite(str(tmp_path / "flat.png"), np.full((20, 50), 90, np.uint8))
    flat = table.head(1).assign(lr=[[str(tmp_path / "flat.png")] * 3], lr_sizes=[[(50, 20)] * 3])
    found = measure_frames(flat, progress=False)
    for figure in (plots.domain_gap(found), plots.extremes(found), plots.changes(found), plots.sizes(flat)):
        assert words(figure)


def test_what_a_data_set_lacks_is_said_in_words(table, measures):
    nothing = measures.head(0)
    for figure, said in (
        (plots.corners(table.tail(2)), "corners"),
        (plots.shrinking(table.tail(1)), "labelled"),
        (plots.domain_gap(nothing), "measured"),
        (plots.extremes(nothing), "measured"),
        (plots.changes(measures[measures["frame"] == 1]), "second frame"),
        (plots.track_sheet(table.head(0)), "no frames"),
    ):
        assert said in words(figure)
        assert not shown(figure)


def test_sizes_mark_the_aspect_of_a_plate_where_its_layout_is_known(table):
    assert "dashed: 3.08" in words(plots.sizes(table))
    assert "dashed" not in words(plots.sizes(table.assign(layout="Ours")))
