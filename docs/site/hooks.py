"""What mkdocs and griffe call: the site's pages, and every docstring before it is shown. See mkdocs.yml."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import griffe
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel

sys.path.insert(0, str(Path(__file__).parent))
from reference import ROOT, as_markdown, pages, rooms

DOCUMENTS = (
    "*.md",
    "LICENSE",
    ".github/colab-constraints.txt",
    "data_manifest/*",
    "docs/**/*.md",
    "docs/**/*.png",
    "docs/**/*.webp",
    "lpr_helpers/models/shipped/README.md",
    "notebooks/*.ipynb",
)
"""What the site shows, or its pages link to; all of it keeps its place, so that links hold."""
PUBLIC = {path for paths in rooms().values() for path in paths}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The site's files, in place of those that mkdocs found in ``docs_dir``."""
    for file in list(files):
        if file.src_dir == config.docs_dir:
            files.remove(file)
    for path in sorted({path for pattern in DOCUMENTS for path in ROOT.glob(pattern) if path.is_file()}):
        _add(files, config, path.relative_to(ROOT).as_posix(), abs_src_path=str(path))
    for uri, markdown in pages().items():
        _add(files, config, uri, content=markdown)
    return files


def _add(files: Files, config: MkDocsConfig, uri: str, **source: str) -> None:
    # Said here, for mkdocs would leave out whatever begins with a dot.
    files.append(File.generated(config, uri, inclusion=InclusionLevel.INCLUDED, **source))


class HouseStyle(griffe.Extension):
    """Makes Markdown of every docstring."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Griffe calls this with the package, once it has read all of it."""
        _rewrite(pkg)


def _rewrite(obj: griffe.Object) -> None:
    if obj.docstring is not None:
        obj.docstring.value = as_markdown(obj.docstring.value, obj.path, _told_of(obj), PUBLIC)
    for member in obj.members.values():
        if not member.is_alias:
            _rewrite(member)


def _told_of(obj: griffe.Object) -> set[str]:
    """A function's arguments; a class's fields, and the arguments of its making."""
    if obj.is_function:
        return {parameter.name for parameter in obj.parameters}
    if not obj.is_class:
        return set()
    fields = {name for name, member in obj.members.items() if member.is_attribute}
    return fields | {parameter.name for parameter in obj.parameters}
