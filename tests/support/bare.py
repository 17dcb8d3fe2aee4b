"""An environment that seems to hold what the bare wheel brings, and nothing of the extras; its processes share that."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support import ROOT

HIDDEN = [
    "IPython",
    "accelerate",
    "ipywidgets",
    "jsonschema",
    "kornia",
    "matplotlib",
    "onnx",
    "optuna",
    "pandas",
    "psutil",
    "pyarrow",
    "rapidfuzz",
    "safetensors",
    "scipy",
    "sklearn",
    "tensorboard",
    "torch",
    "torchmetrics",
]
"""What the extras bring."""
HIDE = f"import sys\nsys.modules.update(dict.fromkeys({HIDDEN}))\n"


def environment(folder: Path) -> dict[str, str]:
    """Variables under which any Python finds none of what is hidden, whichever process it is."""
    (folder / "bare").mkdir(exist_ok=True)
    (folder / "bare" / "sitecustomize.py").write_text(HIDE)
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(folder / "bare"), str(ROOT)])}


def command(*arguments: str | Path) -> list[str]:
    """The command line of ``lpr-helpers`` with these arguments."""
    return [sys.executable, "-m", "lpr_helpers", *map(str, arguments)]


def run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What ``lpr-helpers`` says in such an environment, which is kept in ``folder``."""
    around = environment(folder)
    return subprocess.run(
        command(*arguments), env=around, cwd=folder, check=False, capture_output=True, text=True, timeout=300
    )
