"""Pictures of a data set: counts, characters and sizes."""

import numpy as np
import pandas as pd
import pytest

from lpr_helpers import plots
from lpr_helpers.plates import BRAZIL, PlateFormat
from tests.support.figures import words


def test_sizes_mark_the_aspect_of_a_plate_where_its_layout_is_known(filmed):
    assert "dashed: 3.08" in words(plots.sizes(filmed))
    assert "dashed" not in words(plots.sizes(filmed.assign(layout="Ours")))


def test_counts_follow_the_order_of_the_splits_and_write_their_numbers(table):
    figure = plots.counts(pd.concat([table, table.assign(split="val", scenario="B", layout="Mercosur")]))
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == [
        "train · Scenario A",
        "train · Scenario B",
        "val · Scenario B",
        "test · unknown scenario",
    ]
    assert "3 Mercosur" in words(figure)


def test_characters_are_shares_of_the_texts_of_one_layout(table):
    more = pd.concat([table, table.assign(text="abc"), table.assign(text="XBC1234", layout="Brazilian")])
    panel = plots.characters(more).axes[0]
    assert panel.get_title(loc="left").endswith("4 texts")
    share = panel.images[0].get_array()
    assert share.filled(0).sum(axis=1) == pytest.approx(np.ones(7))
    assert share[0, BRAZIL.alphabet.index("X")] == pytest.approx(0.75)


def test_characters_follow_another_plate_format():
    plate = PlateFormat(alphabet="01AB", layouts={"Mine": "LD"})
    panel = plots.characters(
        pd.DataFrame({"text": ["A1"], "layout": ["Mine"], "scenario": [""]}), plate
    ).axes[0]
    assert panel.images[0].get_array().shape == (2, 4)
