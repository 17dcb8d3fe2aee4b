"""Networks on disk, and what training can start from."""

import json
import os
import shutil

import pytest
import torch
from hypothesis import HealthCheck, given as drawn, settings, strategies as st
from safetensors.torch import load_file, save_file

from lpr_helpers.models.checkpoints import (
    SHIPPED,
    STARTS,
    Recogniser,
    initial_recogniser,
    load_recogniser,
    save_recogniser,
)
from lpr_helpers.models.registry import ARCHITECTURES, OURS
from lpr_helpers.models.shipped_files import CheckpointError
from lpr_helpers.plates import BRAZIL, PlateFormat
from tests.support.noise import small, weights
from tests.support.robustness import Area

given = Area("Checkpoints")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A checkpoint that is in order."""
    folder = tmp_path_factory.mktemp("checkpoints") / "best"
    save_recogniser(small(), folder, {})
    return folder


def changed(kept, folder, **fields):
    """A copy of the checkpoint whose description says something else; a field that is ... is left out."""
    shutil.copytree(kept, folder, dirs_exist_ok=True)
    content = json.loads((kept / "model.json").read_text(encoding="utf-8")) | fields
    content = {name: value for name, value in content.items() if value is not ...}
    (folder / "model.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


PLATE = {"alphabet": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", "layouts": {"Old": "LLLDDDD"}}
NETWORK = {"classes": 37, "channels": 1, "hidden": 16, "dropout": 0.3}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        given(
            "model.json of an unknown network",
            "CheckpointError lists those there are",
            {"kind": "x"},
            "choose one of crnn",
        ),
        given(
            "a network that is no name", "CheckpointError", {"kind": ["crnn"]}, "there is no network a list"
        ),
        given('"network": "x"', "CheckpointError", {"network": "x"}, "has no table 'network'"),
        given('"network": null', "CheckpointError", {"network": None}, "has no table 'network'"),
        given("no network at all", "CheckpointError", {"network": ...}, "has no table 'network'"),
        given(
            "an unknown argument",
            "CheckpointError lists those there are",
            {"network": NETWORK | {"widht": 1}},
            "no argument 'widht'; it has classes, channels",
        ),
        given(
            '"hidden": "192"',
            "CheckpointError",
            {"network": NETWORK | {"hidden": "192"}},
            "hidden is '192'; it is a whole number",
        ),
        given('"hidden": true', "CheckpointError", {"network": NETWORK | {"hidden": True}}, "hidden is True"),
        given(
            '"hidden": 0 or less', "CheckpointError", {"network": NETWORK | {"hidden": -1}}, "hidden is -1"
        ),
        given('"dropout": "a"', "CheckpointError", {"network": NETWORK | {"dropout": "a"}}, "dropout is 'a'"),
        given(
            "two channels",
            "CheckpointError",
            {"network": NETWORK | {"channels": 2}},
            "1 for grey frames or 3",
        ),
        given(
            "a width of 10⁹",
            "refused before memory is asked for",
            {"network": NETWORK | {"hidden": 10**9}},
            "to 65,536",
        ),
        given(
            "10¹¹ weights in all",
            "refused before memory is asked for",
            {"network": NETWORK | {"hidden": 60_000}},
            "weights, more than 268,435,456",
        ),
        given(
            "3,000 layers",
            "refused at once",
            {"kind": "multiframe", "network": {"decoder_layers": 3000}},
            "decoder_layers is 3000; .* 0 to 64",
        ),
        given(
            "a width that attention cannot share",
            "CheckpointError",
            {"kind": "multiframe", "network": {"width": 100}},
            "multiple of 32",
        ),
        given(
            "another alphabet than the network's",
            "CheckpointError",
            {"plate": PLATE | {"alphabet": "0123A"}},
            "classes is 37, but these plates have 6",
        ),
        given(
            "longer layouts than the network's",
            "CheckpointError",
            {"kind": "cnn", "network": {}, "plate": PLATE | {"layouts": {"Long": "LLLDDDDD"}}},
            "length is 7, but these plates have 8",
        ),
        given(
            "an unknown field of the plate",
            "CheckpointError",
            {"plate": PLATE | {"x": 1}},
            "unexpected keyword",
        ),
        given("a plate that is no table", "CheckpointError", {"plate": []}, "has no table 'plate'"),
        given(
            "layouts that are a list",
            "CheckpointError",
            {"plate": PLATE | {"layouts": ["LLLDDDD"]}},
            "layouts",
        ),
        given('"about": 3', "CheckpointError", {"about": 3}, "has no table 'about'"),
        given(
            "frames of two channels for a network of one",
            "CheckpointError",
            {"frames": {"modalities": [{"name": "ir", "prefix": "ir-"}]}},
            "channels is 1, but its frames have 2",
        ),
        given("frames that are no table", "CheckpointError", {"frames": 3}, "the frames are no table"),
    ],
)
def test_a_description_that_makes_no_sense_is_told(kept, tmp_path, fields, message):
    with pytest.raises(CheckpointError, match=message):
        load_recogniser(changed(kept, tmp_path, **fields))


@pytest.mark.parametrize(
    "content",
    [
        given("model.json that is empty", "CheckpointError", b""),
        given("a list in place of a table", "CheckpointError", b"[]"),
        given("null, a number, a string", "CheckpointError", b"null"),
        given("no JSON", "CheckpointError", b"{'kind'"),
        given("bytes that are no text", "CheckpointError", b"\xff\xfe\x00"),
        given("JSON nested 100,000 deep", "CheckpointError", b"[" * 100_000),
        given("a number of 10,000 digits", "CheckpointError", b'{"network": ' + b"9" * 10_000 + b"}"),
    ],
)
def test_a_description_that_is_none_is_told(kept, tmp_path, content):
    folder = changed(kept, tmp_path)
    (folder / "model.json").write_bytes(content)
    with pytest.raises(CheckpointError, match="holds no usable checkpoint"):
        load_recogniser(folder)


def nan(tensors):
    tensors["head.bias"][3] = torch.nan


def infinite(tensors):
    tensors["head.weight"][0, 0] = torch.inf


def negative(tensors):
    name = next(name for name in tensors if name.endswith("running_var"))
    tensors[name][0] = -1


def missing(tensors):
    del tensors["head.bias"]


def more(tensors):
    tensors["other"] = torch.zeros(1)


def wide(tensors):
    tensors["head.bias"] = torch.zeros(38)


def whole(tensors):
    tensors["head.bias"] = tensors["head.bias"].long()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        given("NaN among the weights", "CheckpointError names it", nan, "head.bias is not a number"),
        given(
            "infinity among the weights", "CheckpointError names it", infinite, "head.weight is not a number"
        ),
        given("a variance below 0", "CheckpointError names it", negative, "running_var is below 0"),
        given("weights that are missing", "CheckpointError names them", missing, "differ in head.bias"),
        given("weights of nothing", "CheckpointError names them", more, "differ in other"),
        given(
            "weights of another shape",
            "CheckpointError names them",
            wide,
            r"head.bias is torch.float32 \[38\]",
        ),
        given("whole numbers for weights", "CheckpointError names them", whole, "head.bias is torch.int64"),
    ],
)
def test_weights_that_are_no_weights_are_told(kept, tmp_path, spoil, message):
    folder, tensors = changed(kept, tmp_path), load_file(kept / "model.safetensors")
    spoil(tensors)
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(CheckpointError, match=message):
        load_recogniser(folder)


@pytest.mark.parametrize("network", [{"hidden": 10**9}, {"widht": 1}, {"hidden": "192"}])
def test_a_new_network_is_checked_as_one_from_a_file(network):
    state = torch.get_rng_state()
    with pytest.raises(ValueError, match=r"hidden is|no argument"):
        Recogniser.new(BRAZIL, **network)
    with pytest.raises(ValueError, match="choose one of crnn, cnn, multiframe"):
        Recogniser.new(BRAZIL, kind="transformer")
    small()
    assert torch.get_rng_state().equal(state), "nobody else's random numbers change"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["crnn", "cnn"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


given.note("model.json of any content", "loads, or CheckpointError; never more than that")


@pytest.mark.fuzz
@settings(
    max_examples=int(os.environ.get("LPR_FUZZ", "30")),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@drawn(data=st.data())
def test_no_description_upsets_the_loader(kept, tmp_path, data):
    fields = {
        name: data.draw(JSON)
        for name in data.draw(st.sets(st.sampled_from(["kind", "network", "plate", "about", "frames"])))
    }
    if data.draw(st.booleans()):
        some = st.dictionaries(st.sampled_from(sorted(NETWORK)), JSON | st.integers(-1, 99), max_size=3)
        fields["network"] = NETWORK | data.draw(some)
    try:
        load_recogniser(changed(kept, tmp_path, **fields))
    except CheckpointError:
        return


def test_a_damaged_checkpoint_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="nowhere"):
        load_recogniser(tmp_path / "nowhere")
    save_recogniser(small(), tmp_path / "broken", {})
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"half a file")
    with pytest.raises(CheckpointError, match="broken holds no usable checkpoint"):
        load_recogniser(tmp_path / "broken")


def test_who_names_a_run_is_told_where_its_checkpoint_is(tmp_path):
    save_recogniser(small(), tmp_path / "run" / "best", {})
    with pytest.raises(CheckpointError, match=r"there is no model\.json\); give .*run/best"):
        load_recogniser(tmp_path / "run")


def test_a_recogniser_takes_the_weights_of_a_checkpoint_and_what_is_known_of_them(tmp_path):
    kept, other = small(), small(seed=1)
    save_recogniser(kept, tmp_path / "best", {"epoch": 3})
    other.model.train()
    other.load_weights(tmp_path / "best")
    assert weights(other).equal(weights(kept))
    assert other.about == {"epoch": 3}
    assert not other.model.training


@pytest.mark.parametrize("start", STARTS)
def test_training_can_start_from_each(start):
    recogniser = initial_recogniser(start, BRAZIL)
    assert recogniser.kind == (start if start in ARCHITECTURES else OURS)


def test_other_plates_than_the_packages_start_from_what_carries_over_or_from_scratch():
    plate = PlateFormat(alphabet="0123456789", layouts={"digits": "DDDDD"})
    ours, scratch = (initial_recogniser(start, plate) for start in ("ours", "scratch"))
    assert ours.network["length"] == scratch.network["length"] == 5
    seen, unseen, known = (weights_of(one) for one in (ours, scratch, load_recogniser(SHIPPED)))
    assert seen.equal(known)
    assert ours.about.keys() == {"made"}, "what the weights in the package read says nothing of other plates"
    assert not unseen.equal(known)


def weights_of(recogniser):
    """What sees, before anything is named."""
    return recogniser.model.stages[0][0].weight


def test_the_weights_in_the_package_read_grey_frames_only():
    with pytest.raises(ValueError, match="LPR_READER=scratch"):
        initial_recogniser("ours", BRAZIL, channels=3)
