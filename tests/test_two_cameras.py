"""From two cameras' files to readings: drawn, indexed, packed, trained on, and read with and without the second."""

from dataclasses import replace

import numpy as np
import pytest

from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.data.frames import pack
from lpr_helpers.data.splits import add_split
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.data.tracks import read_tracks
from lpr_helpers.decoding.ensembles import ensemble
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.inference.reader import load_reader
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.inference.tables import read_split
from lpr_helpers.models.checkpoints import Recogniser, load_recogniser
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import Phase
from tests.support.modalities import BOTH, FORMATS, IR_ALONE, two_cameras

pytestmark = pytest.mark.slow
PHASE = Phase("both", epochs=2, batch_size=8, scenarios=(), precision="no", schedule="cosine")


@pytest.fixture(scope="module")
def tracks(tmp_path_factory):
    """The index of 16 tracks of two cameras, split."""
    found = read_tracks(two_cameras(tmp_path_factory.mktemp("two") / "data", (8, 8)), progress=False)
    return replace(found, table=add_split(found.table, fraction=0.3))


def packed(tracks, folder, made_of):
    """The tracks of a format, with HR frames where these show anything of it."""
    lr, hr = (
        pack(tracks.table, folder / kind, kind=kind, frame_format=made_of, progress=False)
        for kind in ("lr", "hr")
    )
    return TrackData(tracks.table, tracks.plate, lr, hr if made_of.visible else None)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("multiframe", "grey and infrared"),
        ("multiframe", "infrared alone"),
        ("multiframe", "all of it"),
        ("crnn", "grey and infrared"),
    ],
)
def test_a_reader_learns_from_two_cameras_and_reads_with_one(tracks, tmp_path, kind, name):
    made_of, small = FORMATS[name], {"width": 32} if kind == "multiframe" else {"hidden": 16}
    data = packed(tracks, tmp_path, made_of)
    recogniser = Recogniser.new(tracks.plate, kind=kind, frame_format=made_of, **small)
    history = fit(recogniser, data, PHASE, tmp_path / "run", progress=False)
    assert np.isfinite(history.loss).all()
    assert fit(recogniser, data, PHASE, tmp_path / "run", progress=False).equals(history), (
        "nothing is trained again"
    )
    results, _ = read_split(load_recogniser(tmp_path / "run" / "best"), data, "val", progress=False)
    assert len(results) > 0
    reader = load_reader(tmp_path / "run" / "best", "cpu", precision="no")
    row = next(row for row in tracks.table.itertuples() if all(row.ir))
    assert reader.read(tracks.root / row.folder).missing == ()
    if made_of.visible:
        assert reader.read(row.lr).missing == ("ir: missing in 5 of 5 frames",)


def test_two_readers_are_fused_late_in_tables_too(tracks, tmp_path):
    heard = []
    for made_of in (FrameFormat(), IR_ALONE):
        lr = pack(tracks.table, tmp_path / str(made_of), frame_format=made_of, progress=False)
        recogniser = Recogniser.new(tracks.plate, kind="multiframe", width=32, frame_format=made_of)
        heard.append(recognise(recogniser, lr, range(len(lr)), progress=False))
    readings = fuse(ensemble(heard), plate=tracks.plate, layouts="any")
    assert len(readings.texts) == len(tracks.table)
    assert readings.confidence.isfinite().all()


def test_frames_that_were_packed_otherwise_are_neither_trained_on_nor_read(tracks, tmp_path):
    data, recogniser = packed(tracks, tmp_path, FORMATS["histogram"]), Recogniser.new(tracks.plate, hidden=16)
    with pytest.raises(
        TrainingError, match=r"packed as grey, equalised \(hist\), but the network reads grey"
    ):
        fit(recogniser, data, PHASE, tmp_path / "run", progress=False)
    with pytest.raises(ValueError, match="pack them with frame_format"):
        recognise(recogniser, data.lr, [0], progress=False)
    assert data.lr.misfit(BOTH)
