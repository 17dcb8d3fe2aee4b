"""Learning from tracks without labels: the teacher, what it counts for, and runs that go on as if never cut."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lpr_helpers.data.forbidden import RULE, ForbiddenTracksError
from lpr_helpers.data.frames import Packed
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.output import Output
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training import loop
from lpr_helpers.training.consistency import Consistency, consistency_loss, follow, teacher_slots
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import PHASE1
from lpr_helpers.training.state import load_state
from lpr_helpers.training.unlabelled import Unlabelled
from tests.support.noise import noise_data, small, weights, wide_noise_data
from tests.support.slots import slots_of
from tests.support.unlabelled import unlabelled_noise

PHASE = replace(PHASE1, epochs=2, batch_size=4, precision="no", augmentation="light", hr=False)
FOUND = Unlabelled(unlabelled_noise(), threshold=0.03)


def test_the_teacher_follows_with_all_that_batch_normalisation_knows():
    student, teacher = small(1).model, small(2).model
    for module in student.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean += 3
            module.num_batches_tracked += 5
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    follow(teacher, student, 0.75)
    for name, value in teacher.state_dict().items():
        new = student.state_dict()[name]
        wanted = 0.75 * before[name] + 0.25 * new if value.is_floating_point() else new
        torch.testing.assert_close(value, wanted)
    assert any("running_mean" in name for name in before)


def test_the_teacher_begins_as_the_network_and_follows_quickly_at_first():
    model = small(1).model
    consistency = Consistency.of(replace(FOUND, decay=0.999), model)
    assert not consistency.teacher.training
    assert not any(weight.requires_grad for weight in consistency.teacher.parameters())
    other = small(2).model
    consistency.follow(other, step=0)
    name, weight = next(iter(consistency.teacher.named_parameters()))
    torch.testing.assert_close(weight.data, 0.1 * model.state_dict()[name] + 0.9 * other.state_dict()[name])


def test_a_teacher_of_single_frames_is_sure_only_where_they_agree():
    frames = torch.stack([slots_of("ABC1234"), slots_of("ABD1234")])[None]
    slots = teacher_slots(Output(frame_slot_logits=frames), torch.tensor([[True, True]]), 7)
    peak = slots.exp().amax(-1)[0]
    assert peak[2] < 0.5 < 0.9 - 1e-4 < peak[[0, 1, 3, 4, 5, 6]].min()
    alone = teacher_slots(Output(frame_slot_logits=frames), torch.tensor([[True, False]]), 7)
    torch.testing.assert_close(alone[0], slots_of("ABC1234"))


def test_characters_count_that_the_teacher_is_sure_of_and_no_others():
    slots = slots_of("ABC1234", 0.99)[None].clone()
    slots[0, 2] = slots_of("AAA1111", 0.6)[0]
    wrong_there, wrong_elsewhere = (slots_of(text, 0.9)[None] for text in ("ABZ1234", "ZBC1234"))
    valid = torch.ones(1, 1, dtype=torch.bool)
    losses = [
        consistency_loss(Output(slot_logits=logits), valid, slots, 0.95)
        for logits in (wrong_there, wrong_elsewhere)
    ]
    assert losses[0][1] == losses[1][1] == pytest.approx(6 / 7)
    assert losses[0][0] == pytest.approx(-6 / 7 * np.log(0.9), rel=1e-3)
    assert losses[1][0] > 3 * losses[0][0]


def test_by_ctc_whole_texts_count():
    logits = torch.randn(32, 2, 37, requires_grad=True)
    sure = torch.stack([slots_of("ABC1234", 0.99), slots_of("ABC1234", 0.5)])
    valid = torch.ones(2, 1, dtype=torch.bool)
    loss, trusted = consistency_loss(Output(ctc_logits=logits), valid, sure, 0.95)
    assert trusted == 0.5
    loss.backward()
    assert logits.grad[:, 0].abs().sum() > 0
    assert logits.grad[:, 1].abs().sum() == 0
    nothing, _ = consistency_loss(Output(ctc_logits=logits), valid, sure, 0.999)
    assert nothing == 0
    nothing.backward()


def train(run, data, found, phase=PHASE, recogniser=None, **options):
    recogniser = recogniser or small()
    return recogniser, fit(recogniser, data, phase, run, unlabelled=found, progress=False, **options)


@pytest.mark.parametrize("kind", ["cnn", "multiframe", "crnn"])
@pytest.mark.slow
def test_every_kind_of_network_learns_from_tracks_without_labels(kind, tmp_path):
    network = {"width": 64} if kind == "multiframe" else {"hidden": 16}
    found = Unlabelled(unlabelled_noise(width=128), threshold=0.03, weight=3.0)
    read = {}
    for name, some in (("with", found), ("without", None)):
        fresh = Recogniser.new(BRAZIL, kind=kind, **network)
        read[name] = train(tmp_path / name, wide_noise_data(), some, recogniser=fresh)
    history = read["with"][1]
    assert history["trusted_share"].between(0, 1).all()
    assert history["trusted_share"].max() > 0
    assert "trusted_share" not in read["without"][1]
    assert not torch.equal(weights(read["with"][0]), weights(read["without"][0]))


@pytest.mark.slow
def test_a_run_cut_short_inside_an_epoch_ends_with_the_same_weights_and_the_same_teacher(
    tmp_path, monkeypatch
):
    def interrupted(*arguments):
        calls.append(None)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return step(*arguments)

    straight, history = train(tmp_path / "straight", noise_data(), FOUND)
    calls, step = [], loop.learn
    monkeypatch.setattr(loop, "learn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "cut", noise_data(), FOUND, save_every=0)
    monkeypatch.undo()
    resumed, again = train(tmp_path / "cut", noise_data(), FOUND)
    assert torch.equal(weights(resumed), weights(straight))
    assert again["trusted_share"].tolist() == history["trusted_share"].tolist()
    taught = [load_state(tmp_path / name / "last")["teacher"] for name in ("straight", "cut")]
    assert taught[0].keys() == small().model.state_dict().keys()
    assert all(torch.equal(taught[0][name], taught[1][name]) for name in taught[0])
    beginning = small().model.state_dict()
    assert not all(torch.equal(taught[0][name], beginning[name]) for name in beginning)


def test_other_unlabelled_tracks_are_another_run(tmp_path):
    train(tmp_path / "run", noise_data(), FOUND, replace(PHASE, epochs=1))
    with pytest.raises(TrainingError, match=r"unlabelled\.frames was"):
        train(tmp_path / "run", noise_data(), replace(FOUND, tracks=unlabelled_noise(seed=9)))
    with pytest.raises(TrainingError, match=r"unlabelled\.threshold was 0\.03, is 0\.5"):
        train(tmp_path / "run", noise_data(), replace(FOUND, threshold=0.5))


def test_test_tracks_are_refused_with_the_rule():
    tracks = unlabelled_noise()
    tests = replace(tracks, table=tracks.table.assign(split="test"))
    with pytest.raises(ForbiddenTracksError, match=RULE):
        Unlabelled(tests)
    with pytest.raises(ForbiddenTracksError, match=RULE):
        Unlabelled(tracks, tests=Packed(tracks.lr.images[2:3], tracks.lr.valid[2:3]))


def test_validation_tracks_are_no_unlabelled_ones(tmp_path):
    tracks = unlabelled_noise()
    tracks.lr.images[1] = noise_data().lr.images[6]
    with pytest.raises(
        TrainingError, match="1 unlabelled tracks hold a frame of a validation track, found_001"
    ):
        train(tmp_path / "run", noise_data(), Unlabelled(tracks))
    with pytest.raises(TrainingError, match="pack both alike"):
        train(tmp_path / "run", noise_data(), Unlabelled(unlabelled_noise(width=128)))
    blind = replace(tracks, lr=replace(tracks.lr, valid=np.zeros_like(tracks.lr.valid)))
    with pytest.raises(TrainingError, match="none has a frame"):
        train(tmp_path / "run", noise_data(), Unlabelled(blind))


@pytest.mark.parametrize("setting", [{"threshold": 1.0}, {"decay": -0.1}, {"weight": -1.0}, {"ratio": 0.0}])
def test_settings_out_of_range_are_refused(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        Unlabelled(unlabelled_noise(), **setting)
