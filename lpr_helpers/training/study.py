"""An Optuna study that several workers share and that loses no trial to a kill."""

from __future__ import annotations

import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError, UpdateFinishedTrialError
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from lpr_helpers.training.errors import TrainingError

HEARTBEAT, GRACE = 30, 120
"""Seconds between two signs of life of a worker, and without one until others take its trial for abandoned."""
WAIT = 60
"""Seconds that a worker waits for another one to have written to SQLite."""
POLL = 5
"""Seconds between two checks of what other workers are doing."""


class UnfitError(Exception):
    """These settings cannot be trained with: the trial has failed, and the study goes on."""


def open_study(place: Path | str, sampler: BaseSampler, pruner: BasePruner) -> optuna.Study:
    """The study in the SQLite file ``place`` (a path) or in a database (its URL); a new one if there is none yet."""
    url, engine = (place, {}) if isinstance(place, str) else ("sqlite://", _opening(place))
    # Several workers may write at the same moment, and SQLite by itself gives up after five seconds.
    if url.startswith("sqlite"):
        engine["connect_args"] = {"timeout": WAIT}
    storage = RDBStorage(
        url,
        engine,
        heartbeat_interval=HEARTBEAT,
        grace_period=GRACE,
        heartbeat_stale_trial_callback=_take_up_again,
    )
    return optuna.create_study(
        storage=storage,
        sampler=sampler,
        pruner=pruner,
        study_name="tuning",
        direction="maximize",
        load_if_exists=True,
    )


@contextmanager
def told(place: Path | str) -> Iterator[None]:
    """Turn what goes wrong with the database into one sentence, a TrainingError."""
    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as error:
        cause = getattr(error, "orig", None) or getattr(error.__cause__, "orig", None) or error
        raise TrainingError(
            f"the study in {place} can no longer be read or written: {cause}. Once it can, run this again: it goes on."
        ) from error


def _opening(file: Path) -> dict[str, Any]:
    """Arguments of SQLAlchemy's engine that open a SQLite file, whatever its path: no URL can hold every path."""
    connect = partial(sqlite3.connect, file.resolve(), timeout=WAIT, check_same_thread=False)
    return {"creator": connect, "poolclass": QueuePool}


def work(study: optuna.Study, objective: Callable[[Trial], float], trials: int) -> bool:
    """Run one more trial of ``trials`` in all, or wait a little for other workers'; False if neither is left.

    ``objective`` raises UnfitError where the settings are at fault. Any other error, an interruption too, puts the
    trial back into the queue and goes on to the caller.
    """
    optuna.storages.fail_stale_trials(study)
    _forget_stillborn(study)
    states = [trial.state for trial in attempts(study)]
    if len(states) < trials or TrialState.WAITING in states:
        _run(study, objective)
        return True
    if TrialState.RUNNING in states:
        time.sleep(POLL)
        return True
    return False


def attempts(study: optuna.Study) -> list[FrozenTrial]:
    """The last attempt at each trial, in the order of the first; without those killed before they began."""
    last = {run_name(t): t for t in study.get_trials(deepcopy=False) if not _stillborn(t)}
    return [last[name] for name in sorted(last)]


def run_name(trial: FrozenTrial | Trial) -> str:
    """The name of the trial's run folder; a trial that was taken up again keeps that of its first attempt."""
    return trial.user_attrs.get("run", f"trial-{trial.number:04}")


@contextmanager
def quiet() -> Iterator[None]:
    """Without Optuna's log, which a bar and a table replace, and its warnings about what is new in it."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)


def _run(study: optuna.Study, objective: Callable[[Trial], float]) -> None:
    lost = False

    def guarded(trial: Trial) -> float:
        nonlocal lost
        try:
            trial.set_user_attr("run", run_name(trial))
            return objective(trial)
        except UpdateFinishedTrialError:
            lost = True
            raise
        except (optuna.TrialPruned, UnfitError):
            raise
        except (Exception, KeyboardInterrupt):
            _take_up_again(study, study.get_trials(deepcopy=False)[trial.number])
            raise

    try:
        study.optimize(guarded, n_trials=1, catch=(UnfitError,), gc_after_trial=True)
    except (UpdateFinishedTrialError, ValueError):
        # Optuna takes no result of a trial that another worker, thinking this one dead, has gone on with.
        if not lost:
            raise


def _take_up_again(study: optuna.Study, trial: FrozenTrial) -> None:
    """Put a trial that did not come to its end back into the queue, once, with its settings and its run folder."""
    later = study.get_trials(deepcopy=False)[trial.number + 1 :]
    if not any(run_name(other) == run_name(trial) for other in later):
        RetryHeartbeatStaleTrialCallback(inherit_intermediate_values=True)(study, trial)


def _forget_stillborn(study: optuna.Study) -> None:
    """Fail what was killed before its first sign of life, which Optuna would believe to run for ever."""
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        begun = trial.datetime_start
        silent = begun is not None and datetime.now() - begun > timedelta(seconds=GRACE)  # noqa: DTZ005 - as Optuna has it
        if silent and "run" not in trial.user_attrs:
            study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)


def _stillborn(trial: FrozenTrial) -> bool:
    return trial.state is TrialState.FAIL and "run" not in trial.user_attrs
