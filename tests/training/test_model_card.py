"""Weights as they come with the package, and the card that says how they were made."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import torch
from packaging.version import Version

from lpr_helpers import __version__, load_reader
from lpr_helpers.models.checkpoints import initial_recogniser, load_recogniser
from lpr_helpers.models.shipped_files import SHIPPED
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.dataset import VERSION as RECIPE_VERSION
from lpr_helpers.training.loop import fit
from lpr_helpers.training.model_card import TRAIN, TRIALS, VALIDATION, ship, stages_of
from lpr_helpers.training.pretraining import PHASE, drawn_data


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    """Three trials of each kind."""
    few = {name: replace(stream, tracks=3, workers=0) for name, stream in TRIALS.items()}
    return drawn_data(few, tmp_path_factory.mktemp("trials") / "tracks", progress=False)


def test_trials_are_no_tracks_that_trained_or_chose():
    seeds = [stream.seed for stream in (TRAIN, VALIDATION, *TRIALS.values())]
    assert len(set(seeds)) == len(seeds)


VERSION = re.compile(
    r"^- \*\*Version\*\*: `lpr-helpers` ([\d.]+), (\d{4}-\d\d-\d\d); weights `(\w+)`; "
    r"recipe version (\d+) in the last run\.$",
    flags=re.MULTILINE,
)


def test_the_card_in_the_package_is_of_the_weights_beside_it():
    version, _, digest, recipe = VERSION.search((SHIPPED / "README.md").read_text(encoding="utf-8")).groups()
    assert Version(version) <= Version(__version__)
    assert digest == load_recogniser(SHIPPED).digest
    assert int(recipe) == stages_of(SHIPPED)[-1].recipe


@pytest.mark.slow
def test_weights_are_made_shipped_and_read_again(tmp_path, trials):
    streams = {"train": replace(TRAIN, tracks=8, workers=0), "val": replace(VALIDATION, tracks=4, workers=0)}
    data = drawn_data(streams, tmp_path / "tracks", progress=False)
    assert data.rows("train").tolist() == list(range(8))
    made = (tmp_path / "tracks" / "images.npy").stat().st_mtime_ns
    drawn_data(streams, tmp_path / "tracks", progress=False)
    assert (tmp_path / "tracks" / "images.npy").stat().st_mtime_ns == made
    recogniser = initial_recogniser("scratch", BRAZIL)
    fit(
        recogniser,
        data,
        replace(PHASE, epochs=1, batch_size=4, precision="no"),
        tmp_path / "run",
        progress=False,
    )
    folder = ship(tmp_path / "run", data, tmp_path / "shipped", "make weights", trials=trials)
    assert {file.name for file in folder.iterdir()} == {
        "README.md",
        "calibration.json",
        "model.json",
        "model.safetensors",
        "reader.onnx",
    }
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "`make weights`: 8 tracks of recipe version" in card
    today, digest = f"{datetime.now(UTC):%Y-%m-%d}", load_recogniser(folder).digest
    assert VERSION.search(card).groups() == (__version__, today, digest, str(RECIPE_VERSION))
    again = load_recogniser(folder).model.state_dict()
    for name, tensor in load_recogniser(tmp_path / "run" / "best").model.state_dict().items():
        torch.testing.assert_close(again[name], tensor, rtol=1e-3, atol=1e-3)
    assert len(load_reader(folder, device="cpu").read(data.lr.images[0, :, 0].copy()[0]).text) == 7


@pytest.mark.slow
def test_the_card_of_weights_that_went_on_tells_of_both_runs(tmp_path, trials):
    streams = {"train": replace(TRAIN, tracks=8, workers=0), "val": replace(VALIDATION, tracks=4, workers=0)}
    data, phase = drawn_data(streams, tmp_path / "tracks", progress=False), replace(PHASE, batch_size=4)
    recogniser = initial_recogniser("scratch", BRAZIL)
    first, then = tmp_path / "first", tmp_path / "then"
    fit(recogniser, data, replace(phase, epochs=1, seed=1, precision="no"), first, progress=False)
    fit(recogniser, data, replace(phase, epochs=2, seed=2, precision="no"), then, progress=False)
    ship(first, data, first / "shipped", "make the first", trials=trials)
    earlier = stages_of(first / "shipped")
    folder = ship(then, data, tmp_path / "shipped", "make the second", earlier, trials=trials)
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card.index("`make the first`: 8 tracks") < card.index("`make the second`: 8 tracks")
    assert "24 tracks seen" in card
    assert [stage.command for stage in stages_of(folder)] == ["make the first", "make the second"]
