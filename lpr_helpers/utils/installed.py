"""Which libraries are installed, without importing any."""

from __future__ import annotations

import importlib.metadata

OPENCV = ("opencv-python", "opencv-python-headless")
PACKAGES = ("accelerate", "kornia", "lpr-helpers", "numpy", "onnxruntime", *OPENCV, "pandas", "torch")


def versions() -> dict[str, str]:
    """Versions of the libraries that results depend on; those not installed are left out."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
