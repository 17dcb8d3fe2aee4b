"""Pictures of how scenarios differ: every track, the extremes, and what changes from frame to frame."""

import cv2
import numpy as np
import pytest

from lpr_helpers import plots
from lpr_helpers.evaluation.domain_gap import against_first, domain_gaps, measure_frames, per_track
from lpr_helpers.evaluation.frame_measures import MEASURES
from tests.support.figures import words


def test_the_gap_shows_every_track_and_the_delta_of_each_measure(measures):
    figure = plots.domain_gap(measures)
    gaps = domain_gaps(measures)
    assert len(figure.axes) == len(MEASURES)
    for axis, (name, title) in zip(figure.axes, MEASURES.items(), strict=True):
        dots = np.concatenate([dots.get_offsets()[:, 0] for dots in axis.collections])
        assert sorted(dots) == pytest.approx(sorted(per_track(measures)[name]))
        delta = gaps.loc[(gaps["measure"] == name) & (gaps["one"] == "Scenario A"), "delta"].item()
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
def test_flat_frames_that_cannot_be_aligned_still_draw(filmed, tmp_path):
    cv2.imwrite(str(tmp_path / "flat.png"), np.full((20, 50), 90, np.uint8))
    flat = filmed.head(1).assign(lr=[[str(tmp_path / "flat.png")] * 3], lr_sizes=[[(50, 20)] * 3])
    found = measure_frames(flat, progress=False)
    for figure in (plots.domain_gap(found), plots.extremes(found), plots.changes(found), plots.sizes(flat)):
        assert words(figure)
