"""What plates say before one of them is looked at: counts of characters and of pairs, learnt from a list of texts."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lpr_helpers.decoding.layouts import most_specific
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.utils.files import write_json

if TYPE_CHECKING:
    import pandas as pd

PRIOR_FILE = "text_prior.json"
PSEUDO_COUNT = 0.25
"""How often every character counts as seen at every place, whatever the texts say."""
PAIR_STRENGTH = 26.0
"""As many sightings of a character it takes until its neighbours' shares are believed as much as those of the place."""
MOST_FOR_PAIRS = 100
"""In larger alphabets only places are counted: of a million pairs, hardly one is seen twice."""
FORBIDDEN = {
    "test": "a text prior is never learnt from test tracks: their texts are what the reader is asked for, so it would "
    "be told the answers, and the competition's rules forbid it",
    "val": "a text prior is not learnt from validation tracks: they choose its weight and show what it is worth, and "
    "it would know their texts by heart",
    "held_out": "a text prior is not learnt from tracks that are held out: they show validation plates, or stand for "
    "plates that were never seen, and it would know their texts by heart",
}
"""Sides of the split whose texts may not teach, and why."""


@dataclass(frozen=True)
class LayoutCounts:
    """What the texts of one layout say. texts: how many. places: of each place, how often each character is there.

    pairs: of each two neighbouring places, how often each two characters are. Only what was seen is in them.
    """

    texts: int
    places: tuple[dict[str, int], ...]
    pairs: tuple[dict[str, int], ...]

    @classmethod
    def of(cls, texts: Sequence[str], plate: PlateFormat) -> LayoutCounts:
        """The counts of some texts of a plate format."""
        length, paired = plate.length, len(plate.alphabet) <= MOST_FOR_PAIRS
        return cls(
            len(texts),
            tuple(dict(Counter(text[place] for text in texts)) for place in range(length)),
            tuple(
                dict(Counter(text[place : place + 2] for text in texts if paired))
                for place in range(length - 1)
            ),
        )


@dataclass(frozen=True, eq=False)
class TextPrior:
    """A chain of characters for each layout, and how much it counts.

    A text's probability under a layout is that of its first character, times that of each next one given the one before
    it. Shares are smoothed: `PSEUDO_COUNT` sightings of every character that the layout allows, and pairs drawn to what
    their place says by `PAIR_STRENGTH` (MacKay and Peto, 1995). Plates are a mixture of the layouts, by their shares.

    counts: of each layout of the plate format. weight: what log-probabilities are multiplied by before they are added
    to the slots'; 0 leaves every reading as it is. source: whose texts they were, in words.
    """

    plate: PlateFormat
    counts: dict[str, LayoutCounts]
    weight: float = 1.0
    source: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.weight < math.inf:
            raise ValueError(f"a prior's weight is 0 or more, not {self.weight}")

    @property
    def texts(self) -> int:
        """How many texts taught it."""
        return sum(counts.texts for counts in self.counts.values())

    @cached_property
    def log_shares(self) -> dict[str, float]:
        """The log-probability of each layout; one that was not seen is thought half as frequent as one seen once."""
        total = self.texts + 0.5 * len(self.counts)
        return {name: math.log((counts.texts + 0.5) / total) for name, counts in self.counts.items()}

    @cached_property
    def chains(self) -> dict[str, np.ndarray]:
        """Of each layout the log-probabilities of a character (last axis) given the one before it (last but one).

        float64 [L, A, A], in which the first place, which has none before it, says the same in all rows; −∞ where the
        layout forbids the character.
        """
        return {name: self._chain(name) for name in self.counts}

    def _chain(self, name: str) -> np.ndarray:
        counts, index = self.counts[name], {c: i for i, c in enumerate(self.plate.alphabet)}
        allowed = np.exp(self.plate.log_mask(name)).astype(float)  # [L, A], 1 or 0
        size = len(index)
        seen = np.zeros((len(allowed), size))
        for place, found in enumerate(counts.places):
            for character, count in found.items():
                seen[place, index[character]] = count
        shares = (seen + PSEUDO_COUNT) * allowed
        shares = shares / shares.sum(-1, keepdims=True)
        with np.errstate(divide="ignore"):
            if size > MOST_FOR_PAIRS:
                return np.broadcast_to(np.log(shares)[:, None], (len(shares), size, size))
            chain = shares[:, None].repeat(size, 1) * PAIR_STRENGTH
            for place, found in enumerate(counts.pairs, start=1):
                for pair, count in found.items():
                    chain[place, index[pair[0]], index[pair[1]]] += count
            return np.log(chain / chain.sum(-1, keepdims=True))

    def log_probability(self, texts: Iterable[str]) -> np.ndarray:
        """How likely it thinks each text, float64 [N]: log-probabilities in nats, before any weight.

        Raises ValueError for a text that is no plate of any layout.
        """
        return np.array([self._log_probability(text) for text in texts], float)

    def _log_probability(self, text: str) -> float:
        if misfit := self.plate.misfit(text):
            raise ValueError(misfit)
        indices = self.plate.encode(text).tolist()
        terms = []
        for name, chain in self.chains.items():
            before = [0, *indices[:-1]]
            terms.append(self.log_shares[name] + float(chain[np.arange(len(indices)), before, indices].sum()))
        return float(np.logaddexp.reduce(terms))

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits that tell it from all other priors; "" where its weight is 0."""
        content = json.dumps(self._content() | {"source": ""}, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12] if self.weight else ""

    def _content(self) -> dict:
        plate = {"alphabet": self.plate.alphabet, "layouts": dict(self.plate.layouts)}
        counts = {name: asdict(counts) for name, counts in self.counts.items()}
        return {"source": self.source, "weight": self.weight, "plate": plate, "counts": counts}

    def __str__(self) -> str:
        parts = ", ".join(f"{counts.texts} {name}" for name, counts in self.counts.items())
        return f"text prior from {self.source or 'texts'} ({parts}), weight {self.weight:g}"


def learn_prior(
    texts: Iterable[str] | pd.DataFrame | Path, plate: PlateFormat = BRAZIL, *, weight: float = 1.0
) -> TextPrior:
    """Learn what plates say from a list of texts, each of which counts once however often it comes.

    Parameters
    ----------
    texts: strings; a table of tracks with ``text`` and, where it is known, ``split``; or a text file, a plate a line.
        What people write into a plate besides (hyphens, small letters) is taken out; a text that is no plate teaches
        nothing.
    weight: see `TextPrior`; `weigh_prior` chooses one on validation tracks.

    Raises ValueError for tracks of the test, of the validation or held out, for no plate among the texts, and for a
    file that cannot be read, with its name.
    """
    source, found = _listed(texts)
    plates = sorted({text for one in found if not plate.misfit(text := plate.normalised(one))})
    if not plates:
        raise ValueError(
            f"{source}: no plate among {len(found)} texts; expected such as {' or '.join(plate.layouts.values())}"
        )
    of_layout: dict[str, list[str]] = {name: [] for name in plate.layouts}
    for text in plates:
        of_layout[
            most_specific([name for name in plate.layouts if not plate.misfit(text, name)], plate)
        ].append(text)
    counts = {name: LayoutCounts.of(some, plate) for name, some in of_layout.items()}
    return TextPrior(plate, counts, weight, f"{len(plates)} plates of {source}")


def weighed(prior: TextPrior, weight: float) -> TextPrior:
    """The same prior, counting so much."""
    return replace(prior, weight=float(weight))


def save_prior(prior: TextPrior, file: Path) -> Path:
    """Keep a prior as JSON: counts, and no plate's text."""
    return write_json(file, prior._content())  # noqa: SLF001


def load_prior(file: str | Path) -> TextPrior:
    """What `save_prior` wrote. Raises ValueError, which names the file, where it holds something else."""
    try:
        content = json.loads(Path(file).read_text(encoding="utf-8"))
        plate = PlateFormat(**content["plate"])
        counts = {}
        for name in plate.layouts:
            told = content["counts"][name]
            counts[name] = LayoutCounts(int(told["texts"]), tuple(told["places"]), tuple(told["pairs"]))
        prior = TextPrior(plate, counts, float(content["weight"]), str(content["source"]))
        prior.chains  # noqa: B018 - counts of other characters and places show here
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ValueError(f"{file} is no text prior ({error}); make one with learn_prior") from error
    return prior


def _listed(texts: Any) -> tuple[str, list[str]]:
    """Whose texts they are, in words, and the texts."""
    if hasattr(texts, "columns"):  # a table, told apart without pandas, which reading does not take
        sides = set(texts["split"]) if "split" in texts else set()
        for side, reason in FORBIDDEN.items():
            if side in sides:
                raise ValueError(
                    f"{(texts['split'] == side).sum()} of the tracks are of the side {side!r}: {reason}"
                )
        usable = texts["trainable"].astype(bool) if "trainable" in texts else slice(None)
        return f"{len(texts.loc[usable])} tracks", texts.loc[usable, "text"].tolist()
    if isinstance(texts, Path):
        try:
            return texts.name, texts.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(
                f"{texts} cannot be read as a list of plates ({error}); one plate a line"
            ) from error
    if isinstance(texts, str):
        raise ValueError(  # noqa: TRY004 - as every other text that is no plate
            f"{texts!r} is one text; give a list of them, or a Path of a file that holds one a line"
        )
    listed = list(texts)
    return f"{len(listed)} texts", listed
