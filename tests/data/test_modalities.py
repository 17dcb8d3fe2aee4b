"""Frames of other cameras beside those of light: found, checked, packed, and done without."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from lpr_helpers.data.frame_format import FrameFormat, Modality, Preprocessing
from lpr_helpers.data.frames import pack
from lpr_helpers.data.modalities import modalities_of
from lpr_helpers.data.overview import track_counts
from lpr_helpers.plates import BRAZIL, PlateFormat
from tests.support.modalities import BOTH, IR, IR_ALONE
from tests.support.robustness import Area
from tests.support.tracks import add_labelled, encoded, read

files = Area("plates.toml")
SAID = '[modalities]\nir = "ir-"\n'


@pytest.fixture
def root(tmp_path):
    """Three tracks; the second lacks two infrared frames, the third all."""
    for number, there in enumerate([5, 3, 0], 1):
        folder = add_labelled(tmp_path / "data" / f"track_{number:05}", f"ABC123{number}")
        for frame in range(1, there + 1):
            (folder / f"IR-{frame:03}.jpg").write_bytes(encoded(".jpg"))
    (tmp_path / "data" / "plates.toml").write_text(SAID)
    return tmp_path / "data"


def test_a_data_set_names_its_modalities_and_keeps_its_plates(tmp_path):
    (tmp_path / "plates.toml").write_text(
        f'{SAID}thermal = {{prefix = "th-", channels = 3}}\n[layouts]\nX = "LD"\n'
    )
    assert modalities_of(tmp_path) == (IR, Modality("thermal", "th-", 3))
    assert dict(PlateFormat.of(tmp_path).layouts) == {"X": "LD"}
    (tmp_path / "plates.toml").write_text(SAID)
    assert PlateFormat.of(tmp_path) == BRAZIL
    assert modalities_of(tmp_path / "elsewhere") == ()


@pytest.mark.parametrize(
    "said",
    [
        files("modalities that are no table", "refused", "modalities = 3"),
        files("a modality without a prefix", "refused", "[modalities]\nir = {channels = 1}"),
        files("an unknown field of a modality", "refused", '[modalities]\nir = {prefix = "ir-", size = 3}'),
        files("a number as prefix", "refused", "[modalities]\nir = 3"),
        files("a modality whose files are HR frames", "refused", '[modalities]\nir = "hr-"'),
        files("two modalities of one prefix", "refused", '[modalities]\na = "ir-"\nb = "ir-"'),
    ],
)
def test_a_file_that_names_them_wrongly_is_told(tmp_path, said):
    (tmp_path / "plates.toml").write_text(said)
    with pytest.raises(ValueError, match=r"plates\.toml: .*Expected, for example"):
        modalities_of(tmp_path)


def test_the_index_has_a_file_for_each_frame_and_says_what_is_missing(root):
    tracks = read(root)
    assert tracks.modalities == (IR,)
    assert [[Path(file).name for file in files] for files in tracks.table.ir] == [
        [f"IR-{i:03}.jpg" for i in range(1, 6)],
        ["IR-001.jpg", "IR-002.jpg", "IR-003.jpg", "", ""],
        [""] * 5,
    ]
    assert tracks.problems.kind.tolist() == ["missing-modality"] * 2
    assert tracks.problems.message[0] == "2 of 5 frames have no ir frame beside them; used without"
    assert tracks.table.trainable.all()


def test_frames_of_every_kind_are_counted(root):
    counts = track_counts(read(root)).iloc[0]
    assert (counts.tracks, counts.trainable, counts.lr, counts.hr, counts.ir) == (3, 3, 15, 15, 8)


def test_frames_that_are_damaged_or_belong_to_none_are_left_out(root):
    folder = root / "track_00001"
    (folder / "IR-002.jpg").write_bytes(b"")
    (folder / "ir-009.png").write_bytes(encoded())
    tracks = read(root)
    assert tracks.table.ir[0][1] == ""
    assert {"empty-image", "frame-name", "missing-modality"} == set(tracks.problems.kind)


def test_a_cache_remembers_them_and_notices_when_others_are_named(root, tmp_path):
    cache = tmp_path / "tracks.jsonl"
    first = read(root, cache=cache)
    assert read(root, cache=cache).table.equals(first.table)
    (root / "plates.toml").write_text('[modalities]\nheat = "ir-"\n')
    assert read(root, cache=cache).table.heat.tolist() == first.table.ir.tolist()


def test_frames_are_stacked_and_what_is_missing_is_zero(root, tmp_path):
    table = read(root).table
    both = pack(table, tmp_path / "both", frame_format=BOTH, progress=False)
    grey = pack(table, tmp_path / "grey", progress=False)
    assert both.images.shape == (3, 5, 2, 32, 128)
    np.testing.assert_array_equal(both.images[:, :, :1], grey.images)
    assert both.shown[:, :, 0].all()
    assert both.shown[:, :, 1].sum(1).tolist() == [5, 3, 0]
    np.testing.assert_array_equal(both.images[:, :, 1].any((2, 3)), both.shown[:, :, 1])
    again = pack(table, tmp_path / "both", frame_format=BOTH, progress=False)
    np.testing.assert_array_equal(again.shown, both.shown)
    alone = pack(table, tmp_path / "alone", frame_format=IR_ALONE, progress=False)
    np.testing.assert_array_equal(alone.valid, both.shown[:, :, 1])
    hr = pack(table, tmp_path / "hr", kind="hr", frame_format=BOTH, progress=False)
    assert hr.valid.all()
    assert not hr.images[:, :, 1].any()


def test_packing_asks_for_modalities_that_nobody_named(root, tmp_path):
    (root / "plates.toml").unlink()
    with pytest.raises(ValueError, match=r'know nothing of ir frames.*ir = "ir-"'):
        pack(read(root).table, tmp_path / "both", frame_format=BOTH, progress=False)


def test_what_was_packed_before_is_packed_in_the_same_way_today(root, tmp_path):
    """A folder of an earlier release is taken as it is, bit for bit."""
    table = read(root).table
    pack(table, tmp_path / "lr", progress=False)
    digest = hashlib.sha256(b"1 (3, 5, 1, 32, 128)")
    for track in table.lr:
        for file in track:
            status = Path(file).stat()
            digest.update(f"{file}|{status.st_size}|{status.st_mtime_ns}\n".encode())
        digest.update(b"--\n")
    manifest = json.loads((tmp_path / "lr" / "manifest.json").read_text())
    assert manifest["stamp"] == digest.hexdigest()
    assert {file.name for file in (tmp_path / "lr").iterdir()} == {"images.npy", "valid.npy", "manifest.json"}


@pytest.mark.parametrize(
    ("done", "anew"),
    [
        (Preprocessing("hist"), True),
        (Preprocessing("clahe"), True),
        (Preprocessing(rectify=True), True),
        (Preprocessing(scales=(1.0, 0.5)), False),
    ],
)
def test_another_preprocessing_of_files_is_packed_anew(root, tmp_path, done, anew):
    table, stamp = read(root).table, tmp_path / "lr" / "manifest.json"
    pack(table, tmp_path / "lr", progress=False)
    before = stamp.read_text()
    packed = pack(table, tmp_path / "lr", frame_format=FrameFormat(preprocessing=done), progress=False)
    assert (stamp.read_text() != before) == anew
    assert (packed.misfit(FrameFormat()) is not None) == anew
