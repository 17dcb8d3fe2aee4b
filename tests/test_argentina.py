"""The way of docs/your-own.md, on a few drawn Argentine tracks: from a folder to a reader of one's own."""

import csv

import pytest

from lpr_helpers import cli
from lpr_helpers.browser import OwnPlates
from lpr_helpers.inference.reader import load_reader
from lpr_helpers.models.checkpoints import SHIPPED, load_recogniser
from lpr_helpers.plates import PlateFormat
from tests.benchmarks import five_characters

pytestmark = pytest.mark.slow
ARGENTINE = PlateFormat(layouts={"Argentine": "LLDDDLL"})


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs commands in a folder of its own, with the switches of the page."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"LPR_ARTIFACTS": "own", "LPR_PROFILE": "tiny"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LPR_READER", raising=False)

    def command(line):
        assert cli.main(line.split()) == 0, line

    return command


def test_from_a_drawn_country_to_a_reader_of_its_plates(run, monkeypatch, capsys, tmp_path):
    run("make-data argentina --style argentine --train-a 6 --train-b 12 --test 6 --workers 1")
    run("check-data argentina")
    assert "0 problems" in capsys.readouterr().out
    run("read argentina/test --out before.csv")
    monkeypatch.setenv("LPR_DATA", "argentina")
    run("train phase1 phase2")
    assert "from trained weights" in capsys.readouterr().out
    run("read argentina/test --out after.csv --reader own/phase2/best")
    for file in ("before.csv", "after.csv"):
        rows = list(csv.DictReader((tmp_path / file).open(encoding="utf-8")))
        assert len(rows) == 6
        assert all(ARGENTINE.misfit(row["reading"], row["layout"]) is None for row in rows)
        run(f"evaluate {file} argentina-truth.csv")
    run("compare before.csv after.csv --truth argentina-truth.csv")
    run("train submission")
    assert "6 tracks read by phase" in capsys.readouterr().out

    shown = OwnPlates(load_reader("own/phase2/best"), sorted((tmp_path / "argentina/test").iterdir())[:2])
    assert [reading.layout for _, reading in shown.readings] == ["Argentine"] * 2


def test_plates_of_another_length_and_alphabet_start_from_the_weights_in_the_package(run, monkeypatch):
    five_characters.main(["five", "--train", "14", "--test", "4"])
    monkeypatch.setenv("LPR_DATA", "five")
    run("train phase1")
    run("read five/test --out five.csv --reader own/phase1/best")
    run("evaluate five.csv five/test")
    trained = load_recogniser("own/phase1/best")
    assert (trained.plate.length, len(trained.plate.alphabet)) == (5, 37)
    known = load_recogniser(SHIPPED).model.state_dict()["position"]
    apart = (trained.model.state_dict()["position"] - known).abs().mean()
    assert 0 < apart < 0.1 * known.abs().mean(), "it went on from there"
