"""The error browser: tracks with their frames, truth and reading, to filter, page through and annotate.

Which tracks to show is decided by `filters`, what a track's HTML is by `html`, and what a person adds is kept by
`annotations`; the widgets only join them.
"""

from __future__ import annotations

from functools import partial
from html import escape
from itertools import zip_longest
from pathlib import Path

import ipywidgets as widgets
import pandas as pd
from IPython.display import display

from lpr_helpers.browser.filter_bar import WRAP, FilterBar
from lpr_helpers.browser.filters import confusions, edits, with_distances
from lpr_helpers.browser.html import STYLE, Enlarge
from lpr_helpers.browser.track_card import TrackCard
from lpr_helpers.data.annotations import (
    ANNOTATIONS_FILE,
    Annotation,
    annotate,
    load_annotations,
    with_annotations,
)
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.utils.tables import write_csv

CHOSEN_FILE = "chosen.csv"
TEXTS = ("track_id", "text", "reading", "layout", "scenario")
COLUMNS = (*TEXTS, "confidence", "lr")
LISTS = ("lr", "hr", "char_confidences", "alternatives", "frame_readings", "frame_confidences", "confusions")


class ErrorBrowser:
    """Filter results and page through their tracks; shows itself as the value of a notebook's cell.

    Parameters
    ----------
    results: one row a track, with `track_id`, `text`, `reading`, `confidence`, `layout`, `scenario` and `lr` (list of
        files), and where known `hr`, `read_layout`, `char_confidences`, `alternatives` (`results.alternatives`),
        `frame_readings` and `frame_confidences`.
    folder: where ``annotations.csv`` keeps flags, corrected labels and notes, by track id, and ``chosen.csv`` the rows
        that are exported. None: tracks are shown, and no more.
    plate: what a corrected label is held to.
    page_size: tracks a page.
    blind: a person reads a track before its reading is shown; of the controls that choose tracks only those are there
        that tell nothing of it. Takes a folder.
    enlarge: a track's LR files → pictures of them, such as ``partial(inference.enlarge, recogniser)``; shown below the
        frames. None shows none.

    `results` holds all rows, under an index of their own and with the columns of `annotations.with_annotations` and
    `filters.with_distances`; `shown` those chosen, for a table or a picture of the same tracks; `widget` is the widget.

    Raises
    ------
    ValueError: a missing column, a ``page_size`` below 1, or a ``annotations.csv`` that holds something else.
    """

    def __init__(
        self,
        results: pd.DataFrame,
        folder: str | Path | None = None,
        *,
        plate: PlateFormat = BRAZIL,
        page_size: int = 5,
        blind: bool = False,
        enlarge: Enlarge | None = None,
    ) -> None:
        if missing := [name for name in COLUMNS if name not in results]:
            raise ValueError(
                f"the results lack {', '.join(missing)}; give one row a track with {', '.join(COLUMNS)}"
            )
        if page_size < 1:
            raise ValueError(f"a page holds at least one track, not {page_size}")
        if blind and folder is None:
            raise ValueError("to be read blind, tracks take a folder for what is read")
        self.folder = None if folder is None else Path(folder)
        self.results = _prepared(results, self.folder)
        self.page, self._turning = 0, False
        keep = partial(self._keep, self.folder) if self.folder else None
        self.cards = [TrackCard(keep, plate, enlarge, blind=blind) for _ in range(page_size)]
        self.export = widgets.Button(
            description="Export as CSV", tooltip=f"Write the chosen rows to {CHOSEN_FILE}"
        )
        self.bar = FilterBar(self.results, self.refresh, (self.export,) if self.folder else ())
        self.bar.annotation.layout.display = None if self.folder else "none"
        self.previous = widgets.Button(description="◀ Previous", layout=widgets.Layout(width="110px"))
        self.next = widgets.Button(description="Next ▶", layout=widgets.Layout(width="110px"))
        self.number = widgets.BoundedIntText(
            description="page",
            min=1,
            max=1,
            value=1,
            layout=widgets.Layout(width="130px"),
            style={"description_width": "45px"},
        )
        self.label, self.message, self.empty = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.export.on_click(lambda _: self._export())
        self.previous.on_click(lambda _: self.turn(-1))
        self.next.on_click(lambda _: self.turn(+1))
        self.number.observe(lambda change: self.turn(change["new"] - 1 - self.page), names="value")
        # The same controls stand above and below the tracks.
        pages = widgets.HBox(
            [self.previous, self.next, self.number, self.label], layout=widgets.Layout(**WRAP)
        )
        style = widgets.HTML(STYLE, layout=widgets.Layout(display="none"))
        tracks = [card.widget for card in self.cards]
        bar = self.bar.annotation if blind else self.bar.widget
        if blind:
            self.bar.order.value = "track"  # any other order would tell something
        self.widget = widgets.VBox([style, bar, self.message, pages, self.empty, *tracks, pages])
        self.refresh()

    def _ipython_display_(self) -> None:
        display(self.widget)

    @property
    def shown(self) -> pd.DataFrame:
        """The rows that the filters chose, in their order."""
        return self.results.loc[self._chosen]

    def refresh(self) -> None:
        """Choose the tracks that the filters ask for and show the first page of them."""
        self._chosen = self.bar.chosen().index
        self.page, self.message.value = 0, ""
        self._show()

    def turn(self, pages: int) -> None:
        """Go ``pages`` on, or back where negative, as far as there are any."""
        page = min(max(self.page + pages, 0), self._last)
        if page != self.page and not self._turning:
            self.page = page
            self._show()

    @property
    def _last(self) -> int:
        return max(len(self._chosen) - 1, 0) // len(self.cards)

    def _rows(self) -> list[dict]:
        """The tracks of the page, row by row."""
        first = self.page * len(self.cards)
        return self.results.loc[self._chosen[first : first + len(self.cards)]].to_dict("records")

    def _show(self) -> None:
        rows, first = self._rows(), self.page * len(self.cards)
        for card, row in zip_longest(self.cards, rows):
            card.show(row)
        self._turning = True  # a lower end of the pages moves the number too
        self.number.max, self.number.value = self._last + 1, self.page + 1
        self._turning = False
        self.previous.disabled, self.next.disabled = self.page == 0, self.page == self._last
        total = f"{len(self._chosen):,} of {len(self.results):,} tracks chosen"
        tracks = f"track {first + 1:,}" if len(rows) == 1 else f"tracks {first + 1:,}–{first + len(rows):,}"
        here = f"of {self._last + 1:,} · {tracks} · {total}"
        self.label.value = f'<span role="status">{here if rows else total}</span>'
        self.empty.value = "" if rows else f'<div class="lpr-empty">{self.bar.why_none()}</div>'

    def _keep(self, folder: Path, track_id: str, annotation: Annotation) -> None:
        """Keep what is said of a track, and show it; which tracks are chosen stays as it is until the next filter."""
        annotation = annotate(folder / ANNOTATIONS_FILE, track_id, annotation).get(track_id, Annotation())
        for row in self.results.index[self.results["track_id"] == track_id]:
            text, reading = annotation.label or self.results.at[row, "given"], self.results.at[row, "reading"]
            kept = {
                "text": text,
                "flagged": annotation.flagged,
                "label": annotation.label,
                "note": annotation.note,
            }
            kept |= {"wrong": edits(text, reading), "confusions": confusions(text, reading)}
            for name, value in kept.items():
                self.results.at[row, name] = value
        for card, row in zip(self.cards, self._rows(), strict=False):
            if row["track_id"] == track_id:
                card.renew(row)
        self.bar.recount()

    def _export(self) -> None:
        """Write the chosen rows to ``chosen.csv`` in the folder, without what is a list in each row, and say so."""
        if self.folder is None:
            return
        file, table = self.folder / CHOSEN_FILE, self.shown.drop(columns=list(LISTS), errors="ignore")
        try:
            write_csv(table, file)
            message = f"{len(table):,} tracks written to {file}"
        except (OSError, ValueError) as problem:
            message = f"✗ Not exported: {problem}"
        self.message.value = escape(message)


def _prepared(results: pd.DataFrame, folder: Path | None) -> pd.DataFrame:
    """The results with texts where values were lost, with the folder's annotations, and with how wrong each row is."""
    texts = {name: results[name].fillna("").astype(str) for name in TEXTS}
    plain = (
        results.assign(**texts).drop(columns=["wrong", "confusions"], errors="ignore").reset_index(drop=True)
    )
    return with_distances(
        with_annotations(plain, load_annotations(folder / ANNOTATIONS_FILE) if folder else {})
    )
