"""The table of all systems: rows that processes share, verdicts that rest on intervals, and a page nobody types."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from lpr_helpers.evaluation import read_systems, systems_table
from lpr_helpers.evaluation.systems import SYSTEMS
from lpr_helpers.utils.files import write_json
from lpr_helpers.utils.locks import sole_writer
from lpr_helpers.utils.tables import write_csv
from tests.benchmarks.systems import rows as making
from tests.benchmarks.systems.__main__ import all_systems, chosen
from tests.benchmarks.systems.page import page
from tests.benchmarks.systems.rows import Bench, Row, in_order, make_rows, read_rows
from tests.benchmarks.systems.system import System
from tests.benchmarks.systems.table import HELPS, NOT, UNMEASURED, UNTOLD, together
from tests.benchmarks.systems.timings import Timing, in_turns
from tests.support import ROOT

TEXTS = [f"ABC{number}" for number in range(1000, 1200)]
TRUTH = {"synthetic A": TEXTS, "synthetic B": TEXTS, "roads, Brazilian": TEXTS[:100]}


def row(name, right, seed=1, **told):
    """A system that reads so many of a hundred tracks."""
    readings = {
        kind: [text if place % 100 < right else "XXXXXXX" for place, text in enumerate(texts)]
        for kind, texts in TRUTH.items()
    }
    return Row(name, seed, 25_000, 25_000, "cpu", "bf16", 1_000_000, 50.0, 10.0, readings, **told)


def system(name, beside="", make=None, *, trained=True, expected="+3–5 % (10.2)"):
    return System(name, "super-resolution", make or (lambda _: None), expected, beside, trained)


BASE, SHARP, BLUNT, LIKE = "the base", "sharper", "blunter", "alike"
LINES = [system(BASE), system(SHARP, BASE), system(BLUNT, BASE), system(LIKE, BASE)]


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """Of a base that reads 60 %, and of systems that read 75, 45 and 60 % after two seeds, as the CSV gives them."""
    found = [
        row(name, right, seed)
        for name, right in zip((BASE, SHARP, BLUNT, LIKE), (60, 75, 45, 60), strict=True)
        for seed in (1, 2)
    ]
    timings = {SHARP: Timing(SHARP, 5.0, 1.5, 20.0, "no", "a processor")}
    table = together(LINES, found, TRUTH, timings)
    return read_systems(write_csv(table, tmp_path_factory.mktemp("systems") / "systems.csv")).set_index(
        "system"
    )


def test_a_verdict_follows_from_the_interval(figures):
    assert figures["verdict"].to_dict() == {BASE: "", SHARP: HELPS, BLUNT: NOT, LIKE: UNTOLD}
    assert figures.loc[SHARP, "synthetic, plates"] == pytest.approx(0.15)
    assert figures.loc[SHARP, "synthetic, plates_low"] > 0
    assert figures.loc[SHARP, "seeds"] == "1, 2"


def test_what_the_report_expects_stands_as_it_was_written(figures):
    assert set(figures["expected"]) == {"+3–5 % (10.2)"}


def test_the_budget_is_told_in_minutes_of_one_core(figures):
    assert figures.loc[SHARP, "core_minutes"] == pytest.approx(25_000 / 20 / 60)
    assert np.isnan(figures.loc[BASE, "core_minutes"])


def test_seeds_that_disagree_prove_nothing():
    found = [row(BASE, 60, 1), row(BASE, 60, 2), row(SHARP, 95, 1), row(SHARP, 58, 2)]
    assert together(LINES, found, TRUTH, {}).set_index("system").loc[SHARP, "verdict"] == UNTOLD


def test_a_seed_that_the_other_system_lacks_is_compared_with_its_first():
    found = [row(BASE, 60, 1), row(SHARP, 75, 1), row(SHARP, 75, 2)]
    line = together(LINES, found, TRUTH, {}).set_index("system").loc[SHARP]
    assert line["synthetic, plates"] == pytest.approx(0.15)


def test_a_failure_is_listed_with_its_error():
    failed = replace(row(SHARP, 0), readings={}, error="ValueError: no such size")
    table = together(LINES, [row(BASE, 60), failed], TRUTH, {})
    assert systems_table(table).loc[SHARP, "verdict"] == "failed: ValueError: no such size"


def test_a_system_without_a_row_is_listed_as_not_measured_yet():
    table = together(LINES, [row(BASE, 60), row(LIKE, 60)], TRUTH, {})
    assert systems_table(table).loc[[SHARP, BLUNT], "verdict"].tolist() == [UNMEASURED] * 2
    assert "nan" not in page(table)


def test_what_a_system_cannot_see_is_left_open_and_not_held_against_it():
    blind = row(SHARP, 75)
    del blind.readings["roads, Brazilian"]
    table = together(LINES, [row(BASE, 60), blind], TRUTH, {})
    assert systems_table(table).loc[SHARP, "verdict"] == HELPS
    assert "nan" not in page(table)


def test_a_page_says_what_the_table_says(figures):
    text = page(figures.reset_index())
    assert "25,000 looks at 25,000 synthetic tracks" in text
    assert f"| {SHARP} | super-resolution | +3–5 % (10.2) | {BASE} | +15.0 (" in text
    assert "nan" not in text


def test_each_system_comes_after_the_one_beside_it():
    lines = [system("c", "b"), system("b", "a"), system("a"), system("d", "elsewhere")]
    assert [line.name for line in in_order(lines)] == ["a", "d", "b", "c"]


def test_systems_that_name_each_other_still_have_an_order():
    assert len(in_order([system("a", "b"), system("b", "a")])) == 2


def test_times_are_taken_in_turns():
    turns = []
    in_turns(lambda: turns.append("one"), lambda: turns.append("two"), rounds=2)
    assert turns == ["one", "two"] * 3


@pytest.mark.slow
class TestRows:
    @pytest.fixture
    def bench(self, tmp_path, monkeypatch):
        """Rows that need no tracks."""
        table = pd.DataFrame({"text": TEXTS})
        monkeypatch.setattr(
            "tests.benchmarks.systems.tracks.tracks_to_read", lambda *_: {"synthetic A": Data(table)}
        )
        monkeypatch.setattr("tests.benchmarks.systems.tracks.training_tracks", lambda *_: Data(table))
        monkeypatch.setattr(making, "texts_of", lambda read, data: read(data))
        return Bench(tmp_path)

    def test_a_row_that_is_there_or_that_another_process_makes_is_not_made(self, bench):
        write_json(bench.file("there", 1), asdict(row("there", 50)))
        lines = [
            system(name, make=lambda _: lambda data: data.table["text"].tolist())
            for name in ("there", "taken", "free")
        ]
        with sole_writer(bench.folder / "claims" / "taken-1"):
            assert [made.system for made in make_rows(bench, lines, [1])] == ["free"]
        assert [made.system for made in make_rows(bench, lines, [1])] == ["taken"]

    def test_a_failing_row_stops_no_other_and_is_made_again_on_demand_alone(self, bench):
        def fails(_):
            raise RuntimeError("no luck")

        lines = [
            system("unlucky", make=fails),
            system("fine", make=lambda _: lambda data: data.table["text"].tolist()),
        ]
        assert [made.error for made in make_rows(bench, lines, [1])] == ["RuntimeError: no luck", ""]
        assert not list(make_rows(bench, lines, [1]))
        assert [made.system for made in make_rows(bench, lines, [1], retry=True)] == ["unlucky"]

    def test_what_depends_on_no_seed_is_made_once(self, bench):
        line = system("as it comes", make=lambda _: lambda data: data.table["text"].tolist(), trained=False)
        assert [made.seed for made in make_rows(bench, [line], [1, 2, 3])] == [1]

    def test_rows_of_other_tracks_are_refused(self, bench):
        making.write_truth(bench, {"synthetic A": pd.DataFrame({"text": TEXTS})})
        with pytest.raises(SystemExit, match="tried on other tracks"):
            making.write_truth(bench, {"synthetic A": pd.DataFrame({"text": TEXTS[1:]})})


class Data:
    """What rows need to know of tracks."""

    def __init__(self, table):
        self.table = table

    def rows(self, _):
        return range(len(self.table))


@pytest.mark.slow
def test_every_line_has_a_name_of_its_own_and_is_beside_one_that_is_there():
    systems = all_systems()
    names = {line.name for line in systems}
    assert not [line.name for line in systems if line.beside and line.beside not in names]
    assert [line.name for line in chosen(systems, "a simple CNN; our reader, as")] == [
        "a simple CNN",
        "our reader, as it comes",
    ]
    with pytest.raises(SystemExit, match="no such system"):
        chosen(systems, "a crystal ball")


@pytest.mark.slow
def test_two_processes_make_a_small_table_of_two_systems(tmp_path):
    budget = ["--looks", "200", "--tracks", "200", "--validation", "20", "--test", "20", "--processes", "2"]
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.systems",
        *budget,
        "--work",
        tmp_path,
        "--render",
        tmp_path / "page.md",
    ]
    command += ["--only", "a simple CNN; our reader, as it comes"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    figures = read_systems(tmp_path / "systems.csv").set_index("system")
    made = figures[figures["verdict"] != UNMEASURED]
    assert made["error"].to_dict() == {"a simple CNN": "", "our reader, as it comes": ""}, done.stderr
    assert figures.loc["our reader, as it comes", "synthetic A"] > 0.5
    assert figures.loc["a simple CNN", "tracks_per_s"] > 0
    found, truth = read_rows(Bench(tmp_path, 200, making.Sizes(200, 20, 20)))
    assert {len(one.readings["synthetic B"]) for one in found} == {20} == {len(truth["synthetic B"])}
    assert "a simple CNN" in (tmp_path / "page.md").read_text(encoding="utf-8")
    assert not json.loads(next(tmp_path.glob("*/rows/a-simple*.json")).read_text(encoding="utf-8"))["error"]


def test_the_page_is_rendered_from_the_figures_in_the_package():
    assert (ROOT / "docs/systems.md").read_text(encoding="utf-8") == page(read_systems(SYSTEMS))


def test_the_table_in_the_package_stands_ready_for_the_notebook():
    table = systems_table()
    assert table.index.is_unique
    assert {"the report expects", "verdict", "synthetic A", "synthetic B"} <= set(table)
    assert list(systems_table(characters=True).index) == list(table.index)
