"""The lines of the table of systems about time and about scenarios, on a handful of tracks."""

from dataclasses import replace

import numpy as np
import pytest

from lpr_helpers.synthetic.fresh import FreshTracks
from lpr_helpers.training.pretraining import drawn_data
from lpr_helpers.training.runs import read_history
from tests.benchmarks.systems import domain_adaptation, temporal
from tests.benchmarks.systems.domain_adaptation import PLANS, planned, with_scenarios
from tests.benchmarks.systems.system import Budget

SYSTEMS = (*temporal.SYSTEMS, *domain_adaptation.SYSTEMS)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Forty tracks, of which eight choose."""
    streams = {"train": FreshTracks(32, seed=41, workers=0), "val": FreshTracks(8, seed=42, workers=0)}
    return drawn_data(streams, tmp_path_factory.mktemp("drawn"), progress=False)


@pytest.fixture(autouse=True)
def in_full_precision(monkeypatch):
    """As all tests of training: accelerate keeps a process's first precision."""
    plans = {
        name: tuple((replace(phase, precision="no"), share) for phase, share in plan)
        for name, plan in PLANS.items()
    }
    monkeypatch.setattr(domain_adaptation, "PLANS", plans)
    monkeypatch.setattr(temporal, "PHASE", replace(temporal.PHASE, precision="no"))


@pytest.mark.slow
@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_every_line_trains_and_reads(system, data, tmp_path):
    read = system.make(Budget(data, looks=32, run=tmp_path))
    slots = read(data)
    assert (slots.shape, slots.dtype) == ((40, 7, 36), np.float32)
    assert np.exp(slots).sum(-1) == pytest.approx(np.ones((40, 7)), abs=1e-4)
    assert read.parameters > 800_000
    again = system.make(Budget(data, looks=32, run=tmp_path))
    assert np.array_equal(again(data), slots), "what is trained is not trained again"


@pytest.mark.slow
@pytest.mark.parametrize("looks", [24, 96])
def test_all_plans_have_the_same_looks(data, looks, tmp_path, monkeypatch):
    seen = {}

    def counted(_, data, phase, run, **__):
        rows = data.rows("train", scenarios=phase.scenarios)
        seen.setdefault(run.parent.name, []).append(len(rows) * phase.epochs)
        return read_history(run)

    monkeypatch.setattr(temporal, "fit", counted)
    for plan in PLANS:
        planned(plan, Budget(data, looks=looks, run=tmp_path))
    assert {plan: sum(each) for plan, each in seen.items()} == dict.fromkeys(PLANS, looks)


def test_drawn_tracks_are_told_their_scenario(data):
    table = with_scenarios(data).table
    assert table["scenario"].tolist() == ["A", "B"] * 16 + ["B"] * 8
