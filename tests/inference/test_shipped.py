"""The reader in the package: what it is, that it reads, and that it reads today what it read yesterday."""

import csv
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from lpr_helpers import load_reader
from lpr_helpers.models.shipped_files import SHIPPED
from lpr_helpers.synthetic.dataset import make_track
from lpr_helpers.synthetic.plate_classes import CLASSES
from lpr_helpers.synthetic.plates import draw_plate
from lpr_helpers.synthetic.recipe import RECIPE
from tests.support import FIXTURE

READINGS = FIXTURE.with_name("fixture-readings.csv")


def test_the_weights_in_the_package_are_small_and_say_what_they_are():
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) <= 12 * 2**20
    card = (SHIPPED / "README.md").read_text(encoding="utf-8")
    for word in ("synthetic", "seed", "lpr_helpers weights", "Training", "recognition rate"):
        assert word in card
    kept = load_file(SHIPPED / "model.safetensors").values()
    assert {tensor.dtype for tensor in kept} == {torch.float16, torch.int64}


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_the_reader_in_the_package_reads_synthetic_plates(ground):
    """No measure of how well: that stands in README, from a command."""
    kinds = [kind for kind in CLASSES["Mercosur"] if (max(kind.ground) < 64) == (ground == "dark")]
    recipe = replace(RECIPE, plates=replace(RECIPE.plates, classes={"Mercosur": tuple(kinds)}))
    numbers = [(990_002, number) for number in range(24)]
    tracks = [make_track(number, "A", "Mercosur", hr=False, recipe=recipe) for number in numbers]
    readings = load_reader(device="cpu").read_many([track.lr for track in tracks])
    right = [
        a == b
        for track, reading in zip(tracks, readings, strict=True)
        for a, b in zip(track.text, reading.text, strict=True)
    ]
    assert np.mean(right) > 0.8


def test_plates_in_two_rows_are_nonsense_without_confidence_until_the_rows_lie_side_by_side():
    reader, texts = load_reader(device="cpu"), ["ABC1D23", "KLM4E56", "RST7F89", "XYZ0H12"]
    side_by_side = []
    for number, text in enumerate(texts):
        row = draw_plate(text, "Mercosur", np.random.default_rng(number))[38:118]
        first, second = row[:, 25:175], row[:, 175:375]
        room = ((0, 0), (25, 25), (0, 0))
        stacked = np.vstack([np.pad(first, room, mode="edge"), second])
        assert reader.read(cv2.resize(stacked, (40, 34), interpolation=cv2.INTER_AREA)).confidence < 0.01
        wide = cv2.resize(np.hstack([first, second]), (66, 17), interpolation=cv2.INTER_AREA)
        side_by_side.append(reader.read(wide).text)
    assert sum(map(str.__eq__, side_by_side, texts)) >= 3


def test_every_track_of_the_fixture_is_read_as_ever():
    """A change of one of these readings is a change of what users get: it has to be meant."""
    with READINGS.open(encoding="utf-8", newline="") as lines:
        kept = {row["folder"]: (row["text"], float(row["confidence"])) for row in csv.DictReader(lines)}
    folders = [folder.relative_to(FIXTURE).as_posix() for folder in sorted(FIXTURE.rglob("track_*"))]
    assert list(kept) == folders
    reader = load_reader(precision="no", device="cpu")
    for folder in folders:
        reading, (text, confidence) = reader.read(FIXTURE / folder), kept[folder]
        assert reading.text == text, folder
        assert reading.confidence == pytest.approx(confidence, abs=1e-3), folder
