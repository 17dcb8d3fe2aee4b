"""Running statistics estimated anew: on whose tracks they may be, and what they become."""

import pytest
import torch
from torch import nn

from lpr_helpers.inference.recognition import recognise
from lpr_helpers.models.checkpoints import Recogniser, load_recogniser, save_recogniser
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training.batch_norm import adapt_batch_norm, target_rows
from tests.support.noise import noise_data, small, wide_noise_data


@pytest.fixture
def data():
    """Tracks of noise, training ones of A and B, validation ones of B."""
    return noise_data()


def statistics(recogniser):
    """Running means of all layers, in one row."""
    found = [m.running_mean for m in recogniser.model.modules() if isinstance(m, nn.BatchNorm2d)]
    return torch.cat(found)


def test_statistics_become_those_of_the_tracks_and_nothing_else_changes(data):
    reader = small()
    before = {name: tensor.clone() for name, tensor in reader.model.state_dict().items()}
    adapted = adapt_batch_norm(reader, data, [1, 2, 3], device="cpu")
    for name, tensor in reader.model.state_dict().items():
        assert torch.equal(tensor, before[name]), "the reader itself is as it was"
        if "running" not in name and "tracked" not in name:
            assert torch.equal(adapted.model.state_dict()[name], tensor)
    first = next(m for m in adapted.model.modules() if isinstance(m, nn.BatchNorm2d))
    seen = []
    with first.register_forward_hook(lambda _, features, __: seen.append(features[0].mean((0, 2, 3)))):
        recognise(adapted, data.lr, [1, 2, 3], device="cpu", progress=False)
    torch.testing.assert_close(first.running_mean, seen[0], atol=1e-4, rtol=1e-3)
    assert not adapted.model.training
    assert first.momentum == 0.1


def test_texts_are_not_looked_at(data):
    one = adapt_batch_norm(small(), data, [1, 2, 3], device="cpu")
    data.table["text"], data.table["trainable"] = "", False
    assert torch.equal(statistics(one), statistics(adapt_batch_norm(small(), data, [1, 2, 3], device="cpu")))


def test_target_tracks_are_those_of_a_scenario_that_judge_nothing(data):
    assert target_rows(data, "B").tolist() == [1, 2, 3, 4, 5]
    data.table.loc[1:3, "split"] = ["test", "held_out", ""]
    data.lr.valid[4] = False
    assert target_rows(data, "B").tolist() == [3, 5]
    assert target_rows(data, "C").tolist() == [0, 3, 5], "data that know no such scenario are used whole"


@pytest.mark.parametrize(
    ("side", "reason"),
    [("test", "rules forbid it"), ("val", "what the reader is worth"), ("held_out", "never seen")],
)
def test_tracks_that_judge_a_reader_are_refused(data, side, reason):
    data.table.loc[2, "split"] = side
    with pytest.raises(ValueError, match=f"1 of the tracks are of the side '{side}'.*{reason}"):
        adapt_batch_norm(small(), data, [1, 2, 3], device="cpu")


def test_without_tracks_there_is_nothing_to_estimate(data):
    with pytest.raises(ValueError, match="no tracks"):
        adapt_batch_norm(small(), data, [], device="cpu")


def test_a_network_without_batch_normalisation_stays_as_it_is():
    reader = Recogniser.new(BRAZIL, kind="vit", width=64, encoder_layers=1)
    assert adapt_batch_norm(reader, wide_noise_data(), [1, 2, 3], device="cpu").digest == reader.digest


def test_it_is_a_reader_like_any_other(data, tmp_path):
    adapted = adapt_batch_norm(small(), data, [1, 2, 3], device="cpu")
    save_recogniser(adapted, tmp_path / "adapted", adapted.about)
    again = load_recogniser(tmp_path / "adapted")
    assert again.about["batch_norm"] == "statistics of 3 tracks"
    assert torch.equal(statistics(again), statistics(adapted))
