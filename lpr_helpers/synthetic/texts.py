"""What plates say: seven characters, and the town on the strip of the old ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lpr_helpers.plates import BRAZIL, DIGITS, LETTERS
from lpr_helpers.synthetic.places import Traffic
from lpr_helpers.synthetic.recipe import RECIPE, PlateRecipe

FREE = "Free"
"""The layout of plates that say anything, in any grouping."""
CONVERTED = LETTERS[:10]
"""What stands in the fifth place of Mercosur plates that were old ones, for 0 to 9."""
ARGENTINE = "Argentine"
"""The layout of Argentine plates of the Mercosur design."""
PATTERNS = {**BRAZIL.layouts, FREE: "*" * BRAZIL.length, ARGENTINE: "LLDDDLL"}
"""All layouts that can be drawn, with their patterns, as `plates.PlateFormat` has them."""

# The series of letters each state was first given (Brazilian traffic department, 1990–1999), with two of its towns.
SERIES = (
    ("AAA", "BEZ", "PR-CURITIBA", "PR-LONDRINA"),
    ("BFA", "GKI", "SP-SAO PAULO", "SP-CAMPINAS"),
    ("GKJ", "HOK", "MG-BELO HORIZONTE", "MG-UBERLANDIA"),
    ("HOL", "HQE", "MA-SAO LUIS", "MA-IMPERATRIZ"),
    ("HQF", "HTW", "MS-CAMPO GRANDE", "MS-DOURADOS"),
    ("HTX", "HZA", "CE-FORTALEZA", "CE-SOBRAL"),
    ("HZB", "IAP", "SE-ARACAJU", "SE-LAGARTO"),
    ("IAQ", "JDO", "RS-PORTO ALEGRE", "RS-PELOTAS"),
    ("JDP", "JKR", "DF-BRASILIA", "DF-BRASILIA"),
    ("JKS", "JSZ", "BA-SALVADOR", "BA-ILHEUS"),
    ("JTA", "JWE", "PA-BELEM", "PA-MARABA"),
    ("JWF", "JXY", "AM-MANAUS", "AM-TEFE"),
    ("JXZ", "KAU", "MT-CUIABA", "MT-SINOP"),
    ("KAV", "KFC", "GO-GOIANIA", "GO-ANAPOLIS"),
    ("KFD", "KME", "PE-RECIFE", "PE-OLINDA"),
    ("KMF", "LVE", "RJ-RIO DE JANEIRO", "RJ-NITEROI"),
    ("LVF", "LWQ", "PI-TERESINA", "PI-PARNAIBA"),
    ("LWR", "MMM", "SC-JOINVILLE", "SC-BLUMENAU"),
    ("MMN", "MOW", "PB-JOAO PESSOA", "PB-PATOS"),
    ("MOX", "MTZ", "ES-VITORIA", "ES-SERRA"),
    ("MUA", "MVK", "AL-MACEIO", "AL-ARAPIRACA"),
    ("MVL", "MXG", "TO-PALMAS", "TO-GURUPI"),
    ("MXH", "MZM", "RN-NATAL", "RN-MOSSORO"),
    ("MZN", "NAG", "AC-RIO BRANCO", "AC-TARAUACA"),
    ("NAH", "NBA", "RR-BOA VISTA", "RR-CARACARAI"),
    ("NBB", "NEH", "RO-PORTO VELHO", "RO-CACOAL"),
    ("NEI", "NFB", "AP-MACAPA", "AP-SANTANA"),
)


def plate_text(layout: str, rng: np.random.Generator, recipe: PlateRecipe = RECIPE.plates) -> str:
    """A random text of a layout.

    ``Free``: any character at any place, letters and digits equally often; a share is Argentine.
    ``Brazilian``: a share lies in the series of a state. ``Mercosur``: a share is converted from such, with a fifth
    character A–J. ``Argentine``: any letters.
    """
    if layout == FREE and rng.random() < recipe.argentine_share:
        places = [BRAZIL.allowed(symbol) for symbol in PATTERNS[ARGENTINE]]
    elif layout == FREE:
        places = [(LETTERS, DIGITS)[rng.integers(2)] for _ in range(BRAZIL.length)]
    else:
        places = [BRAZIL.allowed(symbol) for symbol in PATTERNS[layout]]
    if layout == "Mercosur" and rng.random() < recipe.converted_share:
        places[4] = CONVERTED
    text = "".join(place[rng.integers(len(place))] for place in places)
    if layout == "Brazilian" and rng.random() < recipe.series_share:
        text = _within(SERIES[rng.integers(len(SERIES))], rng) + text[3:]
    return (
        text
        if recipe.traffic is None or layout not in BRAZIL.layouts
        else _local(text, layout, recipe.traffic, rng)
    )


def _local(text: str, layout: str, traffic: Traffic, rng: np.random.Generator) -> str:
    """The text with letters as they are where ``traffic`` passes."""
    newly = layout == "Mercosur" and text[4] not in CONVERTED
    fleets = [series for series in traffic.fleets if (traffic.new[0] <= series <= traffic.new[1]) == newly]
    if fleets and rng.random() < traffic.fleet_share:
        return fleets[rng.integers(len(fleets))] + text[3:]
    if newly:
        return _within(traffic.new, rng) + text[3:]
    states, shares = zip(*traffic.states.items(), strict=True)
    drawn = int(np.searchsorted(np.cumsum(shares), rng.random(), side="right"))
    if drawn == len(states):
        return text
    home = next(series for series in SERIES if series[2].startswith(f"{states[drawn]}-"))
    return _within(home, rng) + text[3:]


def _within(series: Sequence[str], rng: np.random.Generator) -> str:
    """Three letters of a series, which begins with its first and its last."""
    first, last = (_number(end) for end in series[:2])
    return _letters(int(rng.integers(first, last + 1)))


def is_argentine(text: str) -> bool:
    """Whether a text has the pattern of the layout `ARGENTINE`."""
    return [c.isdigit() for c in text] == [symbol == "D" for symbol in PATTERNS[ARGENTINE]]


def town(text: str, rng: np.random.Generator) -> str:
    """What the strip of an old plate says: often a town of the state whose series the letters belong to."""
    home = [towns for first, last, *towns in SERIES if first <= text[:3] <= last]
    towns = home[0] if home and rng.random() < 0.7 else SERIES[rng.integers(len(SERIES))][2:]
    return towns[rng.integers(len(towns))]


def _number(letters: str) -> int:
    a, b, c = (LETTERS.index(letter) for letter in letters)
    return (a * 26 + b) * 26 + c


def _letters(number: int) -> str:
    return LETTERS[number // 676] + LETTERS[number // 26 % 26] + LETTERS[number % 26]
