"""Drift: what is read now against what the reader was validated on."""

import numpy as np
import pandas as pd
import pytest

from lpr_helpers.monitoring import drift_table, sampled, verdict, write_drift_report
from lpr_helpers.monitoring.drift import binned, psi
from tests.support.tracks import add_track


def read(seed, confidence=(8, 2), light=0.5, letters="ABCDEFG", tracks=2000):
    rng = np.random.default_rng(seed)
    texts = ["".join(rng.choice(list(letters), 7)) for _ in range(tracks)]
    measures = {"light": rng.normal(light, 0.1, tracks), "height": rng.integers(15, 25, tracks)}
    return pd.DataFrame({"reading": texts, "confidence": rng.beta(*confidence, tracks), **measures})


def test_the_same_street_shows_no_shift():
    table = drift_table(read(1), read(2))
    assert table["shift"].tolist() == ["none"] * 4
    assert (table["p"].dropna() > 0.001).all()
    assert verdict(table) == "What is read now is like what was read before."


@pytest.mark.parametrize(
    ("change", "measure"),
    [
        ({"confidence": (4, 4)}, "confidence"),
        ({"light": 0.3}, "light"),
        ({"letters": "ABCXYZW"}, "characters"),
    ],
)
def test_what_has_moved_is_named_and_nothing_else(change, measure):
    table = drift_table(read(1), read(2, **change))
    assert table.index[table["shift"] == "large"].tolist() == [measure]
    assert measure in verdict(table)


def test_few_tracks_raise_no_alarm_by_chance():
    tables = [drift_table(read(seed, tracks=200), read(seed + 100, tracks=200)) for seed in range(30)]
    shifts = pd.concat(tables)["shift"]
    assert (shifts == "none").mean() > 0.95
    indices = [table.at["light", "psi"] for table in tables]
    assert np.mean([index > 0.1 for index in indices]) > 0.2, "by the index alone they would"


def test_the_index_is_the_textbook_sum():
    assert psi(np.array([0.5, 0.5]), np.array([0.6, 0.4])) == pytest.approx(
        0.1 * np.log(0.6 / 0.5) - 0.1 * np.log(0.4 / 0.5)
    )
    assert psi(np.array([1.0, 0.0]), np.array([1.0, 0.0])) == 0


def test_bins_hold_equal_counts_before_and_take_in_all_that_comes():
    old, new = binned(np.arange(1000.0), np.array([-5.0, 2000.0]))
    assert np.allclose(old, 0.1, atol=0.002)
    assert new[0] == new[-1] == 0.5
    assert binned(np.ones(9), np.ones(3))[1].sum() == 1


def test_the_report_is_one_page_with_pictures_and_runs_nothing(tmp_path):
    before, now = read(1, tracks=50), read(2, light=0.9, tracks=50)
    names = ("<script>", "now.csv")
    page = write_drift_report(
        drift_table(before, now), before, now, tmp_path / "drift.html", names
    ).read_text()
    assert "<script>" not in page
    assert "differs from before in" in page
    assert 'src="data:image/png;base64,' in page


def test_frames_of_a_sample_are_measured(tmp_path):
    track = add_track(tmp_path / "t")
    lr = [[str(file) for file in track.glob("lr-*")]] * 5
    table = sampled(pd.DataFrame({"reading": "ABC1234", "confidence": 0.5, "lr": lr}), 3, progress=False)
    assert len(table) == 3
    assert table["height"].tolist() == [6.0] * 3


def test_nothing_is_compared_with_nothing():
    with pytest.raises(ValueError, match="nothing to compare"):
        drift_table(read(1), read(1).head(0))
