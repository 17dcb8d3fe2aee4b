"""What every network keeps to. A new one needs a row in `NETWORKS`."""

from dataclasses import dataclass, fields, replace

import pytest
import torch

from lpr_helpers.inference.reader import load_reader
from lpr_helpers.models.checkpoints import Recogniser, load_recogniser, save_recogniser
from lpr_helpers.models.folding import folded
from lpr_helpers.models.layers import parameter_count
from lpr_helpers.models.losses import track_loss
from lpr_helpers.models.output import Output
from lpr_helpers.models.registry import ARCHITECTURES
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.training.loop import fit
from tests.support.noise import PHASE, wide_noise_data

DIGITS = PlateFormat("0123456789", {"six digits": "DDDDDD"})


@dataclass(frozen=True)
class Row:
    """How many numbers a network learns, the fields of `Output` that it fills in, and its time steps if it has any."""

    parameters: int
    output: set[str]
    steps: int = 0


NETWORKS = {
    "crnn": Row(5_772_837, {"ctc_logits"}, 32),
    "cnn": Row(4_712_412, {"frame_slot_logits"}),
    "multiframe": Row(1_324_368, {"ctc_logits", "slot_logits", "frame_weights"}, 32),
    "crnn7": Row(8_723_749, {"ctc_logits"}, 33),
    "crnn-attention": Row(7_020_805, {"frame_slot_logits"}),
    "crnn-cbam": Row(5_817_773, {"ctc_logits"}, 32),
    "crnn-slots": Row(6_038_788, {"frame_slot_logits"}),
    "vit": Row(1_970_836, {"frame_slot_logits"}),
    "svtr": Row(1_566_341, {"ctc_logits"}, 32),
    "temporal-gru": Row(1_042_384, {"ctc_logits", "slot_logits", "frame_weights"}, 32),
    "temporal-transformer": Row(1_469_008, {"ctc_logits", "slot_logits", "frame_weights"}, 32),
    "sr-espcn": Row(1_347_956, {"ctc_logits", "slot_logits", "frame_weights"}, 32),
    "sr-residual": Row(1_359_028, {"ctc_logits", "slot_logits", "frame_weights"}, 32),
    "sr-multiframe": Row(1_377_642, {"ctc_logits", "slot_logits", "frame_weights"}, 32),
}


@pytest.fixture(params=NETWORKS)
def kind(request):
    """The name of each network."""
    return request.param


@pytest.fixture
def recogniser(kind):
    """Each network with fresh weights, but for running statistics that have seen something."""
    return lived_in(Recogniser.new(BRAZIL, kind=kind))


def lived_in(recogniser):
    """Batch normalisation as after some training, in evaluation mode: fresh statistics would hide much."""
    torch.manual_seed(0)
    for module in recogniser.model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(0.5, 2)
    recogniser.model.eval()
    return recogniser


def tracks(channels=1):
    """Two tracks of noise, of five frames each, all of them there."""
    images = torch.rand(2, 5, channels, 32, 128, generator=torch.Generator().manual_seed(0))
    return images, torch.ones(2, 5, dtype=torch.bool)


def filled(recogniser, images, valid, model=None):
    """The fields that a network fills in, by name."""
    output = recogniser.architecture.forward(model or recogniser.model, images, valid)
    found = {field.name: getattr(output, field.name) for field in fields(Output)}
    return {name: value for name, value in found.items() if value is not None}


def shapes(row, plate):
    """The shapes of what a network says of two tracks of five frames."""
    length, characters = plate.length, len(plate.alphabet)
    every = {
        "ctc_logits": (row.steps, 2 * 5, 1 + characters),
        "frame_slot_logits": (2, 5, length, characters),
        "slot_logits": (2, length, characters),
        "frame_weights": (2, 5),
    }
    return {name: every[name] for name in row.output}


def test_every_network_has_its_row():
    assert set(NETWORKS) == set(ARCHITECTURES)


def test_it_learns_so_many_numbers(kind):
    assert parameter_count(Recogniser.new(BRAZIL, kind=kind).model) == NETWORKS[kind].parameters


@pytest.mark.parametrize("plate", [BRAZIL, DIGITS], ids=["Brazil", "six digits"])
@pytest.mark.parametrize("channels", [1, 3])
@torch.inference_mode()
def test_it_says_what_its_row_says_of_grey_and_colour_and_of_any_plates(kind, plate, channels):
    recogniser = lived_in(Recogniser.new(plate, kind=kind, channels=channels))
    output = filled(recogniser, *tracks(channels))
    assert {name: tuple(value.shape) for name, value in output.items()} == shapes(NETWORKS[kind], plate)
    assert all(value.isfinite().all() for value in output.values())
    assert output.keys() & {"ctc_logits", "frame_slot_logits"}, "every network says something of each frame"
    if "frame_weights" in output:
        torch.testing.assert_close(output["frame_weights"].sum(1), torch.ones(2))
    assert recogniser.architecture.multi_frame == ("slot_logits" in output)


def test_every_number_learns_from_the_loss(recogniser):
    images, valid = tracks()
    valid[0, 1] = False
    recogniser.model.train()
    output = recogniser.architecture.forward(recogniser.model, images, valid)
    loss = track_loss(output, valid, torch.arange(14).view(2, 7))
    assert (loss.shape, loss.dtype) == ((), torch.float32)
    loss.backward()
    missing = [name for name, weight in recogniser.model.named_parameters() if weight.grad is None]
    assert not missing
    assert all(weight.grad.isfinite().all() for weight in recogniser.model.parameters())


@torch.inference_mode()
def test_the_pixels_of_missing_frames_do_not_matter(recogniser):
    images, valid = tracks()
    valid[0, 3:], valid[1, 0] = False, False
    other = torch.where(valid[..., None, None, None], images, 1 - images**2)
    for name, (one, two) in both(filled(recogniser, images, valid), filled(recogniser, other, valid)).items():
        if name == "ctc_logits":
            one, two = one[:, valid.flatten()], two[:, valid.flatten()]
        elif name == "frame_slot_logits":
            one, two = one[valid], two[valid]
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-5, msg=name)


def both(one, other):
    """What two outputs say, side by side."""
    assert one.keys() == other.keys()
    return {name: (one[name], other[name]) for name in one}


@torch.inference_mode()
def test_it_comes_back_from_disk_as_it_was(recogniser, tmp_path):
    save_recogniser(recogniser, tmp_path / "kept", {"epoch": 3})
    again = load_recogniser(tmp_path / "kept")
    assert replace(again, model=None) == replace(recogniser, model=None, about={"epoch": 3})
    for one, two in both(filled(recogniser, *tracks()), filled(again, *tracks())).values():
        assert torch.equal(one, two)


@torch.inference_mode()
def test_a_folded_copy_says_the_same(recogniser):
    copy = folded(recogniser.model, "cpu", "no")
    for one, two in both(filled(recogniser, *tracks()), filled(recogniser, *tracks(), copy)).values():
        torch.testing.assert_close(two, one, atol=1e-3, rtol=1e-3)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in copy.modules())
    fresh = Recogniser.new(BRAZIL, kind=recogniser.kind)
    assert recogniser.model.state_dict().keys() == fresh.model.state_dict().keys(), (
        "the model itself is as it was"
    )


def test_training_leaves_a_checkpoint_that_a_reader_reads_with(kind, tmp_path):
    data = wide_noise_data()
    history = fit(
        Recogniser.new(BRAZIL, kind=kind), data, replace(PHASE, epochs=1), tmp_path / "run", progress=False
    )
    assert history["loss"].notna().all()
    assert load_recogniser(tmp_path / "run" / "best").kind == kind
    reading = load_reader(tmp_path / "run" / "best", device="cpu", precision="no").read(
        list(data.lr.images[0, :, 0])
    )
    assert BRAZIL.misfit(reading.text, reading.layout) is None
    assert 0 <= reading.confidence <= 1
