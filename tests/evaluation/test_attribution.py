"""Where a reader looks, what single frames say, and whether the trusted one says most."""

import numpy as np
import pandas as pd
import pytest
import torch

from lpr_helpers.data.frames import Packed
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.evaluation.attribution import Attribution, attribute
from lpr_helpers.evaluation.saliency import saliency_map
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.inference.single_frames import single_frame_results
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.plates import BRAZIL

NETWORKS = {"track": {"width": 64}, "crnn": {"hidden": 16}}


@pytest.fixture(scope="module")
def packed():
    """Three tracks of noise; the second lacks two frames, the third all."""
    images = np.random.default_rng(0).integers(0, 255, (3, 5, 1, 32, 128), dtype=np.uint8)
    valid = np.ones((3, 5), dtype=bool)
    valid[1, [0, 3]], valid[2] = False, False
    images[~valid] = 0
    return Packed(images, valid)


@pytest.fixture(scope="module", params=list(NETWORKS))
def recogniser(request):
    return Recogniser.new(BRAZIL, kind=request.param, seed=1, **NETWORKS[request.param])


@pytest.fixture(scope="module")
def frames(recogniser, packed):
    return recognise(recogniser, packed, range(3), progress=False, device="cpu")


@pytest.fixture(scope="module")
def looked(recogniser, packed, frames):
    return attribute(recogniser, packed, range(3), frames, batch_size=2, device="cpu")


def test_trust_is_shared_among_the_frames_that_are_there(looked, packed):
    assert looked.trust.sum(1) == pytest.approx([1, 1, 0])
    assert ((looked.trust > 0) == packed.valid).all()


def test_attention_is_what_the_reader_reports_as_trust(recogniser, packed, looked):
    if recogniser.kind != "track":
        assert looked.attention is None
        return
    said = recogniser.model(
        torch.from_numpy(packed.images[:2] / np.float32(255)), torch.from_numpy(packed.valid[:2])
    )
    assert looked.attention.shape == (3, 5, 7, 32)
    assert looked.attention[:2].sum((1, 3)) == pytest.approx(np.ones((2, 7)))
    assert looked.trust[:2] == pytest.approx(said.trust.detach().numpy(), abs=1e-4)


def test_frames_are_shown_as_the_network_saw_them(packed, looked):
    assert looked.frames.shape == (3, 5, 32, 128)
    assert (looked.frames[0].min(), looked.frames[0].max()) == (0, 255)
    seen, file = looked.frames[0, 0].astype(float), packed.images[0, 0, 0].astype(float)
    assert np.corrcoef(seen.ravel(), file.ravel())[0, 1] > 0.99, "a fresh reader aligns nothing yet"


def test_listening_leaves_nothing_behind(recogniser, looked):  # noqa: ARG001 (the looks have been)
    assert not any(module._forward_hooks for module in recogniser.model.modules())


def test_a_place_is_looked_for_where_its_attention_falls():
    attention = np.zeros((1, 1, 2, 4), np.float32)
    attention[0, 0, 0, 0], attention[0, 0, 1, [2, 3]] = 0.5, 0.25
    one = np.ones((1, 1))
    looked = Attribution(np.zeros((1, 1, 32, 128), np.uint8), attention, one, one > 0, 2)
    assert [looked.centre(0, 0, place) for place in (0, 1)] == pytest.approx([0.125, 0.75])
    plain = Attribution(looked.frames, None, one, one > 0, 2)
    assert [plain.centre(0, 0, place) for place in (0, 1)] == [0.25, 0.75]


def test_the_pixels_a_reading_hangs_on_are_in_the_frames_that_are_there(recogniser, packed):
    found = saliency_map(recogniser, packed, 1, "ABC1234", "ABC1235", copies=2)
    assert found.shape == (5, 32, 128)
    assert (found.min(), found.max()) == (0, 1)
    assert (found.max((1, 2)) > 0).tolist() == packed.valid[1].tolist()
    assert all(weight.grad is None for weight in recogniser.model.parameters())


def test_the_pixels_are_those_whose_change_changes_the_odds(packed):
    """A step along the map's brightest pixel of a frame moves the odds more than one along its median pixel."""
    reader = Recogniser.new(BRAZIL, kind="track", seed=1, width=64)
    strength = saliency_map(reader, packed, 0, "ABC1234", "ABC1235", copies=4)[0]
    order = np.argsort(strength.ravel())

    @torch.inference_mode()
    def odds(pixels):
        """How far a step to both sides of each pixel moves the odds, on average."""
        moved = np.repeat(packed.images[:1] / np.float32(255), 2 * len(pixels), axis=0)
        for place, pixel in enumerate(pixels):
            moved[2 * place, 0, 0].ravel()[pixel] += 0.02
            moved[2 * place + 1, 0, 0].ravel()[pixel] -= 0.02
        slots = reader.model(torch.from_numpy(moved), torch.ones(moved.shape[:2], dtype=torch.bool)).slots
        up, down = (slots[:, 6, 4] - slots[:, 6, 5]).unflatten(0, (-1, 2)).T
        return float((up - down).abs().mean())

    assert odds(order[-12:]) > 2 * odds(order[:12])


def test_a_frame_alone_reads_as_it_would_without_the_others(recogniser, packed):
    results = pd.DataFrame({"text": ["ABC1234"] * 3})
    found = single_frame_results(results, recogniser, packed, [0, 1, 2], progress=False)
    assert found["frame_readings"].str.len().tolist() == [5, 3, 0]
    assert found["frame_confidences"].str.len().tolist() == [5, 3, 0]
    last = Packed(packed.images[1:2, 4:], packed.valid[1:2, 4:])
    single = fuse(recognise(recogniser, last, [0], progress=False, device="cpu"), layouts="any")
    assert found["frame_readings"][1][2] == single.texts[0]
    assert found["frame_confidences"][1][2] == pytest.approx(float(single.confidence[0]), rel=1e-3)


def trusted(trust, readings, valid=None):
    """Results and looks of tracks that say ABC1234."""
    trust = np.array(trust, np.float32)
    results = pd.DataFrame({"text": "ABC1234", "reading": "", "frame_readings": readings})
    valid = trust > 0 if valid is None else valid
    return results, Attribution(np.zeros((len(trust), trust.shape[1], 1, 1)), None, trust, valid, 7)


def test_the_most_trusted_frame_is_compared_with_the_others():
    right, wrong = "ABC1234", "ABC1235"
    found = by_frame_weight(
        *trusted(
            [[0.2, 0.7, 0.1], [0.5, 0, 0.5], [1, 0, 0]], [[wrong, right, wrong], [right, wrong], [wrong]]
        )
    )
    assert list(found.index) == ["1", "2", "3", "1 − others"]
    assert found["tracks"].tolist() == [2, 2, 1, 2], "the track of one frame has nothing to compare"
    assert found["recognition_rate"].tolist() == [1, 0, 0, 1]
    assert found.loc["1 − others", "character_accuracy"] == pytest.approx(1 / 7)
    assert found.loc["1", "trust"] == pytest.approx(0.6)


def test_a_frame_that_got_no_trust_at_all_is_still_a_frame():
    found = by_frame_weight(*trusted([[1, 0]], [["ABC1234", "ABC1234"]], valid=np.array([[True, True]])))
    assert found.loc["2", "recognition_rate"] == 1
    assert found.loc["1 − others", "recognition_rate"] == 0
