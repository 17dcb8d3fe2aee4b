"""All rows put together: what each system reads over its seeds, and how far it is ahead of what it is compared with."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from lpr_helpers.evaluation import compare, metrics
from lpr_helpers.evaluation.bootstrap import columns_of
from tests.benchmarks.systems.rows import Row
from tests.benchmarks.systems.system import System
from tests.benchmarks.systems.timings import Timing
from tests.benchmarks.systems.tracks import SYNTHETIC

HELPS, NOT, UNTOLD = "helps", "does not help", "not told apart"
UNMEASURED = "not measured yet"
METRICS = {"plates": metrics.recognition_rate, "characters": metrics.character_accuracy}


def together(
    systems: Sequence[System],
    rows: Sequence[Row],
    truth: dict[str, list[str]],
    timings: dict[str, Timing],
) -> pd.DataFrame:
    """A line a system, those without a row at the end: see `lpr_helpers.evaluation.systems_table`, which reads it.

    Several seeds count together: the same plate, read after each of them, is one plate to the intervals.
    """
    lines, unmade = [], []
    for system in systems:
        own = [row for row in rows if row.system == system.name]
        if not own:
            told = {"part": system.part, "system": system.name, "expected": system.expected}
            told |= {"beside": system.beside, "seeds": "", "error": "", "verdict": UNMEASURED}
            unmade.append(told | {"parameters": 0})
            continue
        other = [row for row in rows if row.system == system.beside and not row.error]
        lines.append(_line(system, own, other, truth) | _times(timings.get(system.name), own))
    return pd.DataFrame(lines + unmade if lines else [])


def _line(system: System, own: Sequence[Row], other: Sequence[Row], truth: dict[str, list[str]]) -> dict:
    made, failed = [row for row in own if not row.error], [row for row in own if row.error]
    first = own[0]
    line = {
        "part": system.part,
        "system": system.name,
        "expected": system.expected,
        "beside": system.beside,
        "seeds": ", ".join(str(row.seed) for row in made) if system.trained else "",
        "looks": first.looks,
        "tracks": first.tracks,
        "device": first.device,
        "precision": first.precision,
        "error": "; ".join(sorted({row.error for row in failed})),
        "verdict": "",
        "parameters": max((row.parameters for row in made), default=0),
    }
    if not made:
        return line
    truth = {kind: texts for kind, texts in truth.items() if all(kind in row.readings for row in made)}
    for kind, texts in truth.items():
        found = columns_of(readings(made, truth, [kind]), METRICS)
        plates = {name.replace("plates", kind): number for name, number in found.items()}
        line |= {name.replace("characters", f"{kind}, characters"): n for name, n in plates.items()}
        line[f"{kind}, n"] = len(texts)
    words = {}
    for group, kinds in groups(truth).items():
        line |= {f"{group}, {end}": number for end, number in _difference(made, other, truth, kinds).items()}
        if other:
            words[group] = word(
                made, other, truth, kinds, line[f"{group}, plates_low"], line[f"{group}, plates_high"]
            )
    return line | {"verdict": spoken(words)}


def groups(truth: dict[str, list[str]]) -> dict[str, list[str]]:
    """The names of what was read, synthetic and real."""
    found = {
        SYNTHETIC: [name for name in truth if name.startswith(SYNTHETIC)],
        "real": [name for name in truth if not name.startswith(SYNTHETIC)],
    }
    return {name: kinds for name, kinds in found.items() if kinds}


def readings(rows: Sequence[Row], truth: dict[str, list[str]], kinds: Sequence[str]) -> pd.DataFrame:
    """Results of some rows on some of what they read, one row a seed and track."""
    parts = [
        pd.DataFrame({"text": truth[kind], "reading": row.readings[kind]}).assign(
            track_id=[f"{row.seed} {kind} {number}" for number in range(len(truth[kind]))]
        )
        for row in rows
        for kind in kinds
    ]
    return pd.concat(parts, ignore_index=True)


def paired(rows: Sequence[Row], others: Sequence[Row]) -> list[Row]:
    """For each row the other system's of the same seed, or its first where it has none of that seed."""
    by_seed = {row.seed: row for row in others}
    return [by_seed.get(row.seed, others[0]) for row in rows]


def _difference(
    own: Sequence[Row], other: Sequence[Row], truth: dict[str, list[str]], kinds: list[str]
) -> dict:
    """How much more is read, over all of some kinds: shares, with intervals."""
    if not other:
        return {f"{name}{end}": float("nan") for name in METRICS for end in ("", "_low", "_high")}
    mine, theirs = readings(own, truth, kinds), readings(paired(own, other), truth, kinds)
    rates = compare(theirs.assign(track_id=mine["track_id"]), mine, ("beside", "own")).rates
    rows = {"plates": rates.loc["recognition rate"], "characters": rates.loc["character accuracy"]}
    return {
        f"{name}{end}": row[f"difference{end}"] for name, row in rows.items() for end in ("", "_low", "_high")
    }


def word(
    own: Sequence[Row],
    other: Sequence[Row],
    truth: dict[str, list[str]],
    kinds: Sequence[str],
    low: float,
    high: float,
) -> str:
    """The verdict of an interval of plates, which all seeds have to agree with."""
    pairs = zip(own, paired(own, other), strict=True)
    rate = METRICS["plates"]
    ahead = [rate(readings([one], truth, kinds)) - rate(readings([two], truth, kinds)) for one, two in pairs]
    if low > 0 and min(ahead) > 0:
        return HELPS
    return NOT if high < 0 and max(ahead) < 0 else UNTOLD


def spoken(words: dict[str, str]) -> str:
    """One verdict of those on synthetic and on real plates."""
    said = set(words.values())
    if len(said) < 2:
        return next(iter(said), "")
    return "; ".join(f"{group}: {word}" for group, word in words.items())


def _times(timing: Timing | None, own: Sequence[Row]) -> dict:
    paces = pd.Series([row.tracks_per_s for row in own], dtype=float)
    found = {"tracks_per_s": paces.mean()}
    if timing is None:
        return found | dict.fromkeys(("ms", "ratio", "core_tracks_per_s", "core_minutes"), float("nan"))
    return found | {
        "ms": timing.ms,
        "ratio": timing.ratio,
        "core_tracks_per_s": timing.core_tracks_per_s,
        "core_minutes": own[0].looks / timing.core_tracks_per_s / 60,
        "core": f"{timing.machine}, {timing.precision}",
    }
