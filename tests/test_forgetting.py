import pandas as pd
import pytest
from made import noise_data, small

from lpr_helpers.forgetting import judged, read_groups, verdict, verdicts


def results(right, plates=60):
    """One track of each plate; the first ``right`` are read."""
    texts = [f"ABC{n:04d}" for n in range(plates)]
    readings = [text if n < right else "" for n, text in enumerate(texts)]
    return pd.DataFrame({"track_id": texts, "text": texts, "reading": readings, "group": "A, trained on"})


@pytest.mark.parametrize(
    ("after", "word"), [(20, "reads fewer"), (39, "no change that these data can prove"), (58, "reads more")]
)
def test_the_verdict_says_no_more_than_the_interval_does(after, word):
    assert word in verdict(results(40), results(after))


def test_each_group_has_its_own_verdict():
    before, after = (
        pd.concat([results(n), results(m).assign(group="B, validation")]) for n, m in ((9, 9), (9, 50))
    )
    first, second = verdicts(before, after).splitlines()
    assert first.startswith("A, trained on: Phase 2 shows no change")
    assert second.startswith("B, validation: Phase 2 reads more")


def test_tracks_of_a_that_were_trained_on_stand_beside_the_validation_tracks():
    data = noise_data()
    groups = judged(data)
    known = groups[groups == "A, trained on"].index
    assert set(known) <= set(data.rows("train", ("A",)))
    assert set(groups.index) - set(known) == set(data.rows("val"))
    read = read_groups(small(), data, groups)
    assert read["track_id"].tolist() == data.table["track_id"].iloc[groups.index].tolist()
    assert all(part.startswith(group) for part, group in zip(read["part"], read["group"], strict=True))
