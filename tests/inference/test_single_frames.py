"""Each frame of a track read by itself."""

import pandas as pd
import pytest

from lpr_helpers.data.frames import Packed
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.inference.single_frames import single_frame_results
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.registry import ARCHITECTURES
from lpr_helpers.plates import BRAZIL
from tests.support.networks import SMALL
from tests.support.noise import sparse_noise


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_frame_alone_reads_as_it_would_without_the_others(kind):
    recogniser, packed = Recogniser.new(BRAZIL, kind=kind, seed=1, **SMALL.get(kind, {})), sparse_noise()
    results = pd.DataFrame({"text": ["ABC1234"] * 3})
    found = single_frame_results(results, recogniser, packed, [0, 1, 2], progress=False)
    assert found["frame_readings"].str.len().tolist() == [5, 3, 0]
    assert found["frame_confidences"].str.len().tolist() == [5, 3, 0]
    last = Packed(packed.images[1:2, 4:], packed.valid[1:2, 4:])
    single = fuse(recognise(recogniser, last, [0], progress=False, device="cpu"), layouts="any")
    assert found["frame_readings"][1][2] == single.texts[0]
    assert found["frame_confidences"][1][2] == pytest.approx(float(single.confidence[0]), rel=1e-3)
