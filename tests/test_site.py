"""The reference shows every public name, and docstrings as the house writes them."""

import importlib.util

from tests.support import ROOT

spec = importlib.util.spec_from_file_location("reference", ROOT / "docs/site/reference.py")
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)

CALIBRATE = "lpr_helpers.evaluation.calibration.calibrate"
CALIBRATION = "lpr_helpers.evaluation.calibration.Calibration"
FIT = "lpr_helpers.training.loop.fit"
PUBLIC = {CALIBRATE, CALIBRATION, FIT}


def test_every_room_has_its_page_and_every_page_its_place():
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert len(reference.pages()) > 10
    for uri in reference.pages():
        assert f": {uri}\n" in nav, uri


def test_a_page_asks_for_each_public_name_where_it_is_defined():
    page = reference.pages()["reference/training.md"]
    assert page.startswith("# lpr_helpers.training\n")
    assert "\n::: lpr_helpers.training.loop.fit\n" in page


def test_arguments_that_are_told_of_in_a_row_become_a_list():
    docstring = "Does it.\n\ntracks: so many. seed, rate: of these;\nand more. Note: not one of them."
    assert reference.as_markdown(docstring, FIT, {"tracks", "seed", "rate"}, set()) == (
        "Does it.\n\n- **tracks**: so many.\n- **seed, rate**: of these; and more. Note: not one of them."
    )


def test_sections_keep_their_names_and_what_follows_them():
    docstring = "Does it.\n\nParameters\n----------\ntracks: so many.\n\nReturns\n-------\nAll."
    assert reference.as_markdown(docstring, FIT, {"tracks"}, set()) == (
        "Does it.\n\n**Parameters**\n\n- **tracks**: so many.\n\n**Returns**\n\nAll."
    )


def test_names_lead_to_the_reference_only_where_it_is_sure_what_they_mean():
    def markdown(docstring):
        return reference.as_markdown(docstring, CALIBRATE, set(), PUBLIC)

    assert markdown("See `Calibration`.") == f"See [`Calibration`][{CALIBRATION}]."
    assert markdown("See `loop.fit`.") == f"See [`loop.fit`][{FIT}]."
    assert markdown("`fit` of another room, and itself, `calibrate`") == (
        "`fit` of another room, and itself, `calibrate`"
    )
