"""Validation: of the frames that later readings get, and of nothing that these lack."""

import torch

from lpr_helpers.data.track_data import TrackData
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training.validation import validate


def test_validation_sees_neither_layouts_nor_high_resolution_nor_augmentation(trained, data):
    hidden = TrackData(data.table.assign(layout=""), BRAZIL, data.lr, hr=None)
    torch.manual_seed(1)
    first = validate(trained[1], data, data.rows("val"), "cpu")
    torch.manual_seed(2)
    assert validate(trained[1], hidden, data.rows("val"), "cpu") == first
