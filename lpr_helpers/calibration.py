"""Does a confidence mean what it says: bands, reliability, calibration error, and what mends it.

What is fitted is judged on other plates: `cross_fitted` gives each track the confidence that a calibration which never
saw its plate has for it.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from lpr_helpers import calibrators
from lpr_helpers.bootstrap import columns_of
from lpr_helpers.calibrators import UNCHANGED, Calibrator, Evidence
from lpr_helpers.evaluation import RATES, confidence_bins, confidences, ece, recognition_rate
from lpr_helpers.files import write_json
from lpr_helpers.review import review_threshold

__all__ = [
    "Calibration",
    "apply_temperature",
    "calibrate",
    "confidence_bands",
    "cross_fitted",
    "ece",
    "fit_calibration",
    "fit_temperature",
    "load_calibration",
    "reliability",
    "save_calibration",
]

# With fewer plates read right, or misread, no two ways of calibrating could be told apart.
FEWEST = 10
TEMPERATURES = (0.05, 20.0)
GOLDEN = (math.sqrt(5) - 1) / 2


def confidence_bands(results: pd.DataFrame) -> pd.DataFrame:
    """The report's three bands of confidence and how right each is; both 0.5 and 0.8 belong to the middle one.

    Columns: ``tracks``, ``share`` (of all tracks), ``recognition_rate`` and ``character_accuracy``, each with its
    ``_low`` and ``_high``; NaN in an empty band.
    """
    values = confidences(results)
    bands = {"> 0.8": values > 0.8, "0.5–0.8": (values >= 0.5) & (values <= 0.8), "< 0.5": values < 0.5}
    rows = {
        name: {"tracks": int(band.sum()), "share": band.mean(), **columns_of(results[band], RATES)}
        for name, band in bands.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("confidence")


def reliability(results: pd.DataFrame, bins: int = 10) -> pd.DataFrame:
    """The points of a reliability diagram: one row for each of `bins` equal bins of confidence.

    Columns: ``bin_from``, ``bin_to``, ``tracks``, ``mean_confidence``, ``recognition_rate`` with its ``_low`` and
    ``_high``; NaN in an empty bin. Well calibrated means that rate and mean confidence agree in every row.
    """
    values = confidences(results)
    bin_of = confidence_bins(values, bins)
    rows = []
    for number in range(bins):
        inside = bin_of == number
        mean = values[inside].mean() if inside.any() else np.nan
        rate = columns_of(results[inside], {"recognition_rate": recognition_rate})
        edges = {"bin_from": number / bins, "bin_to": (number + 1) / bins}
        rows.append({**edges, "tracks": int(inside.sum()), "mean_confidence": mean, **rate})
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Calibration:
    """What the validation tracks taught about one reader's confidences.

    plate, character: the maps for whole plates and for single characters. threshold: of the calibrated confidence,
    below which a plate is for a human if at most `error_rate` of the others may be wrong; inf: all are. tie_break: the
    map that widens the confidence gap most, and means nothing beyond that. reader: which reader it is for. tracks,
    plates: how many taught it. notes: what could not be learnt, in words.
    """

    plate: Calibrator = UNCHANGED
    character: Calibrator = UNCHANGED
    tie_break: Calibrator = UNCHANGED
    threshold: float = math.inf
    error_rate: float = 0.0
    reader: str = ""
    tracks: int = 0
    plates: int = 0
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        learnt = f"plates: {self.plate.method}; characters: {self.character.method}"
        return "\n".join([f"{learnt}; from {self.tracks} tracks of {self.plates} plates", *self.notes])


def fit_calibration(
    results: pd.DataFrame, method: str | None = None, *, error_rate: float = 0.05, reader: str = ""
) -> Calibration:
    """Learn what the confidences of these results are worth.

    Parameters
    ----------
    results: tracks that were not trained on, with ``confidence``; if they have ``char_confidences``, those are
        calibrated too.
    method: for the plates, one of `calibrators.fit`; None takes what `calibrators.candidates` chooses, which
        characters always do.
    error_rate: of the plates that no human looks at, 0…1; see `review_threshold`.

    Where fewer than 10 plates are right, or fewer than 10 wrong, confidences stay as they are, and `notes` say so.
    """
    kinds = _evidence(results)
    found = {kind: _learn(part, kind, method) for kind, part in kinds.items() if not _too_few(part, kind)}
    plate = found.get("plates", UNCHANGED)
    seen = results.assign(confidence=plate(confidences(results)))
    return Calibration(
        plate,
        found.get("characters", UNCHANGED),
        calibrators.fit("step", kinds["plates"]) if "plates" in found else UNCHANGED,
        review_threshold(seen, error_rate).threshold,
        error_rate,
        reader,
        tracks=len(results),
        plates=results["text"].nunique(),
        notes=tuple(note for kind, part in kinds.items() if (note := _too_few(part, kind))),
    )


def calibrate(results: pd.DataFrame, calibration: Calibration, *, tie_break: bool = False) -> pd.DataFrame:
    """A copy of the results, whose truth need not be known, with calibrated confidences.

    ``confidence`` and, where there, ``char_confidences`` change; readings do not. New: ``to_review`` (bool), whether a
    human should look at the plate. tie_break: write 0 or 1 into ``confidence``, whichever widens the confidence gap,
    the competition's tie-break, instead of the probability that the plate is right; ``to_review`` stays the same.
    """
    values = calibration.plate(pd.to_numeric(results["confidence"]).to_numpy(float))
    told = calibration.tie_break(pd.to_numeric(results["confidence"])) if tie_break else values
    changed = results.assign(confidence=told, to_review=~(values >= calibration.threshold))
    if "char_confidences" in results:
        rows = [calibration.character(row).tolist() for row in results["char_confidences"]]
        changed["char_confidences"] = pd.Series(rows, index=results.index, dtype=object)
    return changed


def cross_fitted(results: pd.DataFrame, method: str | None = None) -> pd.DataFrame:
    """A copy of the results whose every confidence was calibrated by what the plates of other folds taught.

    Fit to judge a calibration by: its ECE, confidence gap and reliability. Arguments as in `fit_calibration`; the
    method is chosen anew without each fold. Confidences stay as they are where there is too little to learn from.
    """
    changed = results.copy()
    for kind, part in _evidence(results).items():
        if _too_few(part, kind):
            continue
        values = calibrators.cross_fit(part, lambda rest, kind=kind: _learn(rest, kind, method))
        if kind == "plates":
            changed["confidence"] = values
        else:
            ends = np.cumsum(results["char_confidences"].str.len())[:-1]
            rows = [row.tolist() for row in np.split(values, ends)]
            changed["char_confidences"] = pd.Series(rows, index=results.index, dtype=object)
    return changed


def save_calibration(calibration: Calibration, file: Path) -> Path:
    """Keep a calibration as JSON."""
    threshold = calibration.threshold if math.isfinite(calibration.threshold) else None
    return write_json(file, asdict(calibration) | {"threshold": threshold})


def load_calibration(file: Path, reader: str | None = None) -> Calibration:
    """What `save_calibration` wrote.

    Raises ValueError where the file holds something else, or a calibration for another ``reader``.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        maps = {kind: Calibrator(**content[kind]) for kind in ("plate", "character", "tie_break")}
        threshold = math.inf if content["threshold"] is None else content["threshold"]
        found = Calibration(**content | maps | {"threshold": threshold, "notes": tuple(content["notes"])})
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is no calibration ({error}); run 04_error_analysis again") from error
    if reader is not None and reader != found.reader:
        raise ValueError(
            f"{file} is for the reader {found.reader!r}, not {reader!r}; run 04_error_analysis again"
        )
    return found


def _evidence(results: pd.DataFrame) -> dict[str, Evidence]:
    kinds = {"plates": Evidence.of_plates(results)}
    return kinds | ({"characters": Evidence.of_characters(results)} if "char_confidences" in results else {})


def _learn(evidence: Evidence, kind: str, method: str | None) -> Calibrator:
    chosen = method if kind == "plates" else None
    return calibrators.fit(chosen or calibrators.candidates(evidence)["chosen"].idxmax(), evidence)


def _too_few(evidence: Evidence, kind: str) -> str:
    """Why nothing can be learnt from so little, in words; empty where enough can."""
    right, wrong = evidence.counts()
    if min(right, wrong) >= FEWEST:
        return ""
    what = {"plates": "read right", "characters": "with a right character"}[kind]
    flaw = {"plates": "misread", "characters": "with a wrong character"}[kind]
    return (
        f"Confidences of {kind} stay as they are: {right} plates {what} and {wrong} {flaw} cannot teach what one is "
        f"worth; it takes {FEWEST} of each."
    )


def _checked_slots(slots: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The targets as int64 [N, L], if they fit slots [N, L, A]; ValueError otherwise."""
    if slots.ndim != 3 or not len(slots) or tuple(targets.shape) != tuple(slots.shape[:2]):
        raise ValueError(
            f"need slots [N, L, A] and targets [N, L] of at least one plate, got "
            f"{list(slots.shape)} and {list(targets.shape)}"
        )
    if slots.isnan().any():
        raise ValueError(
            f"{int(slots.isnan().flatten(1).any(dim=1).sum())} plates have NaN log-probabilities"
        )
    if targets.min() < 0 or targets.max() >= slots.shape[-1]:
        raise ValueError(f"targets must be class indices from 0 to {slots.shape[-1] - 1}")
    return targets.to(slots.device, torch.int64)


def fit_temperature(slots: torch.Tensor, targets: torch.Tensor) -> float:
    """The temperature under which the true plates are most likely (Guo et al., "On Calibration of Modern Neural
    Networks", ICML 2017): above 1 where the recogniser was too sure.

    Parameters
    ----------
    slots: log-probabilities, float [N, L, A], of tracks that were not trained on. −inf (a layout's mask) is fine.
    targets: class indices of the truth, int [N, L].

    Returns a temperature between 0.05 and 20; the ends mean that no inner one is best (all plates right: 0.05).
    The plate's negative log-likelihood, a sum over its places, is convex in 1/t and so has one minimum, found by
    golden-section search. Plates whose truth the mask excludes are impossible at any temperature and are left out.

    Raises
    ------
    ValueError: shapes that do not fit, NaN, class indices outside the alphabet, or no possible plate.
    """
    targets = _checked_slots(slots, targets)
    slots = slots.detach().double()
    true = slots.gather(-1, targets[..., None]).squeeze(-1)
    possible = true.isfinite().all(dim=1)
    if not possible.any():
        raise ValueError("every true plate has probability 0: was the wrong layout imposed?")
    slots, true = slots[possible], true[possible]

    def loss(log_t: float) -> float:
        scale = math.exp(-log_t)
        return float((torch.logsumexp(slots * scale, dim=-1) - true * scale).sum(dim=1).mean())

    return math.exp(_golden_section(loss, *map(math.log, TEMPERATURES)))


def _golden_section(loss, low: float, high: float, steps: int = 30) -> float:
    """Where a function with one minimum has it, between low and high (Kiefer 1953)."""
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = loss(left), loss(right)
    for _ in range(steps):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = loss(right)
    return (low + high) / 2


def apply_temperature(slots: torch.Tensor, t: float) -> torch.Tensor:
    """Slot log-probabilities at temperature t, normalised again over the last axis; shape and dtype stay."""
    if not t > 0 or not math.isfinite(t):
        raise ValueError(f"a temperature must be positive and finite, not {t}")
    return torch.log_softmax(slots / t, dim=-1)
