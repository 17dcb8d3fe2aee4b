"""Pictures of the executed notebooks as pages, for docs/gallery.md.

    python -m tests.benchmarks.gallery [NOTEBOOKS] [--out docs/gallery] [--theme dark] [--pages FOLDER]

Every notebook is rendered to HTML, photographed in Chromium from top to bottom, and laid out in columns, as on a
contact sheet. ``--pages`` keeps the HTML pages and the columns at full size too. Widgets need a running kernel, so the
error browser is not on them: `make test-browser` photographs that.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbconvert import HTMLExporter
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.support.jupyterlab import chromium

WIDTH, COLUMN = 1000, 2600
"""Pixels of a page's width, and of a column's height before it is made smaller."""
SMALL = 0.4


def page(notebook: Path, theme: str) -> str:
    """An executed notebook as an HTML page, its setup left out."""
    book = nbformat.read(notebook, as_version=4)
    book.cells = [cell for cell in book.cells if cell.metadata.get("tags", []) not in (["setup"], ["drive"])]
    return HTMLExporter(theme=theme).from_notebook_node(book)[0]


def columns(tab: Page, name: Path) -> Iterator[Image.Image]:
    """The page from top to bottom, in pieces: Chromium takes no picture of more than 16,384 pixels."""
    height = tab.evaluate("document.documentElement.scrollHeight")
    for number, top in enumerate(range(0, height, COLUMN)):
        clip = {"x": 0, "y": top, "width": WIDTH, "height": min(COLUMN, height - top)}
        file = f"{name}-{number + 1}.png"
        tab.screenshot(path=file, full_page=True, clip=clip)
        with Image.open(file) as picture:
            yield picture.convert("RGB")


def sheet(pieces: list[Image.Image]) -> Image.Image:
    """Pieces of a page side by side, made small."""
    whole = Image.new("RGB", (len(pieces) * WIDTH, pieces[0].height), pieces[0].getpixel((0, 0)))
    for number, piece in enumerate(pieces):
        whole.paste(piece, (number * WIDTH, 0))
    return whole.resize((round(whole.width * SMALL), round(whole.height * SMALL)), Image.Resampling.LANCZOS)


def photograph(notebooks: list[Path], out: Path, theme: str, pages: Path) -> None:
    """Write one picture for each notebook into ``out``, and pages and columns into ``pages``."""
    out.mkdir(parents=True, exist_ok=True)
    pages.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(playwright))
        tab = browser.new_page(viewport={"width": WIDTH, "height": 1000})
        for notebook in notebooks:
            html = (pages / notebook.with_suffix(".html").name).resolve()
            html.write_text(page(notebook, theme), encoding="utf-8")
            tab.goto(html.as_uri(), wait_until="load")
            small = out / notebook.with_suffix(".webp").name
            sheet(list(columns(tab, pages / notebook.stem))).save(small, quality=80, method=6)
            print(f"{small}: {small.stat().st_size / 1024:.0f} KB")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.gallery",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("notebooks", type=Path, nargs="?", default=Path("artifacts/demo/notebooks"))
    parser.add_argument("--out", type=Path, default=Path("docs/gallery"))
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--pages", type=Path)
    options = parser.parse_args()
    notebooks = sorted(options.notebooks.glob("[0-9][0-9]_*.ipynb"))
    if not notebooks:
        parser.error(f"{options.notebooks} holds no executed notebooks; `make demo` leaves some there")
    with TemporaryDirectory() as somewhere:
        photograph(notebooks, options.out, options.theme, options.pages or Path(somewhere))


if __name__ == "__main__":
    main()
