"""The controls by which the error browser asks for tracks: the conditions of `filters.select` as widgets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape

import ipywidgets as widgets
import pandas as pd

from lpr_helpers.browser.confusion_grid import Cell, ConfusionGrid
from lpr_helpers.browser.filters import ANNOTATED, KINDS, LAYOUT_MISREAD, SORTS, cells, select

ALL = "all"
WRAP = {"flex_flow": "row wrap", "align_items": "center"}


class FilterBar:
    """One control a condition, the confusion matrix to press, and the order.

    Parameters
    ----------
    results: all rows, with the columns of `annotations.with_annotations` and `filters.with_distances`; what its owner
        changes in it later counts.
    changed: called after each change that asks for other tracks.
    buttons: more of them, to stand beside the order.
    """

    def __init__(
        self, results: pd.DataFrame, changed: Callable[[], None], buttons: tuple[widgets.Button, ...] = ()
    ) -> None:
        self.results, self._tell, self._holding = results, changed, False
        self.reading, self.truth = _text("reading"), _text("truth")
        known = "read_layout" in results
        self.kind = _choice("kind", [kind for kind in KINDS if known or kind != LAYOUT_MISREAD])
        self.annotation = _choice("annotation", ANNOTATED)
        self.layout = _choice("layout", [(ALL, ALL), *_names(results["layout"])])
        self.scenario = _choice("scenario", [(ALL, ALL), *_names(results["scenario"])])
        self.confidence = widgets.FloatRangeSlider(
            value=(0.0, 1.0), min=0.0, max=1.0, step=0.01, description="confidence", continuous_update=False
        )
        most = int(results["wrong"].max()) if results["wrong"].notna().any() else 1
        self.distance = widgets.IntRangeSlider(
            value=(0, max(most, 1)), min=0, max=max(most, 1), description="edits", continuous_update=False
        )
        for slider in (self.confidence, self.distance):
            slider.add_class("lpr-range")
        characters = sorted(set("".join([*results["text"], *results["reading"]])))
        either = [("any", ""), *((one, one) for one in characters)]
        self.true, self.read = _choice("true", either), _choice("read as", either)
        self.order = _choice("order", list(SORTS))
        self.clear = widgets.Button(description="Clear filters")
        self.matrix = widgets.ToggleButton(
            description="Confusion matrix", tooltip="Press a cell of it to see its tracks"
        )
        self.grid: ConfusionGrid | None = None
        self._matrix_here = widgets.VBox()
        self._conditions = {
            "reading_pattern": (self.reading,),
            "truth_pattern": (self.truth,),
            "kind": (self.kind,),
            "layout": (self.layout,),
            "scenario": (self.scenario,),
            "confidence": (self.confidence,),
            "distance": (self.distance,),
            "confused": (self.true, self.read),
            "annotation": (self.annotation,),
        }
        self._cleared = {control: control.value for each in self._conditions.values() for control in each}
        for control in (*self._cleared, self.order):
            control.observe(lambda _: self._changed(), names="value")
        self.clear.on_click(lambda _: self.reset())
        self.matrix.observe(lambda _: self._show_matrix(), names="value")
        rows = [
            (self.reading, self.truth, self.kind),
            (self.layout, self.scenario, self.annotation),
            (self.confidence, self.distance),
            (self.true, self.read, self.matrix),
            (self.order, self.clear, *buttons),
        ]
        boxes = [widgets.HBox(row, layout=widgets.Layout(**WRAP)) for row in rows]
        self.widget = widgets.VBox([*boxes[:4], self._matrix_here, boxes[4]])

    def chosen(self) -> pd.DataFrame:
        """The rows that meet all conditions, in the order asked for."""
        return select(self.results, sort=self.order.value, **self._wanted())

    def press(self, cell: Cell) -> None:
        """Ask for the tracks of a cell (true, read) of the confusion matrix, "" for any; once more asks for all."""
        with self._hold():
            self.true.value, self.read.value = ("", "") if cell == self._wanted()["confused"] else cell
        self._changed()

    def reset(self) -> None:
        """Back to no condition at all."""
        with self._hold():
            for control, value in self._cleared.items():
                control.value = value
        self._changed()

    def recount(self) -> None:
        """Let the confusion matrix, if it is open, show the results as they are now."""
        if self.grid is not None:
            self.grid.count(cells(self.results), self._wanted()["confused"])

    def why_none(self) -> str:
        """Why no track is chosen, and what to change, as HTML."""
        if self.results.empty:
            return "There are no results to browse: the table has no rows."
        wanted = self._wanted()
        judged = wanted["kind"] != ALL or wanted["distance"] or any(wanted["confused"])
        if judged and self.results["wrong"].isna().all():
            return (
                "No track has a known text, so none counts as right or wrong: set <b>kind</b> to <b>all</b>, or press "
                "<b>Clear filters</b>."
            )
        offers = []
        for name, controls in self._conditions.items():
            if all(control.value == self._cleared[control] for control in controls):
                continue
            others = {key: value for key, value in wanted.items() if key != name}
            if number := len(select(self.results, **others)):
                stated = " ".join(f"<b>{control.description}</b> {_stated(control)}" for control in controls)
                offers.append(f"<li>{stated}: {number:,} without it</li>")
        why = "No track meets all these conditions together."
        if not offers:
            return f"{why} Press <b>Clear filters</b> to see all tracks."
        return f"{why} It is enough to change one of these:<ul>{''.join(offers)}</ul>"

    def _wanted(self) -> dict:
        """What the controls say, as the keywords of `select`."""
        layout, scenario, distance = self.layout.value, self.scenario.value, self.distance.value
        return {
            "reading_pattern": self.reading.value,
            "truth_pattern": self.truth.value,
            "kind": self.kind.value,
            "layout": None if layout == ALL else layout,
            "scenario": None if scenario == ALL else scenario,
            "confidence": self.confidence.value,
            "distance": None if distance == self._cleared[self.distance] else distance,
            "confused": (self.true.value, self.read.value),
            "annotation": self.annotation.value,
        }

    def _changed(self) -> None:
        if not self._holding:
            self.recount()
            self._tell()

    @contextmanager
    def _hold(self) -> Iterator[None]:
        """Several changes count as one: nobody is told of those inside."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False

    def _show_matrix(self) -> None:
        """Open or close the confusion matrix; its many buttons are made when first asked for."""
        if self.grid is None:
            self.grid = ConfusionGrid(cells(self.results), self.press)
        self.recount()
        self._matrix_here.children = [self.grid.widget] if self.matrix.value else []


def _text(name: str) -> widgets.Text:
    return widgets.Text(description=name, placeholder="part of it, or AB?1*", continuous_update=False)


def _choice(name: str, options: list | tuple) -> widgets.Dropdown:
    return widgets.Dropdown(description=name, options=options)


def _names(column: pd.Series) -> list[tuple[str, str]]:
    """Labels and values of a Dropdown for every value of ``column``."""
    return [(value or "unknown", value) for value in sorted(column.unique())]


def _stated(control: widgets.Widget) -> str:
    value = control.value
    return escape("–".join(map(str, value)) if isinstance(value, tuple) else str(value) or "any")
