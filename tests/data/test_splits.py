"""Validation: from Scenario B, by plate, by layout, seeded; a plate is never on both sides."""

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from lpr_helpers.data.splits import add_split, load_split, save_split

COLUMNS = ["split", "scenario", "layout", "text", "trainable"]


def table_of(rows: list[tuple]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.assign(
        track_id=[f"track_{i:05d}" for i in range(len(table))],
        folder=[f"train/{i:05d}" for i in range(len(table))],
    )


def scenario_b(plates: int, layout: str, tracks: int = 1) -> list[tuple]:
    return [("train", "B", layout, f"{layout[0]}{i:06d}", True) for i in range(plates) for _ in range(tracks)]


row = st.tuples(
    st.sampled_from(["train", "train", "train", "test", "val", "held_out"]),
    st.sampled_from(["A", "B", ""]),
    st.sampled_from(["Brazilian", "Mercosur", ""]),
    st.sampled_from(["", *"ABCDEFGH"]),
    st.booleans(),
).map(lambda r: (*r[:4], r[4] and r[3] != ""))


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(row, min_size=1, max_size=25), st.floats(0.01, 0.99), st.integers(0, 3))
def test_no_plate_is_on_both_sides_whatever_the_table(rows, fraction, seed):
    table = table_of(rows)
    labelled = table[(table.split != "test") & table.trainable]
    sources = labelled[labelled.scenario == "B"] if (labelled.scenario == "B").any() else labelled
    if sources.text.nunique() < 2:
        with pytest.raises(ValueError, match="at least two plates"):
            add_split(table, fraction=fraction, seed=seed)
        return
    done = add_split(table, fraction=fraction, seed=seed)
    sides = {side: set(done.text[done.split == side]) for side in ("train", "val", "held_out")}
    assert sides["val"]
    assert not sides["val"] & sides["train"]
    assert sides["held_out"] <= sides["val"]
    assert set(done.index[done.split == "val"]) <= set(sources.index)
    assert set(done.text[(done.split == "train") & done.trainable])
    assert (done.split == "test").equals(table.split == "test")
    shuffled = table.sample(frac=1, random_state=seed)
    again = add_split(shuffled, fraction=fraction, seed=seed)
    assert again.sort_index().split.tolist() == done.split.tolist()


@pytest.mark.parametrize("fraction", [0.05, 0.15, 0.5])
def test_fraction_holds_in_each_layout(fraction):
    rows = scenario_b(200, "Brazilian") + scenario_b(400, "Mercosur", tracks=2)
    rows += [("train", "A", "Mercosur", f"Z{i:06d}", True) for i in range(300)]
    done = add_split(table_of(rows), fraction=fraction)
    val = done[done.split == "val"].layout.value_counts()
    assert val["Brazilian"] == pytest.approx(fraction * 200, abs=1)
    assert val["Mercosur"] == pytest.approx(fraction * 800, abs=2)


@pytest.mark.parametrize(("fraction", "tracks"), [(0.13, 10), (0.17, 20)])
def test_whole_plates_come_as_close_to_the_fraction_as_they_can(fraction, tracks):
    done = add_split(table_of(scenario_b(10, "Brazilian", tracks=10)), fraction=fraction)
    assert (done.split == "val").sum() == tracks


def test_small_layouts_are_validated_too_and_by_a_small_plate():
    rows = (
        scenario_b(100, "Mercosur")
        + scenario_b(1, "Brazilian", 50)
        + [("train", "B", "Brazilian", "Bsmall", True)]
    )
    done = add_split(table_of(rows))
    assert done[(done.split == "val") & (done.layout == "Brazilian")].text.tolist() == ["Bsmall"]


def test_one_plate_of_each_layout_still_gives_a_validation_side():
    done = add_split(table_of(scenario_b(1, "Brazilian") + scenario_b(1, "Mercosur")))
    assert sorted(done.split) == ["train", "val"]


def test_other_tracks_of_a_validation_plate_are_held_out():
    in_b = scenario_b(40, "Brazilian")
    table = table_of(in_b + [("train", "A", *row[2:]) for row in in_b])
    table.loc[3, "trainable"] = False
    done = add_split(table, fraction=0.5)
    a, b = done[done.scenario == "A"], done[done.scenario == "B"]
    assert set(a.text[a.split == "held_out"]) == set(b.text[b.split == "val"])
    assert b.split[3] == "train"


def test_seed_decides_and_added_tracks_change_little():
    table = table_of(scenario_b(400, "Brazilian"))
    first = add_split(table)
    assert first.split.equals(add_split(first).split)
    assert not first.split.equals(add_split(table, seed=1).split)
    more = add_split(table_of(scenario_b(410, "Brazilian")))
    kept = set(first.text[first.split == "val"]) & set(more.text[more.split == "val"])
    assert len(kept) >= 15


def test_too_few_plates_or_a_strange_fraction_is_said():
    with pytest.raises(ValueError, match="1 different plates"):
        add_split(table_of(scenario_b(1, "Brazilian", tracks=5)))
    with pytest.raises(ValueError, match="0 trainable tracks"):
        add_split(table_of([("test", "", "", "", False)]))
    with pytest.raises(ValueError, match="between 0 and 1"):
        add_split(table_of(scenario_b(9, "Brazilian")), fraction=5)


def test_labelled_tracks_that_count_as_test_tracks_are_pointed_out():
    rows = [("test", "", "Brazilian", f"ABC{i:04d}", True) for i in range(3)]
    with pytest.raises(
        ValueError, match=r"3 more tracks have a label, but count as test tracks.*rename the folder"
    ):
        add_split(table_of(rows))


def test_saved_split_comes_back_from_any_working_directory(tmp_path, monkeypatch):
    table = table_of(scenario_b(30, "Mercosur")).assign(track_id="NA")
    done = add_split(table)
    file = save_split(done, tmp_path / "runs" / "split.csv")
    assert file.read_text().splitlines()[0] == "track_id,folder,split"
    monkeypatch.chdir(tmp_path / "runs")
    reordered = table.iloc[::-1].reset_index(drop=True)
    back = load_split(reordered, "split.csv")
    assert back.split.tolist() == done.split.tolist()[::-1]


def test_split_of_another_data_set_is_refused(tmp_path):
    table = table_of(scenario_b(5, "Mercosur"))
    file = save_split(add_split(table.iloc[1:]), tmp_path / "split.csv")
    with pytest.raises(ValueError, match="1 of 5 tracks, train/00000"):
        load_split(table, file)
    for content, message in {
        "": "no split",
        "a,b\n": "columns",
        "folder,split\nx,training\n": "training",
    }.items():
        file.write_text(content)
        with pytest.raises(ValueError, match=message):
            load_split(table, file)
