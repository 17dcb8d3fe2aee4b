"""What a benchmark prints, written into a page of the documents."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from lpr_helpers.utils.files import write_whole

BEGIN, END = "<!-- bench -->\n", "<!-- /bench -->\n"


class _Both(io.StringIO):
    """Keeps what is written, and prints it."""

    def __init__(self, shown: io.TextIOBase) -> None:
        super().__init__()
        self.shown = shown

    def write(self, text: str) -> int:
        self.shown.write(text)
        return super().write(text)


@contextlib.contextmanager
def told() -> Iterator[io.StringIO]:
    """All that is printed meanwhile."""
    with contextlib.redirect_stdout(_Both(sys.stdout)) as said:
        yield said


def put_between(page: Path, text: str, picture: Path | None = None) -> None:
    """Put a text, and a picture, between the marks of a page. Raises ValueError where it has none."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page} has no {BEGIN.strip()} and {END.strip()} to write between")
    shown = (
        f"![Time a track against the size of the batch]({os.path.relpath(picture, page.parent)})\n\n"
        if picture
        else ""
    )
    kept = f"{shown}{datetime.now(UTC):%Y-%m-%d}, by that command:\n\n```\n{text.strip()}\n```\n"
    write_whole(page, before + begin + kept + end + after)
