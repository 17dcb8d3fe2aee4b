"""The reference as Markdown: a page for each room, with docstrings in which what the house's style writes shows.

``batch: tracks a step. rate: at the start.`` becomes a list of two, where batch and rate are arguments or fields, and
`` `fit` `` a link to where the reference tells of it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "lpr_helpers"
SECTION = re.compile(r"^(\w+)\n-{4,}$", flags=re.MULTILINE)
QUOTED = re.compile(r"(?<!`)`(?:(\w+)\.)?(\w+)`(?!`)")


def rooms() -> dict[str, list[str]]:
    """The public names of each room in its order, as dotted paths to where they are defined."""
    stubs = sorted(PACKAGE.glob("*/__init__.pyi"))
    return {stub.parent.name: list(_handed_on(stub)) for stub in stubs}


def _handed_on(stub: Path) -> Iterator[str]:
    for node in ast.parse(stub.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield f"lpr_helpers.{stub.parent.name}.{node.module}.{alias.name}"


def pages() -> dict[str, str]:
    """The pages of the reference, path → Markdown that mkdocstrings understands."""
    plates = "::: lpr_helpers.plates\n    options: {show_root_heading: false, show_root_toc_entry: false}\n"
    found = {"reference/plates.md": f"# lpr_helpers.plates\n\n{plates}"}
    for room, paths in rooms().items():
        about = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8")))
        names = "\n".join(f"::: {path}\n" for path in paths)
        found[f"reference/{room}.md"] = f"# lpr_helpers.{room}\n\n{about}\n\n{names}"
    return found


def as_markdown(docstring: str, path: str, told_of: set[str], public: set[str]) -> str:
    """A docstring as Markdown.

    path: dotted, of what it belongs to. told_of: arguments or fields that it may tell of one by one. public: the dotted
    paths that the reference has.
    """
    text = SECTION.sub(r"**\1**\n", docstring)
    if told_of:
        text = "\n\n".join(_listed(block, told_of) for block in text.split("\n\n"))
    return _linked(text, path, public)


def _listed(block: str, names: set[str]) -> str:
    """A paragraph with an item of a list for every ``name: …`` that opens a line or follows a sentence."""
    one = "|".join(sorted(names, key=len, reverse=True))
    start = re.compile(rf"(?:^ *|(?<=[.;)]) )((?:{one})(?:, (?:{one}))*): ", flags=re.MULTILINE)
    before, *told = start.split(block)
    items = [
        f"- **{name}**: {' '.join(text.split())}" for name, text in zip(told[::2], told[1::2], strict=True)
    ]
    return "\n\n".join(part for part in (before.strip("\n"), "\n".join(items)) if part) if items else block


def _linked(text: str, path: str, public: set[str]) -> str:
    """The text with links where public names stand in backticks: of the same room, or with their module's name."""
    room = ".".join(path.split(".")[:2])

    def link(found: re.Match[str]) -> str:
        module, name = found.groups()
        ends, within = (f".{module}.{name}", "") if module else (f".{name}", f"{room}.")
        if not module and name[0].isupper():
            within = ""
        targets = [each for each in public if each.endswith(ends) and each.startswith(within)]
        known = len(targets) == 1 and targets[0] != path
        return f"[{found[0]}][{targets[0]}]" if known else found[0]

    return QUOTED.sub(link, text)
