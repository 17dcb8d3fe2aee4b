"""Two readers on the same tracks: who reads more, how sure that is, and which tracks only one of them reads."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from lpr_helpers.evaluation.bootstrap import Estimate, Metric, checked, estimates
from lpr_helpers.evaluation.metrics import RATES

KEYS = ("track_id", "folder", "text", "scenario", "layout", "lr", "hr")
OWN = ("reading", "confidence")


@dataclass(frozen=True)
class Comparison:
    """Two readers, `names`, side by side.

    tracks: a row a track: what it is, then ``reading_1``, ``right_1``, ``reading_2``, ``right_2``, and confidences if
    both have them. rates: a row a rate, columns ``first``, ``second`` and ``difference`` (second − first), each with
    its ``_low`` and ``_high``. p_tracks, p_plates: McNemar's test, see `mcnemar`.
    """

    names: tuple[str, str]
    tracks: pd.DataFrame
    rates: pd.DataFrame
    p_tracks: float
    p_plates: float

    @property
    def counts(self) -> pd.DataFrame:
        """How many tracks both read, only one, or neither: rows the first reader, columns the second."""
        first, second = self.tracks["right_1"], self.tracks["right_2"]
        cells = [[int((first.eq(a) & second.eq(b)).sum()) for b in (True, False)] for a in (True, False)]
        rows, columns = ([f"{name} right", f"{name} wrong"] for name in self.names)
        return pd.DataFrame(cells, index=rows, columns=columns)

    def only(self, name: str) -> pd.DataFrame:
        """The tracks that reader ``name`` alone reads, ready for `plots.track_sheet`: both readings in ``reading``."""
        if name not in self.names:
            raise ValueError(f"no reader {name!r} here; choose {' or '.join(self.names)}")
        one, other = ("1", "2") if name == self.names[0] else ("2", "1")
        found = self.tracks[self.tracks[f"right_{one}"] & ~self.tracks[f"right_{other}"]]
        rival = self.names[int(other) - 1]
        shown = [f"by {name}, {reading or 'nothing'} by {rival}" for reading in found[f"reading_{other}"]]
        return found.assign(reading=shown)

    def __str__(self) -> str:
        first, second = (len(self.only(name)) for name in self.names)
        row, plates = self.rates.loc["recognition rate"], self.tracks["text"].nunique()
        span = f"{100 * row['difference_low']:+.1f} to {100 * row['difference_high']:+.1f}"
        certain = row["difference_low"] > 0 or row["difference_high"] < 0
        verdict = "" if certain else " That may well be chance." if first + second else " They never differ."
        return (
            f"Of {len(self.tracks)} tracks ({plates} plates), {self.names[0]} alone reads {first} and {self.names[1]} "
            f"alone {second}: {100 * row['difference']:+.1f} points for {self.names[1]} (95 %: {span}). "
            f"McNemar: p = {self.p_tracks:.2g} over tracks, {self.p_plates:.2g} over plates.{verdict}"
        )


def compare(first: pd.DataFrame, second: pd.DataFrame, names: tuple[str, str]) -> Comparison:
    """Compare two tables of results (`results.results_table`) of the same tracks, in any order.

    Intervals come from a paired bootstrap: both readers on the same resampled plates, so that what makes a plate easy
    for both cancels out (Efron & Tibshirani 1993).

    Raises
    ------
    ValueError: the tables hold different tracks, a track twice, or different truths; names that are alike.
    """
    if names[0] == names[1]:
        raise ValueError(f"both readers are called {names[0]!r}; give them two names")
    tracks = _joined(first, second, names)
    return Comparison(
        names, tracks, _rates(tracks), mcnemar(tracks, by="track_id"), mcnemar(tracks, by="text")
    )


def mcnemar(tracks: pd.DataFrame, by: str = "text") -> float:
    """The exact two-sided p of McNemar's test (Psychometrika 1947): how likely one reader would be so far ahead, or
    farther, if a coin decided who reads what only one does; 1 where they never differ.

    tracks: `Comparison.tracks`. by: "track_id" lets every track have a vote, as if tracks of one plate were
    independent; "text" gives each plate one, for the reader that reads more of its tracks.
    """
    lead = (tracks["right_2"].astype(int) - tracks["right_1"].astype(int)).groupby(tracks[by]).sum()
    ahead, behind = int((lead > 0).sum()), int((lead < 0).sum())
    return float(binomtest(ahead, ahead + behind).pvalue) if ahead + behind else 1.0


def _joined(first: pd.DataFrame, second: pd.DataFrame, names: tuple[str, str]) -> pd.DataFrame:
    for table, name in zip((first, second), names, strict=True):
        twice = checked(table, "track_id")["track_id"].duplicated()
        if twice.any():
            raise ValueError(
                f"{name} has {table.loc[twice, 'track_id'].iloc[0]} and {twice.sum() - 1} others twice"
            )
    ids = [set(table["track_id"]) for table in (first, second)]
    if alone := [sorted(ids[0] - ids[1]), sorted(ids[1] - ids[0])] if ids[0] != ids[1] else []:
        told = [
            f"{len(own)} only in {name} ({own[0]} …)" for own, name in zip(alone, names, strict=True) if own
        ]
        raise ValueError(
            f"the results hold different tracks: {', '.join(told)}; read the same ones with both readers"
        )
    other = second.set_index("track_id").loc[first["track_id"]]
    if (unlike := first["text"].to_numpy() != other["text"].to_numpy()).any():
        odd = first.loc[unlike, "track_id"].iloc[0]
        raise ValueError(
            f"{int(unlike.sum())} tracks have different texts in the two results, {odd} among them"
        )
    tracks = first[[name for name in KEYS if name in first]].reset_index(drop=True)
    for number, table in (("1", first), ("2", other)):
        for column in OWN:
            if column in first and column in second:
                tracks[f"{column}_{number}"] = table[column].to_numpy()
        tracks[f"right_{number}"] = tracks["text"].eq(tracks[f"reading_{number}"]).astype(bool)
    return tracks


def _rates(tracks: pd.DataFrame) -> pd.DataFrame:
    """Each rate of both readers and its difference, all on the same resamples."""
    sides = [tracks.assign(reading=tracks[f"reading_{number}"]) for number in ("1", "2")]
    rows = {}
    for name, metric in RATES.items():
        one, two = (metric.terms(side) for side in sides)
        apart = np.stack([two[:, 0] - one[:, 0], one[:, 1]], axis=1)
        metrics = {
            "first": _of(one, metric, share=True),
            "second": _of(two, metric, share=True),
            "difference": _of(apart, metric, share=False),
        }
        found = estimates(sides[0], metrics)
        found["difference"] = bounded(found["difference"])
        rows[name.replace("_", " ")] = {
            f"{key}{end}": number for key, e in found.items() for end, number in _ends(e)
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("rate")


def _of(terms: np.ndarray, metric: Metric, *, share: bool) -> Metric:
    return Metric(lambda _: terms, metric.combine, share)


def _ends(estimate: Estimate) -> tuple:
    return ("", estimate.value), ("_low", estimate.low), ("_high", estimate.high)


def bounded(difference: Estimate) -> Estimate:
    """What all plates agree on has no width in a bootstrap: the exact bound for so many plates stands in."""
    if difference.low < difference.high:
        return difference
    reach, value = 1 - 0.025 ** (1 / difference.n), difference.value
    return replace(difference, low=max(-1.0, value - reach), high=min(1.0, value + reach))


def verdict(before: pd.DataFrame, after: pd.DataFrame) -> str:
    """Whether the second reader reads fewer of the same tracks, more, or neither that these data show.

    before, after: tables of results. The word rests on the 95 % interval of the difference of the recognition rates,
    from a paired bootstrap over plates (`comparison.compare`). Of tracks that share an id the first counts.
    """
    before, after = (results.drop_duplicates("track_id") for results in (before, after))
    found = compare(before, after, ("before", "after"))
    row = found.rates.loc["recognition rate"]
    low, high = row["difference_low"], row["difference_high"]
    word = "more" if low > 0 else "fewer" if high < 0 else ""
    change = f"reads {word} plates" if word else "shows no change that these data can prove"
    return (
        f"{change}: {row['first']:.1%} before, {row['second']:.1%} after, {100 * row['difference']:+.1f} points "
        f"(95 %: {100 * low:+.1f} to {100 * high:+.1f}; {len(found.tracks)} tracks, "
        f"{found.tracks['text'].nunique()} plates)"
    )
