"""One track in the error browser: what it shows, and the controls to flag it, correct its label and note something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

import ipywidgets as widgets

from lpr_helpers.browser import html
from lpr_helpers.data.annotations import Annotation, plate_label
from lpr_helpers.plates import BRAZIL, PlateFormat

FLAGS = {False: "⚑ Flag: leave it out", True: "⚑ Flagged: left out"}


class TrackCard:
    """A place on the page that shows one track after another; making widgets anew for each page would be slow.

    Parameters
    ----------
    keep: is given a track's id and annotation, keeps them and shows the track again; it raises OSError or ValueError
        where it cannot. None shows no controls.
    plate: what a corrected label is held to.
    blind: the reading is not shown before somebody has labelled or flagged the track.
    enlarge: makes pictures of a track's frames, which are shown below them; None shows none.
    """

    def __init__(
        self,
        keep: Callable[[str, Annotation], None] | None,
        plate: PlateFormat = BRAZIL,
        enlarge: html.Enlarge | None = None,
        *,
        blind: bool = False,
    ) -> None:
        self.keep, self.plate, self.enlarge, self.blind = keep, plate, enlarge, blind
        self.row: Mapping = {}
        self._filling = False
        self.head, self.frames, self.texts = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.flag = widgets.ToggleButton(layout=widgets.Layout(width="170px"))
        self.label = _field("label", "240px")
        self.note = _field("note", "420px")
        self.message = widgets.HTML()
        controls = [self.flag, self.label, self.note]
        for control in controls:
            control.observe(lambda _: self._changed(), names="value")
        row = widgets.HBox(controls, layout=widgets.Layout(flex_flow="row wrap", align_items="center"))
        below = [row, self.message] if keep else []
        self.widget = widgets.VBox([self.head, self.frames, self.texts, *below])
        self.widget.add_class("lpr-track")

    @property
    def annotation(self) -> Annotation:
        """What is kept of the track shown."""
        label = self.row["label"]
        return Annotation(self.row["flagged"], label, self.row["given"] if label else "", self.row["note"])

    def show(self, row: Mapping | None) -> None:
        """Show a track, a row of results with the columns of `annotations.with_annotations`; None leaves the place
        empty.
        """
        self.widget.layout.display = None if row else "none"
        self.frames.value = html.frames(self._seen(row), self.enlarge) if row else ""
        self.message.value = ""
        self.row = row or {}
        if row:
            self.label.placeholder = row["given"] or "what the plate says"
            self.renew(row)
            self._fill(label=row["label"])

    def renew(self, row: Mapping) -> None:
        """Show what an annotation has changed of the same track; its frames stay, since encoding them takes longest,
        unless another label has changed which of them read it right.
        """
        seen = self._seen(row)
        if row["text"] != self.row["text"]:
            self.frames.value = html.frames(seen, self.enlarge)
        self.row = row
        self.head.value = html.head(seen)
        self.texts.value = html.texts(seen) if seen is row else html.BLIND
        self.flag.description = FLAGS[row["flagged"]]
        self._fill(flag=row["flagged"], note=row["note"])

    def _seen(self, row: Mapping) -> Mapping:
        """What may be shown of a row."""
        return html.veiled(row) if self.blind and not (row["label"] or row["flagged"]) else row

    def _fill(self, **values: str | bool) -> None:
        """Set controls without taking that for an annotation."""
        self._filling = True
        for name, value in values.items():
            getattr(self, name).value = value
        self._filling = False

    def _changed(self) -> None:
        """Keep what the controls now say, or say why not; a label that is refused stays in its field, to be mended."""
        if self._filling or not self.row:
            return
        given, label, refused = self.row["given"], self.row["label"], ""
        try:
            label = plate_label(self.label.value, self.plate)
            self._fill(label=label)
        except ValueError as problem:
            refused = f"Label refused: {problem}. {label or given or 'No label'} stays."
        corrected = label not in ("", given)
        wanted = Annotation(
            self.flag.value, label if corrected else "", given if corrected else "", self.note.value
        )
        try:
            if self.keep and wanted != self.annotation:
                self.keep(self.row["track_id"], wanted)
        except (OSError, ValueError) as problem:
            refused = f"Not kept: {problem}"
            self._fill(flag=self.row["flagged"])
        self.message.value = f'<span class="lpr-refused">✗ {escape(refused)}</span>' if refused else ""


def _field(name: str, width: str) -> widgets.Text:
    """A line of text whose value changes when Enter is pressed or the field is left."""
    return widgets.Text(
        description=name,
        placeholder="Enter keeps it",
        continuous_update=False,
        layout=widgets.Layout(width=width),
    )
