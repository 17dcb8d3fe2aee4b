"""The run folder of a training: what was trained, on what, with what, and how it went."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from lpr_helpers.utils.files import recovered, write_json, write_whole
from lpr_helpers.utils.steps import MissingStepError

SUMMARY = (
    *("phase", "tracks", "epochs", "planned", "best_epoch", "recognition_rate", "character_accuracy"),
    *("hidden", "dropout", "learning_rate", "batch_size", "augmentation"),
    *("precision", "device", "seconds", "tracks_per_s", "finished"),
)
"""What `compare_runs` says of a run."""
SAMPLES = 6
"""Validation tracks whose readings are kept after every epoch."""


def finish_run(run: Path, history: pd.DataFrame) -> None:
    """Note that the run is complete, with all its history: a kill may have come between the last epoch and that."""
    if (run / "finished.json").exists() and len(read_history(run)) == len(history):
        return
    write_history(run, history)
    write_json(run / "finished.json", {"finished": datetime.now(UTC).isoformat(timespec="seconds")})


def write_history(run: Path, history: pd.DataFrame) -> None:
    """Keep the history as ``history.csv``."""
    write_whole(run / "history.csv", history.to_csv(index=False))


def read_history(run: Path) -> pd.DataFrame:
    """The history of a run; empty if it has none yet."""
    file = run / "history.csv"
    return pd.read_csv(file) if file.exists() else pd.DataFrame()


def sample_readings(results: pd.DataFrame, epoch: int) -> list[dict]:
    """How `SAMPLES` tracks of ``results``, always the same ones, were read after ``epoch``."""
    places = np.unique(np.linspace(0, len(results) - 1, SAMPLES).round().astype(int))
    rows = results.iloc[places][["track_id", "text", "reading"]]
    return [{"epoch": epoch, **row} for row in rows.to_dict("records")]


def write_samples(run: Path, samples: list[dict]) -> None:
    """Keep what `sample_readings` took of every epoch as ``samples.csv``."""
    table = pd.DataFrame(samples, columns=["epoch", "track_id", "text", "reading"])
    write_whole(run / "samples.csv", table.to_csv(index=False))


def read_samples(run: Path) -> pd.DataFrame:
    """Columns ``epoch``, ``track_id``, ``text``, ``reading``; empty if the run has none."""
    file = Path(run) / "samples.csv"
    text = {"track_id": str, "text": str, "reading": str}
    return pd.read_csv(file, dtype=text, keep_default_na=False) if file.exists() else pd.DataFrame()


def best_row(history: pd.DataFrame) -> pd.Series:
    """The history's row of the checkpoint that was kept as the best."""
    return _ranked(history).iloc[0]


def best_run(runs: Iterable[Path]) -> Path:
    """Of the runs that hold a checkpoint, the one whose best epoch reads most; of equal ones the last.

    All must have been validated on the same tracks. Raises MissingStepError if none holds a checkpoint.
    """
    found = [run for run in runs if recovered(run / "best") and (run / "history.csv").exists()]
    if not found:
        raise MissingStepError("Run 02_train_phase1 first: no trained checkpoint was found.")
    bests = pd.DataFrame([best_row(read_history(run)) for run in found]).reset_index(drop=True)
    return found[bests.iloc[::-1].pipe(_ranked).index[0]]


def compare_runs(folder: str | Path) -> pd.DataFrame:
    """One row a run found in ``folder`` or at any depth below it, indexed by its path from there.

    Rates are those of the best epoch, in 0…1, and NaN before the first; `tracks_per_s` is the median of the epochs and
    `seconds` their sum. `tracks` are those trained and validated on, `epochs` those done of `planned`. Folders of other
    things are passed over, and of a damaged history as much is told as the configuration knows.
    """
    folder = Path(folder)
    found = {str(run.relative_to(folder)): _summary(run, config) for run, config in _runs(folder)}
    return pd.DataFrame(found.values(), index=pd.Index(found, name="run"), columns=SUMMARY)


def epoch_line(row: Mapping) -> str:
    """One epoch of a history in one line."""
    return (
        f"{row['phase']} epoch {row['epoch']:>2}: loss {row['loss']:.3f}, validation {row['val_loss']:.3f}; plates "
        f"{row['recognition_rate']:.1%}, characters {row['character_accuracy']:.1%}; {row['tracks_per_s']:.0f} tracks/s"
    )


def _runs(folder: Path) -> Iterator[tuple[Path, dict]]:
    """Every run folder with its configuration, in the order of their paths."""
    for place, folders, files in os.walk(folder):
        # A data set may lie among the results, and has a folder for each of its tracks.
        folders[:] = sorted(name for name in folders if not name.startswith((".", "track_")))
        if "config.json" in files and (config := _config(Path(place) / "config.json")):
            folders.clear()
            yield Path(place), config


def _config(file: Path) -> dict | None:
    """What a run's ``config.json`` holds; None where it is not one of ours, or unreadable."""
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        parts = [config["identity"], config["circumstances"], config["identity"]["phase"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return config if all(isinstance(part, dict) for part in parts) else None


def _summary(run: Path, config: dict) -> dict:
    identity, circumstances = config["identity"], config["circumstances"]
    known = {**circumstances, **identity, **(identity.get("network") or {}), **identity["phase"]}
    known |= {"phase": known.get("name"), "planned": circumstances.get("epochs"), "epochs": 0}
    known["precision"] = circumstances.get("precision")
    try:
        history = read_history(run)
        best = best_row(history)
        known |= {name: best[name] for name in ("recognition_rate", "character_accuracy")}
        known |= {"epochs": len(history), "best_epoch": best["epoch"], "seconds": history["seconds"].sum()}
        known["tracks_per_s"] = history["tracks_per_s"].median()
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        pass  # nothing yet, or damaged
    return known | {"finished": (run / "finished.json").exists()}


def _ranked(history: pd.DataFrame) -> pd.DataFrame:
    order = ["recognition_rate", "character_accuracy", "val_loss"]
    return history.sort_values(order, ascending=[False, False, True], kind="stable")
