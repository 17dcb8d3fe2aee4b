"""The tests' data set: small frames, few tracks, and dirt as the real data have it."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from pathlib import Path

from lpr_helpers.data.manifest import manifest_folder
from lpr_helpers.synthetic.dataset import write_dataset
from lpr_helpers.synthetic.recipe import RECIPE, Recipe
from lpr_helpers.utils.files import write_whole

COMMAND = "python -m tests.make_fixture tests/fixture"
TRAIN, TEST, SEED = (12, 32), 10, 26

README = f"""# The tests' data set

Generated plates (see `lpr_helpers/synthetic`) in the official layout: {TRAIN[0]} training tracks of Scenario A,
{TRAIN[1]} of Scenario B, {TEST} test tracks whose truth is in `../fixture-truth.csv`. Frames are smaller and more
compressed than usual, to stay below 1 MB. On purpose, as in the real data: one label ends in a space, one file in
`.JPG`, one frame is cut in half, one is missing.

Made with `{COMMAND}` (delete the folder first). Another version of OpenCV or Pillow
may give slightly other bytes.
"""


def fixture_recipe() -> Recipe:
    """The usual recipe with frames that make small files."""
    a, b = RECIPE.cameras["A"], RECIPE.cameras["B"]
    small = {
        "A": replace(
            a, lr_width=(30, 0.05, 27, 34), hr_scale=(2.0, 2.05), noise=(0.0, 0.002), quality=(60, 75)
        ),
        "B": replace(
            b, lr_width=(44, 0.06, 38, 50), hr_scale=(2.0, 2.05), noise=(0.0, 0.004), file_quality=(74, 80)
        ),
    }
    return replace(RECIPE, cameras=small)


def write_fixture(root: str | Path) -> Path:
    """Write the fixture to ``root``, which must not exist, and its test truth to ``<root>-truth.csv``."""
    root = Path(root)
    if root.exists():
        raise FileExistsError(f"{root} exists; delete it first: the fixture is always made anew")
    options = {"dirt": True, "workers": 1, "progress": False, "recipe": fixture_recipe()}
    write_dataset(root, train=TRAIN, test=TEST, seed=SEED, **options)
    (root / "README.md").write_text(README, encoding="utf-8")
    return root


def checksums(root: Path) -> str:
    """The SHA-256 of every file of the fixture, as ``sha256sum --check`` in its folder reads it."""
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.name.startswith("."))
    sums = {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items())


if __name__ == "__main__":
    made = write_fixture(sys.argv[1] if len(sys.argv) > 1 else "tests/fixture")
    write_whole(manifest_folder() / "fixture.sha256", checksums(made))
    print(made)
