"""Which modalities a data set has besides light, and which of a track's files belong to which of its LR frames.

The data set says it in its ``plates.toml``, name by name; a prefix alone will do:

    [modalities]
    ir = "ir-"                                      # ir-001.png, ir-002.png …, as lr-001.png, lr-002.png …
    thermal = {prefix = "thermal-", channels = 3}   # in colour
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from lpr_helpers.data.folders import is_image
from lpr_helpers.data.frame_format import Modality, check_modalities
from lpr_helpers.plates import MODALITIES, PLATE_FILE, plate_tables


def modalities_of(root: str | Path) -> tuple[Modality, ...]:
    """The modalities that ``root/plates.toml`` states, () where it states none or is not there.

    Raises ValueError, which names the file, where it is wrong.
    """
    try:
        stated = plate_tables(root).get(MODALITIES, {})
        if not isinstance(stated, dict):
            raise ValueError(f"[{MODALITIES}] is no table")  # noqa: TRY004, TRY301 - of a file
        found = tuple(_modality(name, said) for name, said in stated.items())
        check_modalities(found)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise ValueError(
            f'{Path(root) / PLATE_FILE}: {error}. Expected, for example:\n[{MODALITIES}]\nir = "ir-"\n'
            'thermal = {prefix = "thermal-", channels = 3}'
        ) from error
    return found


def _modality(name: str, said: object) -> Modality:
    if isinstance(said, str):
        return Modality(name, said)
    if not isinstance(said, dict):
        raise ValueError(f"modality {name}: {said!r} is neither a prefix nor a table")  # noqa: TRY004 - of a file
    return Modality(name, **said)


def beside(lr: Iterable[str], names: Iterable[str], modality: Modality) -> list[str]:
    """For each LR frame, by its file's name, the name of the file that shows the same by ``modality``; "" for none.

    ``ir-003.jpg`` belongs to ``lr-003.png``: endings and letter case may differ.
    """
    found: dict[str, str] = {}
    for name in sorted(names, reverse=True):  # of two endings the first one counts, as for LR frames
        if is_of(name, modality):
            found[PurePosixPath(name.lower()).stem.removeprefix(modality.prefix)] = name
    return [found.get(PurePosixPath(name.lower()).stem.removeprefix("lr-"), "") for name in lr]


def is_of(name: str, modality: Modality) -> bool:
    """Whether a file name is that of one of the modality's frames."""
    return name.lower().startswith(modality.prefix) and is_image(name)
