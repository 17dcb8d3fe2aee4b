"""The switches of the notebooks, read from the environment in this one place, and what follows from them.

| variable        | meaning                             | default                                                  |
|-----------------|-------------------------------------|----------------------------------------------------------|
| `LPR_DATA`      | root folder of the data set         | the demo data, drawn on first use                        |
| `LPR_ARTIFACTS` | folder for everything that is made  | ``artifacts/<profile>`` in the checkout                  |
| `LPR_READER`    | one of `checkpoints.STARTS`         | ``ours``: our reader, from the weights in the package    |
| `LPR_PROFILE`   | ``tiny``, ``demo`` or ``full``      | ``full`` where `LPR_DATA` is set, otherwise ``demo``     |
| `LPR_FRAMES`    | frames of a track that count        | all, of a longer track than 16 the first 16              |
| `LPR_INPUT`     | what frames are made of, see        | ``grey``                                                 |
|                 | `input_choice`                      |                                                          |

With `LPR_ARTIFACTS` on a Drive mounted in Colab, only what is small and precious goes there: see `Settings.scratch`.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lpr_helpers.data.annotations import ANNOTATIONS_FILE
from lpr_helpers.models.checkpoints import kind_of
from lpr_helpers.models.registry import ARCHITECTURES
from lpr_helpers.notebook.input_choice import GREY, InputChoice, input_choice
from lpr_helpers.notebook.profiles import FROM_NOTHING, OURS, PROFILES, Profile
from lpr_helpers.synthetic.dataset import truth_path
from lpr_helpers.training.phases import SPACED_STEPS
from lpr_helpers.utils.files import checkout

DRIVE = Path("/content/drive")
"""Where Colab mounts a Google Drive; everything else on such a machine dies with the session."""
MOST_FRAMES = 16
"""Frames of a track that count where `LPR_FRAMES` does not say otherwise."""


@dataclass(frozen=True)
class Settings:
    """Where the data are, where results go, how much is done and what with.

    data is None for the demo data. start: what notebook 02 trains, one of `checkpoints.STARTS`. frames: how many of a
    track's frames count at most; every track takes as much room as the longest. input: what frames are made of.
    """

    data: Path | None
    artifacts: Path
    profile: Profile
    start: str = "ours"
    frames: int = MOST_FRAMES
    input: InputChoice = GREY

    @property
    def scratch(self) -> Path:
        """The folder for what is big and can be made again: packed frames, the index of the tracks, the demo data.

        It is the results' folder itself. Only where that lies on a Drive, which is slow and fills up, it is a folder
        on the machine's own disk, always the same for the same results.
        """
        if not on_drive(self.artifacts):
            return self.artifacts
        # Two results' folders may end in one name.
        digest = hashlib.sha256(str(self.artifacts).encode()).hexdigest()[:8]
        return DRIVE.with_name("lpr-scratch") / f"{self.artifacts.name}-{digest}"

    @property
    def root(self) -> Path:
        """The data set's folder; the demo data are drawn into the scratch folder."""
        return self.data or self.scratch / "demo-data"

    @property
    def truth(self) -> Path:
        """What the test plates of a synthetic data set say, kept outside it as the competition does."""
        return truth_path(self.root)

    @property
    def split(self) -> Path:
        """The split between training and validation, written by notebook 01."""
        return self.artifacts / "split.csv"

    @property
    def phase1(self) -> Path:
        """The run folder of Phase 1, written by notebook 02."""
        return self.artifacts / "phase1"

    @property
    def phase2(self) -> Path:
        """The run folder of Phase 2, written by notebook 03."""
        return self.artifacts / "phase2"

    @property
    def tuning(self) -> Path:
        """The study of the settings and its run folders, written by notebook 02."""
        return self.artifacts / "tuning"

    @property
    def pictures(self) -> Path:
        """The run folder of super-resolution, written by notebook 02."""
        return self.artifacts / "super-resolution"

    @property
    def protocols(self) -> Path:
        """The run folders of the other ways to order the training, written by notebook 03."""
        return self.artifacts / "protocols"

    @property
    def ensemble(self) -> Path:
        """The ensemble and its members' run folders, written by notebook 03."""
        return self.artifacts / "ensemble"

    @property
    def semi_supervised(self) -> Path:
        """The run folder of the training on tracks without labels, written by notebook 03."""
        return self.artifacts / "semi-supervised"

    @property
    def calibration(self) -> Path:
        """What the reader's confidences are worth, written by notebook 04."""
        return self.artifacts / "calibration.json"

    @property
    def validation(self) -> Path:
        """How every validation track was read, written by notebook 04."""
        return self.artifacts / "validation.jsonl"

    @property
    def annotations(self) -> Path:
        """What people said of tracks in notebook 04: flags, corrected labels and notes."""
        return self.artifacts / ANNOTATIONS_FILE

    @property
    def submission(self) -> Path:
        """The folder of the submission, written by notebook 05."""
        return self.artifacts / "submission"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that the environment asks for.

    Raises ValueError for an unknown profile, reader or input, a number of frames that is none, a data folder that does
    not exist, or one on a Drive that is not mounted.
    """
    data = environment.get("LPR_DATA") or None
    name = environment.get("LPR_PROFILE") or ("full" if data else "demo")
    if name not in PROFILES:
        raise ValueError(f"LPR_PROFILE is {name!r}; choose one of {', '.join(PROFILES)}")
    frames = environment.get("LPR_FRAMES") or str(MOST_FRAMES)
    if not re.fullmatch("[1-9][0-9]{0,3}", frames):
        raise ValueError(f"LPR_FRAMES is {frames!r}; give a whole number of frames from 1 to 9999")
    start = environment.get("LPR_READER") or "ours"
    kind = kind_of(start)
    own = name if start == "ours" else f"{name}-{start}"
    artifacts = environment.get("LPR_ARTIFACTS") or checkout() / "artifacts" / own
    folder, root = _folder("LPR_ARTIFACTS", artifacts), _folder("LPR_DATA", data) if data else None
    if root and not root.is_dir():
        raise ValueError(
            f"LPR_DATA is {data!r}, which is no folder. Give the data set's root, or leave it empty for the demo data"
        )
    profile = PROFILES[name]
    if ARCHITECTURES[kind].multi_frame:
        phase1, phase2 = OURS[name]
        if start != "ours":
            phase1 = replace(phase1, learning_rate=FROM_NOTHING, spaced_steps=SPACED_STEPS)
        profile = replace(profile, phase1=phase1, phase2=phase2)
    return Settings(root, folder, profile, start, int(frames), input_choice(environment.get("LPR_INPUT", "")))


def on_drive(folder: Path) -> bool:
    """Whether an absolute ``folder`` lies on a Drive that Colab mounts."""
    return folder.is_relative_to(DRIVE)


def is_ephemeral(folder: Path) -> bool:
    """Whether an absolute ``folder`` dies with a Colab session."""
    return DRIVE.parent.is_dir() and not on_drive(folder)


def _folder(variable: str, value: str | Path) -> Path:
    """The absolute path that a variable gives; raises ValueError if its Drive is not mounted."""
    folder = Path(value).expanduser().resolve()
    if on_drive(folder) and not (DRIVE / "MyDrive").is_dir():
        raise ValueError(
            f"{variable} is {str(value)!r}, but no Drive is mounted: nothing is there to read, and what is written "
            "would be lost with this session. Mount it, then run this again: from google.colab import drive; "
            f"drive.mount({str(DRIVE)!r})"
        )
    return folder
