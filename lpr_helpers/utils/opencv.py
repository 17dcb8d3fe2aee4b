"""OpenCV, or one sentence that says what it lacks. Whoever needs it imports it from here.

This package takes ``opencv-python-headless``. ``opencv-python`` opens windows, and so needs libraries that a bare
server does not have; both put their files into one folder, and break each other there.
"""

from __future__ import annotations

SYSTEM = "apt-get install -y libgl1 libglib2.0-0"
REMOVE = "pip uninstall -y opencv-python opencv-python-headless"
INSTALL = "pip install opencv-python-headless"
_LIBRARY_MISSING = ("shared object", "DLL load failed", "Library not loaded")


def explained(error: ImportError) -> str:
    """What is wrong with OpenCV here, given what its import raised, and what to do about it."""
    if isinstance(error, ModuleNotFoundError) and error.name == "cv2":
        return f"OpenCV is not installed: {INSTALL}"
    if any(words in str(error) for words in _LIBRARY_MISSING):
        return (
            f"OpenCV wants a system library that is missing here ({error}): it is the one that opens windows. Take the "
            f"one that needs none: {REMOVE}, then {INSTALL}; or {SYSTEM}"
        )
    return f"OpenCV's installation is broken ({error}): {REMOVE}, then {INSTALL}"


try:
    import cv2
except ImportError as problem:
    raise ImportError(explained(problem), name="cv2") from problem

# where opencv-python and opencv-python-headless were both installed and one was removed, an empty folder is left
if not hasattr(cv2, "imdecode"):
    raise ImportError(explained(ImportError("its files are gone")), name="cv2")
