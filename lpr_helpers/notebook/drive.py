"""Colab with a Drive: it keeps results and checkpoints, and a data set is copied from it to the machine's own disk.

Elsewhere, and in a Colab session without a Drive, nothing here does anything.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lpr_helpers.notebook import settings
from lpr_helpers.notebook.archives import local_copy


def use_drive(mount: bool = False, results: str = "lpr", data: str = "") -> None:
    """Set `LPR_ARTIFACTS` and `LPR_DATA` for a Colab session with a Drive; elsewhere do nothing.

    Parameters
    ----------
    mount: ask for the Drive and mount it. A Drive that is mounted already is used in any case.
    results: folder on the Drive that keeps results and checkpoints, unless `LPR_ARTIFACTS` is set.
    data: data set on the Drive, an archive or a folder, unless `LPR_DATA` is set; "" stands for the demo data. It is
        copied to the machine's disk (see `local_copy`), and so is what `LPR_DATA` names if that lies on the Drive.

    Raises
    ------
    ValueError: there is no Drive to take `data` from, or no such data set, or it cannot be unpacked.
    OSError: copying broke off; the next call goes on from there.
    """
    if "google.colab" not in sys.modules:
        return
    home = settings.DRIVE / "MyDrive"
    if mount and not home.is_dir():
        from google.colab import drive

        drive.mount(str(settings.DRIVE))
    if not home.is_dir():
        if data:
            raise ValueError(
                f"{data!r} is to come from your Drive, but none is mounted: tick DRIVE and run this again"
            )
        return
    kept = os.environ.setdefault("LPR_ARTIFACTS", str(home / results))
    print(f"Results and checkpoints are kept in {kept}")
    wanted = os.environ.get("LPR_DATA") or (str(home / data) if data else "")
    if wanted and settings.on_drive(Path(wanted).resolve()):
        os.environ["LPR_DATA"] = str(local_copy(Path(wanted).resolve()))
        print(f"The data set is copied to {os.environ['LPR_DATA']}")
