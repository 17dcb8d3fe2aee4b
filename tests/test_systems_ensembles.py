"""Ensembles and semi-supervised learning in the table of systems: each line trains and reads some drawn tracks."""

from dataclasses import replace

import numpy as np
import pytest

from lpr_helpers.synthetic.fresh import FreshTracks
from lpr_helpers.training.pretraining import drawn_data
from tests.benchmarks.systems import ensembles, semi_supervised
from tests.benchmarks.systems.system import Budget

pytestmark = pytest.mark.slow

LINES = [*ensembles.SYSTEMS, *semi_supervised.SYSTEMS]


@pytest.fixture(autouse=True)
def _in_full_precision(monkeypatch):
    """One process trains in one precision, and the other tests' is this."""
    for name in ("PHASE", "FRAME_PHASE"):
        monkeypatch.setattr(ensembles, name, replace(getattr(ensembles, name), precision="no"))


@pytest.fixture(scope="module")
def budget(tmp_path_factory):
    """Forty tracks to learn from, eight to choose by; twenty looks."""
    folder = tmp_path_factory.mktemp("systems")
    streams = {"train": FreshTracks(40, seed=5, workers=0), "val": FreshTracks(8, seed=6, workers=0)}
    return Budget(drawn_data(streams, folder / "tracks", progress=False), looks=20, run=folder)


@pytest.mark.parametrize("system", LINES, ids=lambda system: system.name)
def test_a_line_of_the_table_is_trained_and_reads(system, budget):
    read = system.make(replace(budget, run=budget.run / "lines" / system.name))
    slots = read(budget.data)
    assert slots.shape == (48, 7, 36)
    assert slots.dtype == np.float32
    np.testing.assert_allclose(np.exp(slots).sum(-1), 1, rtol=1e-4)
    assert read.parameters > 1_000_000


def test_every_line_names_its_part_and_what_it_is_compared_with():
    assert {system.part for system in LINES} == {"ensembles", "semi-supervised"}
    assert len({system.name for system in LINES}) == len(LINES)
    assert all(system.beside for system in LINES)


def test_nine_tenths_lose_their_labels(budget):
    labelled, others = semi_supervised.divided(budget.data)
    assert len(labelled.rows("train")) == 4
    assert len(labelled.rows("val")) == 8
    assert len(others.table) == 36
    assert set(others.table["text"]) == {""}
