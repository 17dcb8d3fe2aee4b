"""The lines of the table of systems that are about inputs, on a few drawn tracks."""

from dataclasses import replace

import numpy as np
import pytest

from lpr_helpers.data.frames import Packed
from lpr_helpers.synthetic.fresh import FreshTracks
from lpr_helpers.training.pretraining import drawn_data
from tests.benchmarks.systems import modalities, preprocessing, redrawn
from tests.benchmarks.systems.system import Budget

pytestmark = pytest.mark.slow
SYSTEMS = (*modalities.SYSTEMS, *preprocessing.SYSTEMS)


@pytest.fixture(scope="module")
def budget(tmp_path_factory):
    """Forty tracks to learn from, each seen once."""
    folder = tmp_path_factory.mktemp("systems")
    sides = {"train": FreshTracks(40, 1, workers=0), "val": FreshTracks(8, 2, scenarios=("B",), workers=0)}
    return Budget(drawn_data(sides, folder / "tracks", progress=False), 40, folder / "runs" / "own")


@pytest.fixture(scope="module")
def unknown(budget):
    """Tracks that nobody knows the drawing of, as real ones."""
    images = np.array(budget.data.lr.images[:6])
    return replace(budget.data, table=budget.data.table[:6], lr=Packed(images, np.ones((6, 5), bool)))


@pytest.fixture(autouse=True)
def in_full_precision(monkeypatch):
    """As all tests of one process train."""
    monkeypatch.setattr(redrawn, "PHASE", replace(redrawn.PHASE, precision="no"))


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_every_system_is_trained_and_reads_tracks_of_any_kind(system, budget, unknown):
    read = system.make(budget)
    for data in (budget.data, unknown):
        slots = read(data)
        assert slots.shape == (len(data.table), 7, 36)
        if system.name == "infrared alone" and data is unknown:
            assert np.isnan(slots).all()
        else:
            np.testing.assert_allclose(np.exp(slots).sum(-1), 1, atol=1e-4)
    assert read.parameters > 1_000_000
    assert system.beside in {"", *(other.name for other in SYSTEMS)}
