"""What a check found, line by line, for a notebook and for a terminal."""

from __future__ import annotations

import html
from dataclasses import dataclass


@dataclass(frozen=True)
class Preflight:
    """What a check found. lines: (topic, finding, is it fine); shows itself as a table in a notebook."""

    lines: tuple[tuple[str, str, bool], ...]

    def __str__(self) -> str:
        return "\n".join(
            f"{'✓' if fine else '!'} {topic:<9} {finding}" for topic, finding, fine in self.lines
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td style="text-align:left">{"✓" if fine else "⚠"} <b>{html.escape(topic)}</b></td>'
            f'<td style="text-align:left">{html.escape(finding)}</td></tr>'
            for topic, finding, fine in self.lines
        )
        return f"<table>{rows}</table>"
