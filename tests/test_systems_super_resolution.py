"""The lines of the table of systems that are about super-resolution, on a handful of tracks."""

from dataclasses import replace

import numpy as np
import pytest

from lpr_helpers.synthetic.fresh import FreshTracks
from lpr_helpers.training.pretraining import drawn_data
from tests.benchmarks.systems import super_resolution
from tests.benchmarks.systems.super_resolution import SYSTEMS
from tests.benchmarks.systems.system import Budget


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Forty tracks, of which eight choose."""
    streams = {"train": FreshTracks(32, seed=41, workers=0), "val": FreshTracks(8, seed=42, workers=0)}
    return drawn_data(streams, tmp_path_factory.mktemp("drawn"), progress=False)


@pytest.fixture(autouse=True)
def in_full_precision(monkeypatch):
    """As all tests of one process train."""
    for name in ("PHASE", "SR_PHASE"):
        phase = getattr(super_resolution, name)
        monkeypatch.setattr(super_resolution, name, replace(phase, precision="no", epochs=2))


@pytest.mark.slow
@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_every_line_trains_and_reads(system, data, tmp_path):
    read = system.make(Budget(data, looks=32, run=tmp_path))
    slots = read(data)
    assert (slots.shape, slots.dtype) == ((40, 7, 36), np.float32)
    assert np.exp(slots).sum(-1) == pytest.approx(np.ones((40, 7)), abs=1e-4)
    assert read.parameters > 1_300_000
    assert (tmp_path / "reader" / "finished.json").exists()
    again = system.make(Budget(data, looks=32, run=tmp_path))
    assert np.array_equal(again(data), slots), "what is trained is not trained again"
