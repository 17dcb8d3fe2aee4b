"""The generator's recipe: ranges in order, shares that are shares."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

import pytest

from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.recipe import RECIPE
from lpr_helpers.synthetic.styles import HARBOUR
from tests.make_fixture import fixture_recipe


def parts(value: object, path: str) -> Iterator[tuple[str, str, object]]:
    """Path, type and value of every field of the dataclasses in a value, however deep."""
    if is_dataclass(value):
        for field in fields(value):
            inner = getattr(value, field.name)
            yield f"{path}.{field.name}", field.type, inner
            yield from parts(inner, f"{path}.{field.name}")
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from parts(inner, f"{path}[{name}]")
    elif isinstance(value, tuple):
        for i, inner in enumerate(value):
            yield from parts(inner, f"{path}[{i}]")


@pytest.mark.parametrize("recipe", [RECIPE, HARBOUR, fixture_recipe()], ids=["usual", "harbour", "fixture"])
def test_every_range_of_the_recipe_is_in_order_and_every_share_is_one(recipe):
    ranges = shares = 0
    for path, kind, value in parts(recipe, "recipe"):
        if kind == "Range" or (kind == "tuple[int, int]" and not path.endswith(".size")):
            ranges += 1
            assert value[0] <= value[1], path
        elif path.endswith("share"):
            shares += 1
            for share in value.values() if isinstance(value, Mapping) else [value]:
                assert 0 <= share <= 1, path
        elif kind == "tuple[float, float, float, float]":
            ranges += 1
            middle, spread, least, most = value
            assert spread >= 0, path
            assert least <= middle <= most, path
    assert ranges > 40
    assert shares > 20


def test_the_shares_of_the_plate_classes_and_of_the_bodywork_sum_to_1():
    for layout in BRAZIL.layouts:
        assert sum(kind.share for kind in RECIPE.plates.classes[layout]) == pytest.approx(1)
    for camera in RECIPE.cameras.values():
        assert sum(share for _, share in camera.body) == pytest.approx(1)


def test_what_is_drawn_on_a_logarithmic_scale_is_above_0():
    for camera in RECIPE.cameras.values():
        assert min(*camera.exposure, *camera.contrast, *camera.gamma) > 0
