"""Files that one notebook leaves for the next."""

from __future__ import annotations

from pathlib import Path


class MissingStepError(RuntimeError):
    """A notebook needs a file that an earlier one makes."""

    def _render_traceback_(self) -> list[str]:
        # IPython calls this: a reader who skipped a notebook needs the one sentence, not the stack.
        return [f"⏸  {self}"]


def require_step(path: Path, notebook: str) -> Path:
    """``path``, if it exists; otherwise raises MissingStepError, which names the ``notebook`` that makes it."""
    if not path.exists():
        raise MissingStepError(f"Run {notebook} first: it makes {path}.")
    return path
