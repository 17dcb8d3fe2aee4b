"""Your own plates: pictures, videos and folders are read and shown; whatever is none of them is told in a line."""

from datetime import UTC, datetime

import cv2
import ipywidgets as widgets
import numpy as np
import pytest
import torch
import traitlets

from lpr_helpers.browser.own_plates import OwnPlates, advice_on
from lpr_helpers.browser.own_tracks import track_at, tracks_of, uploaded
from lpr_helpers.evaluation.kept_calibration import Calibration
from lpr_helpers.inference.reader import PlateReader, load_reader
from lpr_helpers.inference.reading import Reading
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.plates import BRAZIL, PlateFormat
from tests.support import FIXTURE
from tests.support.modalities import FORMATS
from tests.support.robustness import Area

given = Area("Plates of one's own, uploaded or named in a notebook")
TRACKS = sorted(FIXTURE.rglob("track_*"))[:2]
FILES = sorted(TRACKS[0].glob("lr-*"))
NO_PICTURE = "notes.txt is no picture that can be read"


@pytest.fixture(scope="module")
def reader():
    return load_reader(device="cpu", precision="no")


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """A video of one plate's crops, as a tracker leaves it."""
    file = tmp_path_factory.mktemp("videos") / "car.avi"
    frames = [cv2.resize(cv2.imread(str(each)), (120, 48)) for each in FILES]
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*"MJPG"), 10, (120, 48))
    for frame in frames:
        writer.write(frame)
    writer.release()
    return file


def upload(names_and_contents, version):
    """What a `FileUpload` of ipywidgets 7 or 8 holds."""
    if version == 7:
        return {
            name: {"metadata": {"name": name, "size": len(content)}, "content": content}
            for name, content in names_and_contents
        }
    known = {"type": "image/png", "last_modified": datetime(2026, 1, 1, tzinfo=UTC)}
    return tuple(
        {"name": name, "size": len(content), "content": memoryview(content), **known}
        for name, content in names_and_contents
    )


class OlderUpload(widgets.Button):
    """As `FileUpload` is in ipywidgets 7, as far as anybody here asks: its value follows the counter."""

    accept, multiple = traitlets.Unicode(), traitlets.Bool()
    metadata, data, _counter = traitlets.List(), traitlets.List(), traitlets.Int()
    value = traitlets.Dict(read_only=True)

    @traitlets.observe("_counter")
    def counted(self, _):
        pairs = zip(self.metadata, self.data, strict=True)
        self.set_trait("value", {told["name"]: {"metadata": told, "content": one} for told, one in pairs})


def choose(shown, files, version=8):
    """Upload files as a person does."""
    if version == 8:
        shown.upload.value = upload(files, version)
        return
    with shown.upload.hold_trait_notifications():  # as one message from the page arrives
        shown.upload.metadata = [{"name": name} for name, _ in files]
        shown.upload.data = [content for _, content in files]
        shown.upload._counter += len(files)


def contents(files):
    return [(file.name, file.read_bytes()) for file in files]


@pytest.mark.parametrize("version", [7, 8])
def test_an_upload_is_the_same_in_both_versions_of_the_widgets(version):
    files = contents(FILES)
    assert uploaded(upload(files, version)) == files
    assert uploaded(upload([], version)) == []


@pytest.mark.parametrize("version", [7, 8])
def test_uploaded_pictures_are_read_as_the_track_that_they_are(reader, monkeypatch, version):
    if version == 7:
        monkeypatch.setattr(widgets, "FileUpload", OlderUpload)
    shown = OwnPlates(reader)
    assert "Upload crops" in shown.plates.value
    choose(shown, contents(FILES), version)
    ((track, reading),) = shown.readings
    assert track.name == "5 pictures of one plate"
    assert reading == reader.read(TRACKS[0])
    assert shown.plates.value.count("data:image/png") == 5
    assert shown.message.value == ""


@pytest.mark.parametrize("version", [7, 8])
def test_upload_and_path_show_what_was_last_asked_for_the_same_files_too(reader, monkeypatch, version):
    if version == 7:
        monkeypatch.setattr(widgets, "FileUpload", OlderUpload)
    shown = OwnPlates(reader)
    for _ in range(2):
        choose(shown, contents(FILES), version)
        assert [track.name for track, _ in shown.readings] == ["5 pictures of one plate"]
        assert shown.path.value == ""
        shown.path.value = str(TRACKS[1])
        assert [track.name for track, _ in shown.readings] == [TRACKS[1].name]
        assert uploaded(shown.upload.value) == []


def test_every_character_is_shown_with_its_confidence(reader):
    shown = OwnPlates(reader, TRACKS[:1])
    ((_, reading),) = shown.readings
    assert shown.plates.value.count("lpr-bar") == len(reading.text)
    assert all(f">{character.text}<" in shown.plates.value for character in reading.characters)
    assert f"confidence {reading.confidence:.1%}" in shown.plates.value


def test_until_something_is_uploaded_the_given_tracks_are_shown(reader):
    shown = OwnPlates(reader, [TRACKS[0], sorted(TRACKS[1].glob("lr-*"))])
    assert [reading for _, reading in shown.readings] == [reader.read(track) for track in TRACKS]
    shown.path.value = str(TRACKS[1])
    assert [reading.text for _, reading in shown.readings] == [reader.read(TRACKS[1]).text]


def test_pictures_of_several_plates_are_read_one_by_one_where_a_person_says_so(reader):
    shown = OwnPlates(reader)
    choose(shown, contents(FILES))
    shown.together.value = False
    assert [reading.text for _, reading in shown.readings] == [reader.read(file).text for file in FILES]


def test_a_layout_is_imposed_where_a_person_knows_it():
    argentine = PlateFormat(layouts={"Argentine": "LLDDDLL"})
    shown = OwnPlates(load_reader(device="cpu", precision="no", plate=argentine), TRACKS[:1])
    assert argentine.misfit(shown.readings[0][1].text, "Argentine") is None
    shown.layout.value = "none"
    assert shown.readings[0][1].layout == ""


@pytest.mark.parametrize("way", ["upload", "path"])
def test_a_video_is_one_plate(reader, video, way):
    shown = OwnPlates(reader)
    if way == "upload":
        choose(shown, contents([video]))
    else:
        shown.path.value = str(video)
    ((track, reading),) = shown.readings
    assert track.name == "car.avi"
    assert 1 < len(track.frames) <= 5
    assert len(reading.text) == 7


def test_a_file_that_is_no_picture_is_told_and_the_others_are_read(reader):
    shown = OwnPlates(reader)
    choose(shown, [("notes.txt", b"<b>hello</b>"), *contents(FILES)])
    assert shown.readings[0][1].text == reader.read(TRACKS[0]).text
    assert shown.message.value.count(NO_PICTURE) == 1
    assert shown.readings[0][0].name == "5 pictures of one plate"
    choose(shown, [("notes.txt", b"")])
    assert "Upload crops" in shown.plates.value


def encoded(height, width):
    return cv2.imencode(".png", np.full((height, width), 90, np.uint8))[1].tobytes()


@pytest.mark.parametrize(
    ("name", "content", "remedy"),
    [
        given("a text named .png", "is told in one short line", "t.png", b"hello", "save or copy it anew"),
        given("a picture of no bytes", "is told", "t.jpg", b"", "zero bytes); save or copy it anew"),
        given("a file that is neither", "is told what would be", "t.pdf", b"%PDF", "give .png"),
        given(
            "a photograph of 6,000 × 4,000",
            "is told to be cut",
            "t.png",
            encoded(4000, 6000),
            "cut the plate out of it",
        ),
    ],
)
def test_of_a_file_that_cannot_be_read_it_is_told_what_to_do(name, content, remedy):
    (track,) = tracks_of([(name, content)])
    (told,) = track.refused
    assert told.startswith(name)
    assert remedy in told


@pytest.mark.parametrize(
    ("files", "confidence", "told"),
    [
        (
            [("street.jpg", encoded(900, 1200))],
            0.9,
            "street.jpg has 1,200 × 900 pixels. Does it show the plate",
        ),
        ([("crop.jpg", encoded(20, 44))], 0.2, "Unsure. More frames of the same vehicle may help"),
        (contents(FILES), 0.2, "Unsure. If they show several plates, take the tick away"),
    ],
)
def test_what_would_help_is_told_where_a_reading_may_be_wrong(files, confidence, told):
    (track,) = tracks_of(files)
    (advice,) = advice_on(track, Reading("ABC1D23", confidence, "", ()))
    assert told in advice


def test_a_sure_reading_of_a_crop_needs_no_advice():
    (track,) = tracks_of(contents(FILES))
    assert advice_on(track, Reading("ABC1D23", 0.9, "", ())) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        given("the path of no file", "is told", "nothing.png", "nothing.png cannot be read"),
        given("the path of no video", "is told", "nothing.mp4", "cannot be opened"),
        given("the path of a folder without pictures", "is told", ".", "holds no image"),
    ],
)
def test_a_path_that_leads_to_no_frame_is_told(reader, tmp_path, name, message):
    shown = OwnPlates(reader, TRACKS[:1])
    shown.path.value = str(tmp_path / name)
    assert message in shown.message.value
    assert shown.readings[0][1] is None


def test_a_broken_video_goes_by_the_name_that_it_was_uploaded_under():
    (track,) = tracks_of([("evening.mp4", b"no video")])
    assert track.refused[0].startswith("evening.mp4 is no video")


def test_names_of_files_cannot_smuggle_html_in(reader):
    shown = OwnPlates(reader)
    evil = "<img src=x onerror=alert(1)>.png"
    choose(shown, [(evil, FILES[0].read_bytes()), (evil, b"nothing")])
    assert "<img src=x" not in shown.plates.value + shown.message.value


def test_of_very_many_and_of_very_large_pictures_a_part_is_shown(reader):
    code = cv2.imencode(".png", np.full((900, 3000, 3), 90, np.uint8))[1].tobytes()
    shown = OwnPlates(reader)
    choose(shown, [(f"{number}.png", code) for number in range(12)])
    assert "and 2 more" in shown.plates.value
    assert "400 × 120" in shown.plates.value


@pytest.mark.parametrize(
    ("name", "told"), [("grey and infrared", "ir: missing in 5"), ("infrared alone", "no frame")]
)
def test_a_reader_of_other_cameras_tells_what_it_lacks(name, told):
    recogniser = Recogniser.new(BRAZIL, kind="multiframe", frame_format=FORMATS[name], width=32)
    shown = OwnPlates(
        PlateReader([recogniser], torch.device("cpu"), Calibration(), precision="no"), TRACKS[:1]
    )
    assert told in shown.plates.value


def test_no_file_at_all_is_no_track():
    assert track_at([]).frames == ()
