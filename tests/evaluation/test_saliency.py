"""The pixels that a reading hangs on."""

import numpy as np
import torch

from lpr_helpers.evaluation.saliency import saliency_map
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.plates import BRAZIL


def test_the_pixels_a_reading_hangs_on_are_in_the_frames_that_are_there(recogniser, packed):
    found = saliency_map(recogniser, packed, 1, "ABC1234", "ABC1235", copies=2)
    assert found.shape == (5, 32, 128)
    assert (found.min(), found.max()) == (0, 1)
    assert (found.max((1, 2)) > 0).tolist() == packed.valid[1].tolist()
    assert all(weight.grad is None for weight in recogniser.model.parameters())


def test_the_pixels_are_those_whose_change_changes_the_odds(packed):
    """A step along the map's brightest pixel of a frame moves the odds more than one along its median pixel."""
    reader = Recogniser.new(BRAZIL, kind="multiframe", seed=1, width=64)
    strength = saliency_map(reader, packed, 0, "ABC1234", "ABC1235", copies=4)[0]
    order = np.argsort(strength.ravel())

    @torch.inference_mode()
    def odds(pixels):
        """How far a step to both sides of each pixel moves the odds, on average."""
        moved = np.repeat(packed.images[:1] / np.float32(255), 2 * len(pixels), axis=0)
        for place, pixel in enumerate(pixels):
            moved[2 * place, 0, 0].ravel()[pixel] += 0.02
            moved[2 * place + 1, 0, 0].ravel()[pixel] -= 0.02
        slots = reader.model(
            torch.from_numpy(moved), torch.ones(moved.shape[:2], dtype=torch.bool)
        ).slot_logits
        up, down = (slots[:, 6, 4] - slots[:, 6, 5]).unflatten(0, (-1, 2)).T
        return float((up - down).abs().mean())

    assert odds(order[-12:]) > 2 * odds(order[:12])
