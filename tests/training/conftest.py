import pytest

from lpr_helpers.training.loop import fit
from lpr_helpers.training.protocols import make_protocols, run_protocol
from tests.support.noise import PHASE, noise_data, small
from tests.support.protocols import FIRST, SECOND, fresh, tracks_of_both_scenarios


@pytest.fixture(scope="session")
def data():
    """Tracks of noise to train and validate on."""
    return noise_data()


@pytest.fixture(scope="session")
def trained(data, tmp_path_factory):
    """A run folder, the network that was trained in it, and the history."""
    run, recogniser = tmp_path_factory.mktemp("runs") / "phase1", small()
    return run, recogniser, fit(recogniser, data, PHASE, run, progress=False)


@pytest.fixture(scope="session")
def three(tmp_path_factory):
    """The run folder of three phases, and their history."""
    folder, data = tmp_path_factory.mktemp("three"), tracks_of_both_scenarios()
    phases = make_protocols(FIRST, SECOND)["three phases"]
    return folder, run_protocol("three phases", phases, data, folder, recogniser=fresh(), progress=False)
