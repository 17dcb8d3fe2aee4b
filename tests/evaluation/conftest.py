import pytest

from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.registry import ARCHITECTURES
from lpr_helpers.plates import BRAZIL
from tests.support.networks import SMALL
from tests.support.noise import sparse_noise


@pytest.fixture(scope="module")
def packed():
    """Three tracks of noise; the second lacks two frames, the third all."""
    return sparse_noise()


@pytest.fixture(scope="module", params=list(ARCHITECTURES))
def recogniser(request):
    """Each network, with fresh weights."""
    return Recogniser.new(BRAZIL, kind=request.param, seed=1, **SMALL.get(request.param, {}))
