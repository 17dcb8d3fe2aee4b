"""Pseudo-labels: which tracks are taken and why not the others, and that test tracks never are."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lpr_helpers.data.forbidden import RULE, ForbiddenTracksError
from lpr_helpers.data.frames import Packed
from lpr_helpers.decoding.layouts import candidate_layouts
from lpr_helpers.evaluation.confidence_maps import Calibrator
from lpr_helpers.evaluation.kept_calibration import Calibration
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training import pseudo_labels
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import PHASE1
from lpr_helpers.training.pseudo_labels import pseudo_label, with_pseudo_labels
from tests.support.noise import noise_data, small
from tests.support.slots import slots_of
from tests.support.unlabelled import unlabelled_noise

READ = ["ABC1D34", "BRA2E19", "XYZ9876", "QWE4R56", "JKL0987"]
SURE = [0.999, 0.999, 0.999, 0.8, 0.999]


@pytest.fixture
def said(monkeypatch):
    """Readers of whom the second reads the second track otherwise; validation tracks are read by nobody's rule."""

    def views(reader, batch, count):
        rows = batch.rows.tolist()
        texts = [READ[row % len(READ)] for row in rows]
        if reader.about.get("odd"):
            texts = ["BRA2E99" if text == "BRA2E19" else text for text in texts]
        slots = [slots_of(text, SURE[row % len(READ)]) for text, row in zip(texts, rows, strict=True)]
        yield from [torch.stack(slots).double()] * count

    monkeypatch.setattr(pseudo_labels, "_views", views)


def readers():
    odd = small(2)
    odd.about["odd"] = True
    return [small(1), odd]


def chosen(tracks=None, **options):
    tracks = tracks or unlabelled_noise()
    return pseudo_label(readers(), tracks, noise_data(), device="cpu", progress=False, **options)


@pytest.mark.usefixtures("said")
def test_what_is_sure_and_agreed_on_is_taken_and_of_all_others_it_is_said_why_not():
    tracks = unlabelled_noise()
    tracks.lr.valid[4] = False
    found = chosen(tracks, weights=[0.9, 0.1])
    assert found.table["reading"].tolist() == READ
    assert found.table["why"].tolist() == [
        "taken",
        "agreed on by fewer than 100% of the views",
        "taken",
        "less sure than 0.95",
        "without a readable frame",
    ]
    assert found.table["agreement"].tolist() == [1.0, 0.5, 1.0, 1.0, 1.0]
    assert "2 taken, 1 agreed on by fewer" in str(found)
    assert "Confidences of plates stay as they are" in str(found)
    assert found.data.table["text"].tolist() == ["ABC1D34", "XYZ9876"]
    assert found.data.table["layout"].tolist() == ["Mercosur", "Brazilian"]
    np.testing.assert_array_equal(found.data.lr.images, tracks.lr.images[[0, 2]])


@pytest.mark.usefixtures("said")
def test_thresholds_let_more_in():
    assert chosen(agreement=0.5, confidence=0.1, weights=[0.9, 0.1]).table["taken"].all()
    with pytest.raises(ValueError, match=r"agreement=1\.5"):
        chosen(agreement=1.5)


@pytest.mark.usefixtures("said")
def test_a_calibrated_confidence_is_what_counts():
    modest = Calibration(plate=Calibrator("modest", a=1.0, b=0.2, c=-3.0))
    found = chosen(calibration=modest)
    assert not found.table["taken"].any()
    assert found.table["confidence"].max() < 0.95


@pytest.mark.usefixtures("said")
def test_validation_plates_stay_out_of_training():
    data = noise_data()
    data.table.loc[6, "text"] = "XYZ9876"
    found = pseudo_label([small()], unlabelled_noise(), data, device="cpu", progress=False)
    assert found.table["why"].iloc[2] == "with a validation plate"


def test_test_tracks_are_refused_before_anything_is_read():
    tracks = unlabelled_noise()
    for options in (
        {"tracks": replace(tracks, table=tracks.table.assign(folder="LRLPR/blind_test/track_1"))},
        {"tracks": tracks, "tests": Packed(tracks.lr.images[:1], tracks.lr.valid[:1])},
    ):
        with pytest.raises(ForbiddenTracksError, match=RULE):
            chosen(**options)


@pytest.mark.usefixtures("said")
@pytest.mark.slow
def test_what_was_taken_is_trained_on_like_any_other_track(tmp_path):
    data = with_pseudo_labels(noise_data(), chosen())
    assert len(data.rows("train")) == 6 + 3
    assert not data.hr.valid[-3:].any()
    phase = replace(PHASE1, epochs=1, batch_size=8, precision="no", augmentation="light")
    assert len(fit(small(), data, phase, tmp_path / "run", progress=False)) == 1
    with pytest.raises(ValueError, match="pack both alike"):
        with_pseudo_labels(noise_data(), replace(chosen(), data=unlabelled_noise(width=128)))


@pytest.mark.slow
def test_real_readers_of_both_kinds_label_together():
    kinds = {"cnn": {"hidden": 16}, "multiframe": {"width": 64}}
    both = [Recogniser.new(BRAZIL, kind=kind, **network) for kind, network in kinds.items()]
    data = noise_data()
    wide = replace(data, lr=Packed(data.lr.images.repeat(2, axis=-1), data.lr.valid), hr=None)
    tracks = unlabelled_noise(width=128)
    found = pseudo_label(
        both, tracks, wide, views=2, confidence=0.0, agreement=0.0, device="cpu", progress=False
    )
    assert found.table["taken"].all()
    assert all(BRAZIL.misfit(text) is None for text in found.table["reading"])
    assert len(candidate_layouts("any", 1, BRAZIL)[0]) == 2
    assert any("cannot teach" in note for note in found.calibration.notes)
