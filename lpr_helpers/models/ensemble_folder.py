"""A folder that holds an ensemble: its members' checkpoints below it, and a small file with their weights."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from lpr_helpers.models.checkpoints import MOST_BYTES, Recogniser, load_recogniser
from lpr_helpers.models.shipped_files import CheckpointError
from lpr_helpers.utils.files import write_json
from lpr_helpers.utils.regular import read_regular

ENSEMBLE_FILE = "ensemble.json"


def save_ensemble(folder: str | Path, weights: Mapping[str, float], about: Mapping | None = None) -> Path:
    """Write down which checkpoints below ``folder`` make an ensemble, and how much each of them counts.

    weights: of each checkpoint, by its path from ``folder``, such as ``crnn7/best``; above 0. about: whatever is worth
    keeping, such as what the weights were chosen on. The members' digests are kept too, so that weights are never used
    for a member that has been trained on since. Raises CheckpointError where a member is missing or damaged.
    """
    folder = Path(folder)
    members = [
        {"checkpoint": name, "weight": float(weight), "digest": load_recogniser(folder / name).digest}
        for name, weight in weights.items()
    ]
    return write_json(folder / ENSEMBLE_FILE, {"members": members, "about": dict(about or {})})


def is_ensemble(folder: str | Path) -> bool:
    """Whether a folder holds an ensemble rather than a checkpoint."""
    return (Path(folder) / ENSEMBLE_FILE).is_file()


def load_ensemble(folder: str | Path) -> tuple[dict[str, Recogniser], list[float]]:
    """The members of an ensemble, by their checkpoints' paths from ``folder``, and their weights, 1 in sum.

    Raises CheckpointError where the file or a member is damaged or missing, lies elsewhere, or has changed since.
    """
    folder = Path(folder)
    try:
        told = json.loads(read_regular(folder / ENSEMBLE_FILE, MOST_BYTES))["members"]
        found = [(str(one["checkpoint"]), float(one["weight"]), str(one["digest"])) for one in told]
        _check(found)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(
            f"{folder / ENSEMBLE_FILE} describes no ensemble ({error}); make it again, or load its members by a list"
        ) from error
    members = {name: load_recogniser(folder / name) for name, _, _ in found}
    if changed := [name for name, _, digest in found if members[name].digest != digest]:
        raise CheckpointError(
            f"{folder / changed[0]} is no longer the reader that {ENSEMBLE_FILE} was made for: train the ensemble "
            "again, which trains only what is missing and weighs its members anew"
        )
    total = sum(weight for _, weight, _ in found)
    return members, [weight / total for _, weight, _ in found]


def load_members(folders: Sequence[Path]) -> tuple[list[Recogniser], list[float] | None]:
    """The recognisers of some checkpoints, without weights, or those of one ensemble, with theirs; raises as
    `load_ensemble` does.
    """
    if len(folders) == 1 and is_ensemble(folders[0]):
        members, weights = load_ensemble(folders[0])
        return list(members.values()), weights
    return [load_recogniser(folder) for folder in folders], None


def _check(found: list[tuple[str, float, str]]) -> None:
    if not found or len({name for name, _, _ in found}) != len(found):
        raise ValueError("it has to name at least one member, and each once")
    for name, weight, _ in found:
        if not 0 < weight < float("inf") or Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError(f"{name} needs a weight above 0, and has to lie below the folder")
