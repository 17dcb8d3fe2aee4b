"""Scenarios drawn more often, and one made to look like the other, in training."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn.functional import interpolate

from lpr_helpers.data.batches import Batch
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.evaluation.domain_gap import compression_gap, domain_gaps, measure_images
from lpr_helpers.synthetic.fresh import FreshTracks
from lpr_helpers.training.adaptation import learn_transfer, scenario_transfer
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.loop import fit
from tests.support.fresh import drawn
from tests.support.noise import PHASE, noise_data, small, weights

ADAPTED = replace(PHASE, hr=False, scenario_weights=(("B", 3.0),), transfer=("A", "B"))
"""Both at once."""


@pytest.fixture(scope="module")
def scenes():
    """40 drawn tracks of Scenario A, and 40 of a B that is darker and less sharp: uint8 [40, 5, 1, 32, 128] each."""
    day, other = (drawn(FreshTracks(40, seed=seed, scenarios=("A",), workers=0))[0] for seed in (3, 4))
    soft = torch.from_numpy(other).float().flatten(0, 1)
    night = interpolate(interpolate(soft, (16, 48), mode="area"), (32, 128), mode="bilinear") / 2
    return {"A": day, "B": night.view(40, 5, 1, 32, 128).byte().numpy()}


@pytest.mark.slow
def test_tracks_of_a_come_to_look_like_those_of_b(scenes):
    data = two_scenarios(scenes)
    transfer = learn_transfer(data, "A", "B")
    images, valid = torch.from_numpy(scenes["A"]).float() / 255, torch.ones(40, 5, dtype=torch.bool)
    torch.manual_seed(0)
    changed = (255 * transfer(images, valid)).round().byte().numpy()
    groups = {"1 before": scenes["A"], "2 B": scenes["B"], "3 after": changed}
    tables = [measure_images(some, name, 40 * n) for n, (name, some) in enumerate(groups.items())]
    gaps = domain_gaps(pd.concat(tables), draws=20).set_index(["one", "measure"])["delta"].abs()
    looks = ["light", "contrast", "sharpness"]
    assert gaps["1 before"][looks].min() > 0.6
    assert gaps["2 B"][looks].max() < 0.25


def two_scenarios(scenes):
    """Training data of both scenarios, all of whose texts are the same."""
    data = noise_data()
    table = (
        data.table.iloc[[0] * 80]
        .reset_index(drop=True)
        .assign(split="train", scenario=["A"] * 40 + ["B"] * 40)
    )
    images = np.concatenate([scenes["A"], scenes["B"]])
    return TrackData(table, data.plate, type(data.lr)(images, np.ones((80, 5), dtype=bool)))


def test_half_of_the_tracks_of_one_scenario_are_changed_and_no_other():
    data = noise_data()
    rows = torch.tensor([0, 1, 2, 3] * 50)
    images, valid = torch.rand(200, 2, 1, 32, 64), torch.ones(200, 2, dtype=torch.bool)
    change = scenario_transfer(data, ("A", "B"), 0, torch.device("cpu"))
    torch.manual_seed(0)
    changed = (change(Batch(images, valid, rows, rows)) != images).flatten(1).any(1)
    assert not changed[rows > 0].any()
    assert 15 < changed[rows == 0].sum() < 35


@pytest.mark.parametrize("scenarios", [None, ("A", "C"), ("C", "B")])
def test_data_without_these_scenarios_stay_as_they_are(scenarios):
    assert scenario_transfer(noise_data(), scenarios, 0, torch.device("cpu")) is None


def test_only_training_tracks_teach_how_a_scenario_looks():
    data = noise_data()
    assert len(learn_transfer(data, "A", "B").looks) == 5
    data.table.loc[1:4, "split"] = "test"
    assert len(learn_transfer(data, "A", "B").looks) == 1


def test_a_cut_run_ends_as_one_that_was_not_cut(tmp_path):
    def interrupt(_):
        raise KeyboardInterrupt

    whole, resumed = small(), small()
    fit(whole, noise_data(), ADAPTED, tmp_path / "whole", progress=False)
    with pytest.raises(KeyboardInterrupt):
        fit(small(), noise_data(), ADAPTED, tmp_path / "cut", on_epoch=interrupt, progress=False)
    fit(resumed, noise_data(), ADAPTED, tmp_path / "cut", progress=False)
    assert torch.equal(weights(whole), weights(resumed))


def test_a_run_says_so_and_one_without_is_as_it_was(tmp_path):
    for name, phase in (("plain", replace(PHASE, epochs=1)), ("adapted", replace(ADAPTED, epochs=1))):
        fit(small(), noise_data(), phase, tmp_path / name, progress=False)
    plain, adapted = (
        json.loads((tmp_path / name / "config.json").read_text())["identity"]["phase"]
        for name in ("plain", "adapted")
    )
    assert not {"scenario_weights", "transfer"} & set(plain), "runs of earlier releases go on"
    assert (adapted["scenario_weights"], adapted["transfer"]) == ([["B", 3.0]], ["A", "B"])
    hash(ADAPTED)


def test_a_weight_that_is_none_stops_before_training(tmp_path):
    with pytest.raises(TrainingError, match="a number above 0"):
        fit(
            small(),
            noise_data(),
            replace(ADAPTED, scenario_weights=(("B", 0.0),)),
            tmp_path / "run",
            progress=False,
        )


def test_how_much_more_the_other_scenario_is_compressed_is_learnt_from_files(scenes, tmp_path):
    def written(name, quality):
        rows = []
        for place, track in enumerate(scenes["A"][:20]):
            file, frame = tmp_path / f"{name}{place}.png", cv2.resize(track[0, 0], (48, 24))
            if quality:
                frame = cv2.imdecode(cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0)
            cv2.imwrite(str(file), frame)
            rows.append({"lr": [str(file)], "lr_sizes": [(48, 24)]})
        return rows

    clean, coded = pd.DataFrame(written("clean", None)), pd.DataFrame(written("coded", 30))
    assert compression_gap(clean, coded) == 30
    assert compression_gap(clean, clean) is None
    assert compression_gap(coded, clean) is None
    assert compression_gap(clean, clean.assign(lr=[[]] * 20)) is None
