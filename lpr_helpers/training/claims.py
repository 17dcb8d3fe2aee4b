"""Whose a run folder is: of one process at a time, of one training for ever, and of the networks that come from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from weakref import WeakKeyDictionary

from torch import nn

from lpr_helpers.models.checkpoints import Recogniser, load_recogniser
from lpr_helpers.models.shipped_files import CheckpointError
from lpr_helpers.training.disk import writing
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.utils.distributed import broadcast
from lpr_helpers.utils.files import recovered, write_json
from lpr_helpers.utils.locks import FolderInUseError, sole_writer

NAMES = {"start": "the digest of the weights it starts from"}
_trained: WeakKeyDictionary[nn.Module, tuple[tuple[Path, ...], str | None]] = WeakKeyDictionary()
"""The runs that a network's weights come from in this process, one from the other, and their digest when it left the
last one; None while it is in one."""


@contextmanager
def claimed(run: Path, recogniser: Recogniser, describe: Callable[[], dict], first: bool) -> Iterator[None]:
    """Have ``run`` for oneself while the block runs; all processes that train together have to call this.

    A new folder gets ``config.json``, which ``describe`` makes (see `provenance.describe_run`); an older one must be
    of the same training. ``first``: whether this is the process that writes.

    Raises TrainingError, in all of these processes, if another one trains there, if the folder holds another training,
    or if it cannot be written to.
    """
    with ExitStack() as held:
        problem, cause = "", None
        if first:
            try:
                with writing(run):
                    held.enter_context(sole_writer(run))
                    _claim(run, describe(), recogniser)
            except (TrainingError, FolderInUseError) as error:
                # Not the settings' fault, unless there is no cause: see `tuning`.
                problem, cause = str(error), error.__cause__ if isinstance(error, TrainingError) else error
        if problem := broadcast(problem):
            raise TrainingError(problem) from cause
        runs = _after(_runs(recogniser, recogniser.digest), run)
        _trained[recogniser.model] = runs, None
        try:
            yield
        finally:
            _trained[recogniser.model] = runs, recogniser.digest


def remember(recogniser: Recogniser, run: Path) -> None:
    """Note that the weights of ``recogniser`` come from ``run``, where other processes trained it."""
    runs, _ = _trained.get(recogniser.model, ((), None))
    _trained[recogniser.model] = _after(runs, run), recogniser.digest


def _claim(run: Path, config: dict, recogniser: Recogniser) -> None:
    """Write ``config`` into a new run folder, or check that an older one is of the same training."""
    file = run / "config.json"
    if not file.exists():
        write_json(file, config)
        return
    old, new = _read(file), config["identity"]
    kept = old["identity"].get("start")
    if new["start"] != kept and _comes_from(recogniser, run, new["start"]):
        new = new | {"start": kept}
    if changed := _differences(old["identity"], new):
        raise TrainingError(
            f"{run} holds a run with other settings ({'; '.join(changed)}). Choose another folder for these, or delete "
            "that one if what it holds is not needed."
        )
    if old["circumstances"]["epochs"] != config["circumstances"]["epochs"]:
        old["circumstances"]["epochs"] = config["circumstances"]["epochs"]
        write_json(file, old)


def _read(file: Path) -> dict:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(config["identity"], dict) and "epochs" in config["circumstances"]:
            return config
    except (ValueError, KeyError, TypeError):
        pass
    raise TrainingError(f"{file} describes no training: choose another folder for this run.")


def _comes_from(recogniser: Recogniser, run: Path, digest: str) -> bool:
    """Whether ``recogniser`` has been trained in ``run``, so that it may go on there."""
    if not recovered(run / "last"):
        return False  # nothing to go on from
    return run.resolve() in _runs(recogniser, digest) or digest in map(_digest, (run / "best", run / "last"))


def _runs(recogniser: Recogniser, digest: str) -> tuple[Path, ...]:
    """The runs that the weights of ``recogniser`` come from; none if they were replaced since it left the last one."""
    runs, left = _trained.get(recogniser.model, ((), None))
    return runs if left in (None, digest) else ()


def _after(runs: tuple[Path, ...], run: Path) -> tuple[Path, ...]:
    """The runs that weights come from which ``runs`` and now ``run`` have trained: what came after it is forgotten."""
    place = run.resolve()
    return (*runs[: runs.index(place)], place) if place in runs else (*runs, place)


def _digest(folder: Path) -> str | None:
    """The digest of a checkpoint's weights, if there is a sound one."""
    try:
        return load_recogniser(folder).digest
    except CheckpointError:
        return None


def _differences(old: dict, new: dict, path: str = "") -> list[str]:
    found = []
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            found += _differences(before, after, f"{path}{key}.")
        elif before != after:
            found.append(f"{NAMES.get(key, path + key)} was {before!r}, is {after!r}")
    return found
