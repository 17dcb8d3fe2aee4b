"""A reader that learns what others make of the same frames."""

import json
from dataclasses import replace

import pytest
import torch

from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.models.checkpoints import Recogniser, load_recogniser
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import Phase
from lpr_helpers.training.teachers import Teachers
from tests.support.modalities import BOTH
from tests.support.noise import wide_noise_data

PHASE = Phase(
    "taught",
    epochs=40,
    batch_size=6,
    optimiser="muon",
    learning_rate=1e-2,
    augmentation="none",
    precision="no",
    scenarios=(),
)


def reader(seed, **network):
    """Our reader, as small as it gets."""
    return Recogniser.new(BRAZIL, seed, "multiframe", **{"width": 32, "decoder_layers": 1} | network)


def test_teachers_say_together_what_they_say_one_by_one():
    images, valid = torch.rand(3, 2, 1, 32, 128), torch.ones(3, 2, dtype=torch.bool)
    first, second = (Teachers([reader(seed)], BRAZIL, "cpu")(images, valid) for seed in (1, 2))
    together = Teachers([reader(1), reader(2, width=64)], BRAZIL, "cpu")(images, valid)
    assert together.shape == (3, 7, 36)
    torch.testing.assert_close(together.sum(-1), torch.ones(3, 7))
    both = Teachers([reader(1), reader(2)], BRAZIL, "cpu")(images, valid)
    torch.testing.assert_close(both, (first + second) / 2)


@pytest.mark.parametrize(
    ("teacher", "message"),
    [
        (Recogniser.new(BRAZIL, kind="cnn"), "reads single frames"),
        (
            Recogniser.new(PlateFormat("0123456789", {"Digits": "DDDDDDD"}), kind="multiframe"),
            "same characters",
        ),
        (reader(1, frame_format=BOTH), r"a teacher reads grey \+ ir, its pupil grey"),
    ],
)
def test_who_cannot_teach_is_refused(teacher, message):
    with pytest.raises(TrainingError, match=message):
        Teachers([teacher], BRAZIL, "cpu", FrameFormat())


@pytest.mark.slow
def test_a_pupil_comes_to_say_what_its_teacher_says(tmp_path):
    data = wide_noise_data()
    images = torch.from_numpy(data.lr.images[:6]).float() / 255
    teacher, valid = reader(5), torch.ones(6, 2, dtype=torch.bool)
    others = data.table["text"].iloc[[1, 2, 3, 4, 5, 0, 6, 7]].to_numpy()
    wrong = replace(data, table=data.table.assign(text=others))
    fit(teacher, wrong, PHASE, tmp_path / "teacher", progress=False)
    teacher = load_recogniser(tmp_path / "teacher" / "last")
    lesson = Teachers([teacher], BRAZIL, "cpu")(images, valid)

    def distance(name, teachers):
        fit(reader(7), data, PHASE, tmp_path / name, teachers=teachers, progress=False)
        pupil = load_recogniser(tmp_path / name / "last")
        return (Teachers([pupil], BRAZIL, "cpu")(images, valid) - lesson).abs().mean()

    assert distance("taught", [teacher]) < 0.75 * distance("alone", [])
    told = [json.loads((tmp_path / name / "config.json").read_text()) for name in ("taught", "alone")]
    assert [config["identity"].get("teachers") for config in told] == [[teacher.digest], None]
