import os

# Networks this small gain nothing from threads, which on busy cores wait for one another; before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import pytest

from lpr_helpers.utils import measured
from tests.support.tracks import official_tracks

# A first call imports torch; how long that takes says nothing about the law under test.
hypothesis.settings.register_profile("lpr", deadline=None)
hypothesis.settings.load_profile("lpr")
if "LPR_FUZZ" in os.environ:
    few = hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large
    many = int(os.environ["LPR_FUZZ"])
    hypothesis.settings.register_profile("fuzz", deadline=None, max_examples=many, suppress_health_check=few)
    hypothesis.settings.load_profile("fuzz")


@pytest.fixture(scope="session", autouse=True)
def _nothing_waits_for_the_disk():
    """What tests write need not outlive a power cut; processes that they start and kill write as ever."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: None)
        yield


@pytest.fixture
def official(tmp_path):
    """A data set of four tracks in the official layout."""
    return official_tracks(tmp_path / "LRLPR")


@pytest.fixture
def unmeasured(monkeypatch, tmp_path):
    """A machine that has measured nothing yet, and may."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(measured.SWITCH)
    monkeypatch.setattr(measured, "_here", {})
