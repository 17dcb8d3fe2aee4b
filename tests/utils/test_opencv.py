"""OpenCV that cannot be imported says what to do, wherever it is met first."""

import re
import subprocess
import sys

import pytest

from lpr_helpers.utils import opencv
from tests.support import ROOT
from tests.support.robustness import Area

given = Area("Installations")
LIBRARY = "raise ImportError('libGL.so.1: cannot open shared object file: No such file', name='cv2')"
MODULES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for file in sorted((ROOT / "lpr_helpers").rglob("*.py"))
    if re.search(
        r"^from lpr_helpers.utils.opencv import cv2$", file.read_text(encoding="utf-8"), re.MULTILINE
    )
}


def importing(module, cv2, folder):
    """What importing a module says where OpenCV is the code ``cv2``."""
    (folder / "cv2.py").write_text(cv2)
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); import {module}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("cv2", "says"),
    [
        given(
            "opencv-python on a server without libGL",
            "a sentence: what to install, or which OpenCV to take",
            LIBRARY,
            ["libGL.so.1", "apt-get install -y libgl1 libglib2.0-0", "pip install opencv-python-headless"],
        ),
        given(
            "no OpenCV at all",
            "a sentence: what to install",
            "raise ModuleNotFoundError(\"No module named 'cv2'\", name='cv2')",
            ["OpenCV is not installed: pip install opencv-python"],
        ),
        given(
            "what is left of OpenCV after one of its two packages was removed",
            "a sentence: remove both, install one",
            "",
            ["installation is broken", "pip uninstall -y opencv-python opencv-python-headless"],
        ),
        given(
            "an OpenCV for another numpy",
            "a sentence with what OpenCV says",
            "raise ImportError('numpy.core.multiarray failed to import')",
            ["broken (numpy.core.multiarray failed to import)"],
        ),
    ],
)
def test_an_opencv_that_cannot_be_used_says_what_to_do(tmp_path, cv2, says):
    last = importing("lpr_helpers.utils.images", cv2, tmp_path)
    assert last.startswith("ImportError: OpenCV")
    for part in says:
        assert part in last


def test_every_module_takes_opencv_from_the_place_that_explains_it():
    assert len(MODULES) > 10
    for file in (ROOT / "lpr_helpers").rglob("*.py"):
        if file.name != "opencv.py":
            assert not re.search(
                r"^\s*(import|from) cv2\b", file.read_text(encoding="utf-8"), re.MULTILINE
            ), file


@pytest.mark.slow
def test_whichever_module_meets_it_first(tmp_path):
    for module in ("lpr_helpers.synthetic.plates", "lpr_helpers.inference.reader", "lpr_helpers.data.checks"):
        assert "apt-get install" in importing(module, LIBRARY, tmp_path), module


def test_here_it_works():
    assert opencv.cv2.imdecode
