"""What a training rests on: phase, data, weights, machine and versions, so that two runs can be told apart."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from accelerate import Accelerator

from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.plates import PlateFormat
from lpr_helpers.synthetic.fresh import FreshTracks
from lpr_helpers.training.phases import Phase
from lpr_helpers.training.unlabelled import Unlabelled
from lpr_helpers.utils.installed import versions


def describe_run(
    phase: Phase,
    table: pd.DataFrame,
    plate: PlateFormat,
    recogniser: Recogniser,
    accelerator: Accelerator,
    fresh: FreshTracks | None = None,
    teachers: Sequence[Recogniser] = (),
    unlabelled: Unlabelled | None = None,
) -> dict:
    """All that a run depends on: ``identity`` (another one is another run) and ``circumstances`` (worth knowing).

    Training on ``fresh`` tracks (`FreshTracks`), a run depends on them and not on the table's training tracks.
    """
    used = table[table["trainable"] & table["split"].isin(["val"] if fresh else ["train", "val"])]
    cosine = phase.schedule == "cosine"  # then the rate of every step depends on how many there are
    unsaid = set() if cosine else {"epochs"}
    # What runs of earlier releases did not know of, and did not do.
    unsaid |= {name for name in ("spaced_steps", "scenario_weights", "transfer") if not getattr(phase, name)}
    identity = {
        "kind": recogniser.kind,
        "phase": {name: value for name, value in asdict(phase).items() if name not in unsaid},
        "network": recogniser.network,
        "start": recogniser.digest,
        "plate": {"alphabet": plate.alphabet, "layouts": dict(plate.layouts)},
        "tracks": len(used),
        "data": table_digest(used),
    }
    if recogniser.made_of:
        identity["frames"] = recogniser.made_of.table()
    if fresh:
        identity["fresh"] = fresh.identity
    if teachers:
        identity["teachers"] = [teacher.digest for teacher in teachers]
    if unlabelled:
        identity["unlabelled"] = unlabelled.identity
    circumstances = {
        "epochs": phase.epochs,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": str(accelerator.device),
        "processes": accelerator.num_processes,
        "precision": accelerator.mixed_precision,
        "machine": platform.platform(),
        "python": platform.python_version(),
        "git": git_revision(),
        "versions": versions(),
    }
    # Through JSON once, so that it compares equal to what is read back.
    return json.loads(json.dumps({"identity": identity, "circumstances": circumstances}))


def git_revision() -> str:
    """The checkout's revision, with ``-dirty`` if files have changed; "unknown" outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def table_digest(table: pd.DataFrame) -> str:
    """A short digest of which tracks say what and on which side of the split they are."""
    digest = hashlib.sha256()
    for row in table[["track_id", "text", "layout", "scenario", "split"]].itertuples(index=False):
        digest.update("|".join(map(str, row)).encode())
    return digest.hexdigest()[:16]
