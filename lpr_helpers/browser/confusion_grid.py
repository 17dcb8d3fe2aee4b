"""The confusion matrix as buttons: its fullest cells, each of which shows its tracks when pressed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ipywidgets as widgets

from lpr_helpers.plots.style import WRONG

CELLS = 40
SIZE = 34
_TINT = ",".join(str(int(WRONG[place : place + 2], 16)) for place in (1, 3, 5))
Cell = tuple[str, str]


class ConfusionGrid:
    """Rows are true characters, columns what was read; a button says in how many tracks, and its colour follows.

    Parameters
    ----------
    counts: tracks of each confusion (true, read), as of `filters.cells`. The `CELLS` most frequent ones get a button.
    choose: is given the cell that was pressed; of a row's or a column's name, the other character is "".
    """

    def __init__(self, counts: Mapping[Cell, int], choose: Callable[[Cell], None]) -> None:
        self.buttons: dict[Cell, widgets.Button] = {}
        chosen = list(counts)[:CELLS]
        rows, columns = (sorted({cell[side] for cell in chosen}) for side in (0, 1))
        names = [(true, "") for true in rows] + [("", read) for read in columns]
        for cell in sorted([*names, *chosen], key=lambda cell: (cell[0], cell[1])):
            # a row and a column of their own would be undone by the area that Layout leaves empty
            at = f"{_line(rows, cell[0])} / {_line(columns, cell[1])}"
            box = widgets.Layout(width=f"{SIZE}px", height="25px", margin="1px", padding="0", grid_area=at)
            button = widgets.Button(layout=box, tooltip=_says(cell))
            button.on_click(lambda _, cell=cell: choose(cell))
            self.buttons[cell] = button
        across = widgets.Layout(
            grid_template_columns=f"repeat({len(columns) + 1}, {SIZE + 4}px)",
            overflow="auto",
            padding="0 0 6px",
        )
        grid = widgets.GridBox(list(self.buttons.values()), layout=across)
        grid.add_class("lpr-grid")
        self.widget = widgets.VBox([widgets.HTML(_explained(len(chosen), len(counts))), grid])
        self.count(counts)

    def count(self, counts: Mapping[Cell, int], chosen: Cell = ("", "")) -> None:
        """Show other counts in the same cells, and which of them is chosen."""
        most = max(counts.values(), default=1)
        for cell, button in self.buttons.items():
            number = counts.get(cell, 0)
            button.description = str(number) if all(cell) else "".join(cell)
            share = 0.15 + 0.65 * number / most
            button.style.button_color = (
                f"rgba({_TINT},{share:.2f})" if all(cell) and number else "transparent"
            )
            button.layout.border = "2px solid" if cell == chosen else "2px solid transparent"


def _line(names: list[str], name: str) -> int:
    """The line of the grid that a character has; the first one holds the names."""
    return names.index(name) + 2 if name else 1


def _says(cell: Cell) -> str:
    true, read = cell
    if not read:
        return f"{true} read as anything else"
    return f"{true} read as {read}" if true else f"anything else read as {read}"


def _explained(shown: int, count: int) -> str:
    if not count:
        return "No character was taken for another (only readings as long as the truth are compared)."
    fullest = f"The {shown} most frequent of {count} confusions" if shown < count else "All confusions"
    return (
        f"{fullest}, in tracks: rows are true characters, columns what was read. Press one to see its tracks."
    )
