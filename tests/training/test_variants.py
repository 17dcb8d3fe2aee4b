"""Ensembles: variants of a training, weighed on validation, read with like any other reader."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lpr_helpers.inference.ensemble_results import read_ensemble
from lpr_helpers.inference.reader import load_reader
from lpr_helpers.training import loop
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.phases import PHASE1
from lpr_helpers.training.variants import VARIANTS, Variant, make_variants, train_ensemble
from tests.support.noise import wide_noise_data

PHASE = replace(PHASE1, epochs=1, batch_size=8, precision="no", augmentation="light", hr=False)
TWO = {"one": Variant("cnn", PHASE), "two": Variant("cnn", replace(PHASE, seed=7))}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of an ensemble of two, and what it reads of validation."""
    folder = tmp_path_factory.mktemp("ensemble")
    return folder, train_ensemble(TWO, wide_noise_data(), folder, progress=False)


def test_the_reports_variants_differ_in_initialisation_augmentation_and_architecture():
    made = make_variants("crnn", PHASE1, PHASE1)
    assert tuple(made) == VARIANTS
    assert {made[name].start for name in ("base", "initialisation", "augmentation")} == {"crnn"}
    assert (made["crnn7"].start, made["crnn-attention"].start) == ("crnn7", "crnn-attention")
    assert made["augmentation"].phase.augmentation != PHASE1.augmentation
    assert len({variant.phase.seed for variant in made.values()}) == len(VARIANTS)


def test_another_initialisation_of_the_reader_in_the_package_has_fresh_weights():
    made = make_variants("ours", PHASE1, PHASE1)
    assert made["initialisation"].start == "scratch"
    assert made["initialisation"].phase.learning_rate > made["base"].phase.learning_rate


@pytest.mark.slow
def test_the_folder_is_read_with_as_one_reader_by_its_weights(made):
    folder, results = made
    reader, frames = load_reader(folder, "cpu", precision="no"), wide_noise_data().lr.images[6]
    weights = list(results.weights.values())
    assert reader.weights == pytest.approx(weights)
    alone = [load_reader(folder / name / "best", "cpu", precision="no").read(frames).slots for name in TWO]
    mean = sum(weight * slots for weight, slots in zip(weights, alone, strict=True)).log_softmax(-1)
    torch.testing.assert_close(reader.read(frames).slots, mean, atol=1e-4, rtol=1e-4)


@pytest.mark.slow
def test_what_it_reads_is_told_member_by_member(made):
    folder, results = made
    again = read_ensemble(folder, wide_noise_data(), "val", progress=False)
    for one, other in ((results.members, again.members), (results.grown, again.grown)):
        assert list(one) == list(other) == ["one", "two"]
        for name in one:
            assert one[name]["reading"].tolist() == other[name]["reading"].tolist()
            np.testing.assert_allclose(one[name]["confidence"], other[name]["confidence"], rtol=1e-4)
    assert results.joined is results.grown["two"]
    with pytest.raises(ValueError, match="no trainable track on the side more"):
        read_ensemble(folder, wide_noise_data(), "more")


@pytest.mark.slow
def test_called_again_nothing_is_trained_that_is_there(made, monkeypatch):
    folder, results = made
    monkeypatch.setattr(loop, "_train", lambda *_: pytest.fail("trained again"))
    again = train_ensemble(TWO, wide_noise_data(), folder, progress=False)
    assert again.weights == pytest.approx(results.weights)


def test_one_variant_is_no_ensemble(tmp_path):
    with pytest.raises(TrainingError, match="two variants at least"):
        train_ensemble({"one": TWO["one"]}, wide_noise_data(), tmp_path)
