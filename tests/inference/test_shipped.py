"""The reader in the package: what it is, that it reads, and that it reads today what it read yesterday."""

import csv
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from lpr_helpers import load_reader
from lpr_helpers.models.shipped_files import ONNX_FILE, PAIR, SECOND, SHIPPED, reader_folders
from lpr_helpers.synthetic.dataset import make_track
from lpr_helpers.synthetic.plate_classes import CLASSES
from lpr_helpers.synthetic.plates import draw_plate
from lpr_helpers.synthetic.recipe import RECIPE
from tests.support import FIXTURE

READINGS = FIXTURE.with_name("fixture-readings.csv")


@pytest.mark.parametrize("folder", [SHIPPED, SECOND], ids=lambda folder: folder.name)
def test_the_weights_in_the_package_are_small_and_say_what_they_are(folder):
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 6 * 2**20
    card = (folder / "README.md").read_text(encoding="utf-8")
    for word in ("synthetic", "seed", "lpr_helpers weights", "Training", "recognition rate"):
        assert word in card
    kept = load_file(folder / "model.safetensors").values()
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


def test_the_pair_is_both_readers_of_the_package_and_knows_what_its_confidences_are_worth():
    frames = sorted((FIXTURE / "train/Scenario-B/Mercosur").rglob("lr-*"))[:5]
    options = {"precision": "no", "device": "cpu"}
    one, other, pair = (load_reader(folder, **options).read(frames) for folder in (SHIPPED, SECOND, PAIR))
    mean = (torch.as_tensor(one.slots) + torch.as_tensor(other.slots)).div(2).log_softmax(-1)
    torch.testing.assert_close(torch.as_tensor(pair.slots), mean, rtol=0, atol=1e-4)
    assert pair.calibrated
    assert pair.calibration_tracks == 4800
    assert 0 < load_reader(PAIR, **options).calibration.threshold < 1


def test_the_pair_reads_the_same_without_torch():
    files = [folder / ONNX_FILE for folder in (SHIPPED, SECOND)]
    frames = sorted((FIXTURE / "train/Scenario-B/Mercosur").rglob("lr-*"))[:5]
    alone, torched = load_reader(files).read(frames), load_reader(PAIR, "cpu", precision="no").read(frames)
    assert (alone.text, alone.calibrated) == (torched.text, True)
    assert alone.confidence == pytest.approx(torched.confidence, abs=1e-3)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (None, [SHIPPED]),
        ("pair", [SHIPPED, SECOND]),
        ("phase1/best", [Path("phase1/best")]),
        (["pair", "phase1/best"], [SHIPPED, SECOND, Path("phase1/best")]),
    ],
)
def test_readers_are_told_by_their_folders_and_the_pair_by_its_name(told, meant):
    assert reader_folders(told) == meant


def test_a_folder_called_pair_is_a_folder(tmp_path, monkeypatch):
    (tmp_path / "pair").mkdir()
    monkeypatch.chdir(tmp_path)
    assert reader_folders("pair") == [Path("pair")]
