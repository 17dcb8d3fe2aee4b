"""The precision of a training: as the phase says, as the run began, else as it was measured."""

import json
import os
import sys
from dataclasses import replace

import pytest
import torch

from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training import precision
from lpr_helpers.training.loop import fit
from lpr_helpers.training.precision import begun_precision, measured_precision, training_precision
from lpr_helpers.utils import measured
from tests.support.networks import FORWARDS, SMALL
from tests.support.noise import PHASE, small, weights
from tests.support.processes import together

AUTO = replace(PHASE, precision="auto")


pytestmark = pytest.mark.usefixtures("unmeasured")


@pytest.fixture(autouse=True)
def _measures(monkeypatch):
    """A CPU with bf16."""
    monkeypatch.setattr(precision, "multiplies_in_bf16", lambda: True)
    monkeypatch.setattr(precision, "best_device", lambda: torch.device("cpu"))


def took(monkeypatch, float32, bf16):
    """As if learning had taken so many seconds."""
    monkeypatch.setattr(precision, "_measured", lambda _: {"float32": float32, "bf16": bf16})


def never(_):
    pytest.fail("measured although nothing was to be chosen")


def begun(run, told):
    run.mkdir()
    (run / "config.json").write_text(json.dumps({"circumstances": {"precision": told}}))
    return run


@pytest.mark.parametrize(
    ("float32", "bf16", "taken"), [(1.0, 0.6, "bf16"), (1.0, 0.98, "no"), (1.0, 1.4, "no")]
)
def test_bf16_is_taken_where_it_is_clearly_faster(monkeypatch, tmp_path, float32, bf16, taken):
    took(monkeypatch, float32, bf16)
    assert training_precision(AUTO, small(), tmp_path / "run") == taken


def test_nothing_is_measured_where_the_phase_says_it_or_the_processor_has_no_bf16(monkeypatch, tmp_path):
    monkeypatch.setattr(precision, "_measured", never)
    assert training_precision(replace(AUTO, precision="bf16"), small(), tmp_path / "run") == "bf16"
    monkeypatch.setattr(precision, "multiplies_in_bf16", lambda: False)
    assert training_precision(AUTO, small(), tmp_path / "run") == "no"


@pytest.mark.parametrize(
    ("told", "goes_on"), [("no", "no"), ("bf16", "bf16"), ("fp16", None), (3, None), (None, None)]
)
def test_a_run_goes_on_in_what_a_cpu_began_it_in(tmp_path, told, goes_on):
    assert begun_precision(begun(tmp_path / "run", told)) == goes_on
    assert begun_precision(tmp_path / "new") is None


def test_a_run_begun_in_bf16_goes_on_in_float32_where_the_processor_has_none(monkeypatch, tmp_path):
    monkeypatch.setattr(precision, "multiplies_in_bf16", lambda: False)
    assert training_precision(AUTO, small(), begun(tmp_path / "run", "bf16")) == "no"


def test_a_run_that_was_cut_short_ends_bit_for_bit_whatever_is_measured_then(monkeypatch, data, tmp_path):
    def interrupt(_):
        raise KeyboardInterrupt

    took(monkeypatch, 1.0, 2.0)
    whole = small()
    fit(whole, data, AUTO, tmp_path / "whole", progress=False)
    with pytest.raises(KeyboardInterrupt):
        fit(small(), data, AUTO, tmp_path / "run", on_epoch=interrupt, progress=False)
    took(monkeypatch, 2.0, 1.0)
    (tmp_path / "cache" / "lpr-helpers" / "measured.json").unlink()
    monkeypatch.setattr(measured, "_here", {})
    resumed = small()
    fit(resumed, data, AUTO, tmp_path / "run", progress=False)
    assert torch.equal(weights(resumed), weights(whole))
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["circumstances"]["precision"] == "no"


def test_measuring_changes_neither_the_network_nor_chance(monkeypatch):
    monkeypatch.setattr(precision, "BUDGET", 0)
    monkeypatch.setattr(precision, "ITEMS", 2)
    recogniser = small()
    before, state = weights(recogniser).clone(), torch.get_rng_state()
    choice = measured_precision(recogniser)
    assert choice.seconds.keys() == {"float32", "bf16"}
    assert torch.equal(weights(recogniser), before)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(weight.grad is None for weight in recogniser.model.parameters())


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORWARDS)
def test_every_way_through_a_network_can_be_measured(monkeypatch, kind):
    monkeypatch.setattr(precision, "BUDGET", 0)
    monkeypatch.setattr(precision, "ITEMS", 2)
    assert measured_precision(Recogniser.new(BRAZIL, kind=kind, **SMALL[kind])).seconds


def _both(folder):
    os.environ.pop(measured.SWITCH, None)
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    precision.multiplies_in_bf16 = lambda: True
    precision._measured = lambda _: {"float32": 1.0, "bf16": 0.5 + torch.distributed.get_rank()}
    (folder / str(torch.distributed.get_rank())).write_text(training_precision(AUTO, small(), folder / "run"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a system without forks")
def test_processes_that_train_together_take_what_the_first_has_measured(tmp_path):
    together(_both, tmp_path)
    assert [(tmp_path / name).read_text() for name in "01"] == ["bf16", "bf16"]
