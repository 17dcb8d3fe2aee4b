"""Which characters are taken for which: how often, at which places of the plate, and across which line.

`results` are as in `evaluation`. Only tracks whose reading is as long as the truth are counted anywhere here, since
places cannot be compared otherwise.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lpr_helpers.evaluation.bootstrap import checked
from lpr_helpers.plates import BRAZIL, PlateFormat

KINDS = ("digit", "letter")


def _pairs(results: pd.DataFrame) -> list[tuple[int, str, str]]:
    """Row, truth and reading of the tracks whose reading is as long as the truth."""
    texts = zip(checked(results)["text"], results["reading"].fillna(""), strict=True)
    return [(row, text, reading) for row, (text, reading) in enumerate(texts) if len(text) == len(reading)]


def confusion_matrix(results: pd.DataFrame, plate: PlateFormat = BRAZIL) -> pd.DataFrame:
    """How often each character was read as each other: int64 [A, A], rows the truth, columns the reading.

    ``.attrs["left_out"]`` and ``.attrs["tracks"]`` say how many tracks were not counted, and how many there are.

    Raises
    ------
    ValueError: a text or reading holds a character outside the plate's alphabet.
    """
    pairs = _pairs(results)
    truths = "".join(text for _, text, _ in pairs)
    readings = "".join(reading for _, _, reading in pairs)
    if strange := sorted(set(truths + readings) - set(plate.alphabet)):
        raise ValueError(
            f"{strange} stand outside the alphabet {plate.alphabet!r}; pass the data's own PlateFormat"
        )
    cells = plate.encode(truths) * len(plate.alphabet) + plate.encode(readings)
    counts = np.bincount(cells, minlength=len(plate.alphabet) ** 2).reshape(len(plate.alphabet), -1)
    names = list(plate.alphabet)
    table = pd.DataFrame(counts, index=pd.Index(names, name="true"), columns=pd.Index(names, name="read"))
    table.attrs.update(left_out=len(results) - len(pairs), tracks=len(results))
    return table


def confusion_blocks(confusion: pd.DataFrame) -> pd.DataFrame:
    """The four blocks of a confusion matrix, `KINDS` × `KINDS`: how many characters were read **wrong** in each.

    Where a layout is imposed, a digit is read as a letter (or the reverse) only if the layout itself was mistaken.
    """
    kinds = np.array(KINDS)
    of = [
        kinds[[int(not str(name).isdigit()) for name in names]]
        for names in (confusion.index, confusion.columns)
    ]
    wrong = confusion.to_numpy() * (np.asarray(confusion.index)[:, None] != np.asarray(confusion.columns))
    cells = [[wrong[np.ix_(of[0] == true, of[1] == read)].sum() for read in KINDS] for true in KINDS]
    return pd.DataFrame(cells, index=pd.Index(KINDS, name="true"), columns=pd.Index(KINDS, name="read"))


def top_confusions(confusion: pd.DataFrame, n: int = 10) -> pd.DataFrame:
    """The n most frequent confusions: ``true``, ``read``, ``count``, ``share`` of the true character's occurrences."""
    counts, names = confusion.to_numpy(), list(confusion.index)
    found = [(names[i], names[j], counts[i, j]) for i, j in np.argwhere(counts) if i != j]
    table = pd.DataFrame(found, columns=["true", "read", "count"])
    table["share"] = [count / counts[names.index(true)].sum() for true, _, count in found]
    return (
        table.sort_values(["count", "true", "read"], ascending=[False, True, True])
        .head(n)
        .reset_index(drop=True)
    )


def substitutions(results: pd.DataFrame) -> pd.DataFrame:
    """Every wrong character, one a row: ``row`` (position of its track in ``results``), ``place`` (1 is the first),
    ``true`` and ``read``; what `top_confusions` counts, one by one.
    """
    found = [
        (row, place, true, read)
        for row, text, reading in _pairs(results)
        for place, (true, read) in enumerate(zip(text, reading, strict=True), 1)
        if true != read
    ]
    return pd.DataFrame(found, columns=["row", "place", "true", "read"])


def confusions_by_slot(results: pd.DataFrame, n: int = 10) -> pd.DataFrame:
    """At which places the n most frequent confusions happen: int64 [≤ n + 1, L], rows such as ``O→Q``, columns 1 … L.

    A last row, ``others``, counts all other confusions, if there are any.
    """
    wrong = substitutions(results)
    names = wrong["true"] + "→" + wrong["read"]
    ranks = names.value_counts()
    order = sorted(ranks.index, key=lambda name: (-ranks[name], name))
    names = names.where(names.isin(order[:n]), "others")
    rows = order[:n] + (["others"] if len(order) > n else [])
    places = range(1, int(results["text"].str.len().max()) + 1)
    cells = [[int(((names == name) & (wrong["place"] == place)).sum()) for place in places] for name in rows]
    return pd.DataFrame(
        np.array(cells, int).reshape(len(rows), len(places)),
        index=pd.Index(rows, name="confusion"),
        columns=pd.Index(places, name="place"),
    )
