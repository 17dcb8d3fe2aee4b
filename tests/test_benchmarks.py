"""The benchmarks' own rules: what is left out is really left out, and the halves of the real plates stay apart."""

import numpy as np
import pytest
import torch

from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic import RECIPE, make_track
from tests.benchmarks.ingredients import FREE, INGREDIENTS, without
from tests.benchmarks.probe import Probe, read
from tests.benchmarks.rectify import in_half


def test_everything_is_the_recipe_itself():
    assert without("everything", RECIPE) == (RECIPE, FREE)


@pytest.mark.parametrize("name", INGREDIENTS)
def test_leaving_an_ingredient_out_changes_the_recipe_and_still_makes_tracks(name):
    assert without(name, RECIPE) != (RECIPE, FREE)
    recipe, _ = without(name, RECIPE)
    for scenario in "AB":
        assert len(make_track(3, scenario, "Brazilian", recipe=recipe, hr=False).lr) == 5


def test_every_plate_is_in_one_half_whatever_the_track():
    texts = [f"ABC{number}" for number in range(1000, 1200)]
    steer = [in_half(text, "steer") for text in texts]
    assert [not here for here in steer] == [in_half(text, "report") for text in texts]
    assert 0.3 < np.mean(steer) < 0.7


def test_the_probe_gives_log_probabilities_of_seven_characters():
    images = np.random.default_rng(0).integers(0, 256, (3, 5, 1, 32, 128), dtype=np.uint8)
    slots = read(Probe().eval(), images)
    assert slots.shape == (3, BRAZIL.length, 36)
    assert torch.allclose(slots.exp().sum(-1), torch.ones(3, BRAZIL.length), atol=1e-5)
