"""Your own plates: upload frames or a short video, or name them, and see what is read and how surely."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from html import escape

import ipywidgets as widgets
from IPython.display import display

from lpr_helpers.browser import html
from lpr_helpers.browser.filter_bar import WRAP
from lpr_helpers.browser.own_tracks import OwnTrack, empty, track_at, tracks_of, uploaded
from lpr_helpers.inference.reader import PlateReader
from lpr_helpers.inference.reading import FrameError, Reading
from lpr_helpers.inference.video import VIDEOS

ANY, NONE = "any", "none"
TALL = 480
"""Pixels of height from which on a picture is hardly a crop of a plate."""
UNSURE = 0.5
"""Confidence below which a reading is more likely wrong than right."""
LIMIT = (
    "At most 10 MB at once: more JupyterLab drops without a word, and all later uploads with it until the cell is run "
    "again. Larger files: by their path."
)
NEXT = "Is that not what it says, time and again? Train a reader on tracks of your own: docs/your-own.md tells how."


class OwnPlates:
    """Reads what a person uploads or names; shows itself as the value of a notebook's cell.

    Parameters
    ----------
    reader: what `inference.load_reader` gives.
    tracks: shown as long as nothing else is asked for: folders, or lists of files.

    `readings` holds what is shown: the tracks and, of each that has a frame, what was read; `widget` is the widget.
    """

    def __init__(
        self, reader: PlateReader, tracks: Iterable[str | os.PathLike | Sequence[str | os.PathLike]] = ()
    ) -> None:
        self.reader, given = reader, list(tracks)
        self.readings: list[tuple[OwnTrack, Reading | None]] = []
        self.upload = widgets.FileUpload(accept="image/*,video/*", multiple=True, description="Upload")
        self.path = widgets.Text(
            description="or a path",
            placeholder="a folder, a picture or a video; Enter reads it",
            continuous_update=False,
            layout=widgets.Layout(width="420px"),
        )
        self.together = widgets.Checkbox(
            True, description="all pictures show one plate", indent=False, layout={"width": "210px"}
        )
        self.layout = widgets.Dropdown(
            description="layout", options=[ANY, *reader.plate.layouts, NONE], layout={"width": "220px"}
        )
        self.message, self.plates = widgets.HTML(), widgets.HTML()
        self._tracks: Callable[[], list[OwnTrack]] = lambda: list(map(track_at, given))
        self.upload.observe(lambda _: self._uploaded(), names="value")
        self.path.observe(lambda _: self._named(), names="value")
        for control in (self.together, self.layout):
            control.observe(lambda _: self.read(), names="value")
        controls = [self.upload, self.path, self.together, self.layout]
        style = widgets.HTML(html.STYLE, layout=widgets.Layout(display="none"))
        row = widgets.HBox(controls, layout=widgets.Layout(**WRAP))
        self.widget = widgets.VBox([style, row, widgets.HTML(_note(LIMIT)), self.message, self.plates])
        self.read()

    def _ipython_display_(self) -> None:
        display(self.widget)

    def read(self) -> None:
        """Read what was last asked for, as the controls say, and show it."""
        tracks = self._tracks()
        self.readings = [(track, self._reading(track)) for track in tracks]
        refused = [each for track in tracks for each in track.refused]
        self.message.value = "<br>".join(
            f'<span class="lpr-refused">✗ {escape(each)}</span>' for each in refused
        )
        shown = [plate_html(track, reading) for track, reading in self.readings if reading]
        nothing = '<div class="lpr-empty">Upload crops of a plate, or a short video of them.</div>'
        self.plates.value = "".join([*shown, _note(NEXT)]) if shown else nothing

    def _reading(self, track: OwnTrack) -> Reading | None:
        if not track.frames:
            return None
        layout = None if self.layout.value == NONE else self.layout.value
        try:
            return self.reader.read(track.folder or track.frames, layout=layout)
        except FrameError as error:  # such as frames without those of another camera that the reader wants
            return Reading("", 0.0, "", (), problem=str(error))

    def _uploaded(self) -> None:
        files = uploaded(self.upload.value)
        if files:  # ipywidgets 7 empties itself by a value without any
            self.path.value = ""
            self._tracks = lambda: tracks_of(files, together=self.together.value)
            self.read()

    def _named(self) -> None:
        place = self.path.value.strip()
        if place:
            empty(self.upload)
            self._tracks = lambda: [track_at(place)]
            self.read()


def plate_html(track: OwnTrack, reading: Reading) -> str:
    """A track with its frames, what was read of it, how sure each character is, and what else it may be."""
    sure = f"confidence {reading.confidence:.1%}" + ("" if reading.calibrated else ", uncalibrated")
    told = [
        f"<b>{escape(track.name)}</b>",
        escape(reading.layout or "any layout"),
        sure,
        *map(escape, reading.missing),
    ]
    if reading.problem:
        told[1:] = [f'<span class="lpr-wrong">{escape(reading.problem)}</span>']
    row = {
        "text": "",
        "reading": reading.text,
        "char_confidences": [character.confidence for character in reading.characters],
        "alternatives": [character.alternatives for character in reading.characters],
    }
    head = f'<div class="lpr-head">{" · ".join(told)}</div>'
    advice = "".join(_note(escape(each)) for each in advice_on(track, reading))
    return f'<div class="lpr-track">{head}{html.pictures(track.pictures)}{html.texts(row)}{advice}</div>'


def advice_on(track: OwnTrack, reading: Reading) -> list[str]:
    """What a person could give instead, where a picture is hardly a crop or the reading is not sure."""
    if tall := [(name, image.shape) for name, image in track.pictures if image.shape[0] >= TALL]:
        name, (height, width, *_) = tall[0]
        searched = "Nothing here searches a picture for plates: cut it out, with a little around it."
        return [f"{name} has {width:,} × {height:,} pixels. Does it show the plate alone? {searched}"]
    if not reading.problem and reading.confidence < UNSURE:
        alone = len(track.pictures) == 1
        apart = (
            ""
            if alone or track.name.endswith(VIDEOS)
            else "If they show several plates, take the tick away. "
        )
        more = "More frames of the same vehicle" if alone else "Other frames"
        return [f"Unsure. {apart}{more} may help, or closer crops, or the layout where you know it."]
    return []


def _note(text: str) -> str:
    return f'<div class="lpr-note">{text}</div>'
