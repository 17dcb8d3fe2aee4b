"""What a frame is made of: said once, and remembered as it was said."""

import json

import pytest
from hypothesis import given, strategies as st

from lpr_helpers.data.frame_format import EQUALISERS, FrameFormat, Modality, Preprocessing
from tests.support.modalities import BOTH, IR, IR_ALONE
from tests.support.robustness import Area

refused = Area("What frames are made of")

preprocessings = st.builds(
    Preprocessing,
    st.sampled_from(EQUALISERS),
    st.booleans(),
    st.lists(st.floats(0.1, 1.0), min_size=1, max_size=4, unique=True).map(tuple),
)
modalities = st.lists(
    st.sampled_from([IR, Modality("thermal", "thermal-", 3), Modality("depth", "depth-")]), unique=True
).map(tuple)
formats = st.builds(FrameFormat, st.booleans(), modalities, preprocessings)


@given(formats)
def test_a_format_is_remembered_as_it_was_said(made_of):
    assert FrameFormat.of_table(json.loads(json.dumps(made_of.table()))) == made_of


@given(formats)
def test_every_channel_belongs_to_one_modality(made_of):
    assert made_of.places(made_of.names) == list(range(made_of.channels))
    assert made_of.inputs == made_of.channels * len(made_of.preprocessing.scales)


def test_a_format_says_what_it_is():
    assert str(BOTH) == "grey + ir"
    assert str(IR_ALONE) == "ir"
    said = str(FrameFormat(True, (IR,), Preprocessing("clahe", True, (1.0, 0.5))))
    assert said == "rgb + ir, equalised (clahe), rectified, at the scales 1, 0.5"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        refused("a format that is no table", "refused", [], "no table"),
        refused(
            "an equaliser that there is not", "refused", {"preprocessing": {"equalise": "x"}}, "choose one"
        ),
        refused('"rectify": 1', "refused", {"preprocessing": {"rectify": 1}}, "true or false"),
        refused('"scales": []', "refused", {"preprocessing": {"scales": []}}, "one to 4 numbers"),
        refused("a scale of 0", "refused", {"preprocessing": {"scales": [0]}}, r"from 0\.1 to 1"),
        refused("a scale twice", "refused", {"preprocessing": {"scales": [1, 1]}}, "each counts once"),
        refused('"colour": "yes"', "refused", {"colour": "yes"}, "true or false"),
        refused("frames of nothing", "refused", {"visible": False}, "one modality at least"),
        refused(
            "a modality called lr", "refused", {"modalities": [{"name": "lr", "prefix": "x-"}]}, "no name"
        ),
        refused(
            "a modality whose files are LR frames",
            "refused",
            {"modalities": [{"name": "ir", "prefix": "lr-"}]},
            "LR or HR",
        ),
        refused(
            "a modality of two channels",
            "refused",
            {"modalities": [{"name": "ir", "prefix": "ir-", "channels": 2}]},
            "1, or 3",
        ),
        refused(
            "two modalities that share files",
            "refused",
            {"modalities": [{"name": "ir", "prefix": "ir-"}, {"name": "b", "prefix": "ir-b-"}]},
            "cannot be told apart",
        ),
    ],
)
def test_what_no_frame_can_be_made_of_is_refused(table, message):
    with pytest.raises(ValueError, match=message):
        FrameFormat.of_table(table)
