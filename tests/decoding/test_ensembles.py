"""Several readers as one: the surer ones win, and none counts twice."""

import pytest
import torch

from lpr_helpers.decoding.ensembles import ensemble
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.decoding.readings import FrameReadings
from tests.support.slots import track, whole


def test_of_an_ensemble_the_surer_members_win():
    sure, unsure, frames = (
        whole("ABC1234", 0.98),
        whole("ABD1234", 0.5),
        track([("ABD1234", 0.9)], probability=0.4),
    )
    assert fuse(ensemble([sure, unsure])).texts == ["ABC1234"]
    assert fuse(ensemble([unsure, sure, frames])).texts == ["ABC1234"]
    assert fuse(ensemble([unsure, frames])).texts == ["ABD1234"]


def test_an_ensemble_of_one_reader_with_itself_is_that_reader():
    alone = whole("ABC1234", 0.8)
    torch.testing.assert_close(ensemble([alone] * 3).joint, alone.joint)


def test_members_of_an_ensemble_have_read_the_same_tracks():
    two = FrameReadings(
        *(
            torch.cat([part, part]) if hasattr(part, "shape") else part * 2
            for part in (
                whole("ABC1234", 0.8).slots,
                [["ABC1234"]],
                torch.ones(1, 1),
                torch.ones(1, 1, dtype=torch.bool),
            )
        )
    )
    with pytest.raises(ValueError, match="same tracks"):
        ensemble([whole("ABC1234", 0.8), two])
    with pytest.raises(ValueError, match="same tracks"):
        ensemble([])
