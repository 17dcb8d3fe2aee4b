"""What a second phase brings and costs, group by group."""

import pandas as pd

from lpr_helpers.data.track_data import TrackData
from lpr_helpers.training.forgetting import before_after_groups, read_groups, unseen_groups, verdicts
from tests.support.noise import noise_data, small


def results(right, plates=60):
    """One track of each plate; the first ``right`` are read."""
    texts = [f"ABC{n:04d}" for n in range(plates)]
    readings = [text if n < right else "" for n, text in enumerate(texts)]
    return pd.DataFrame({"track_id": texts, "text": texts, "reading": readings, "group": "A, trained on"})


def test_each_group_has_its_own_verdict():
    before, after = (
        pd.concat([results(n), results(m).assign(group="B, validation")]) for n, m in ((9, 9), (9, 50))
    )
    first, second = verdicts(before, after).splitlines()
    assert first.startswith("A, trained on: Phase 2 shows no change")
    assert second.startswith("B, validation: Phase 2 reads more")


def test_tracks_of_a_that_were_trained_on_stand_beside_the_validation_tracks():
    data = noise_data()
    groups = before_after_groups(data)
    known = groups[groups == "A, trained on"].index
    assert set(known) <= set(data.rows("train", scenarios=("A",)))
    assert set(groups.index) - set(known) == set(data.rows("val"))
    read = read_groups(small(), [(data, groups)])
    assert set(read["track_id"]) == set(data.table["track_id"].iloc[groups.index])
    assert all(part.startswith(group) for part, group in zip(read["part"], read["group"], strict=True))


def test_tracks_of_a_that_were_held_out_are_a_group_of_their_own():
    data = noise_data()
    table = data.table.assign(split=["held_out"] * 3 + ["train"] * 5, scenario=["A", "A", "B"] + ["A"] * 5)
    table["trainable"] = [True, False] + [True] * 6
    aside = TrackData(table.assign(track_id="more_" + table["track_id"]), data.plate, data.lr)
    groups = unseen_groups(aside)
    assert groups.to_dict() == {0: "A, never seen"}
    read = read_groups(small(), [(data, before_after_groups(data)), (aside, groups)])
    assert read["group"].unique().tolist() == ["A, never seen", "A, trained on", "B, validation"]
    assert read.loc[read["group"] == "A, never seen", "track_id"].tolist() == ["more_track_00000"]


def test_tracks_that_were_drawn_afresh_are_a_group_too():
    data = noise_data()
    table = data.table.assign(split=["more"] * 3 + ["train"] * 5, scenario="B")
    groups = unseen_groups(TrackData(table, data.plate, data.lr))
    assert groups.to_dict() == dict.fromkeys(range(3), "B, never seen")


def test_data_without_tracks_to_spare_have_no_such_group():
    data = noise_data()
    assert unseen_groups(data).empty
    read = read_groups(small(), [(data, before_after_groups(data)), (data, unseen_groups(data))])
    assert set(read["group"]) == {"A, trained on", "B, validation"}
