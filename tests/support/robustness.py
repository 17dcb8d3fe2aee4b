"""The table of docs/robustness.md, made from the tests themselves: ``python -m tests.support.robustness``."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass, field

import pytest

from tests.support import ROOT

PAGE = ROOT / "docs" / "robustness.md"
HEAD = """\
# What people feed it, and what happens

Every line is a test that runs it; this page is made from those tests by `make robustness`, so that it cannot drift.
"""


@dataclass
class Area:
    """The cases of one part of the package, in one test file.

    Call it within ``pytest.mark.parametrize``: ``area("a PIL image", "is read", *values)`` is the ``pytest.param`` of
    these values, and a line of the table. `note` adds a line for a test without parameters.
    """

    title: str
    cases: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, given: str, happens: str, *values: object, marks: tuple = ()) -> object:
        """One case: what is given and what happens, in words, and the test's arguments."""
        self.note(given, happens)
        return pytest.param(*values, id=re.sub(r"\W+", "-", given).strip("-"), marks=marks)

    def note(self, given: str, happens: str) -> None:
        """A line of the table."""
        self.cases.append((given, happens))


def page() -> str:
    """The whole page, from all test files that have an `Area`; areas of one title are joined."""
    areas: dict[str, list[tuple[str, str]]] = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        if "robustness import Area" in file.read_text(encoding="utf-8"):
            name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            module = importlib.import_module(name)
            for area in vars(module).values():
                if isinstance(area, Area):
                    areas.setdefault(area.title, []).extend(area.cases)
    parts = [HEAD]
    for title, cases in areas.items():
        lines = [f"| {given} | {happens} |" for given, happens in dict.fromkeys(cases)]
        parts.append("\n".join([f"\n## {title}\n", "| given | what happens |", "|---|---|", *lines]) + "\n")
    return "".join(parts)


if __name__ == "__main__":
    from tests.support.robustness import page  # the module that the tests know, not the one that runs

    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
