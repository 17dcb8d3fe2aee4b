"""A user's own tracks: another alphabet, length and numbers of frames, said in one file, from folder to submission."""

import json
from dataclasses import replace

import cv2
import numpy as np

from lpr_helpers.data.splits import add_split, save_split
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.inference.results import results_table
from lpr_helpers.models.checkpoints import Recogniser, load_recogniser
from lpr_helpers.notebook.datasets import open_data, packed, tracks_to_read, training_data
from lpr_helpers.notebook.settings import read_settings
from lpr_helpers.submission.validator import validate_submission
from lpr_helpers.submission.writer import write_submission
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import PHASE1


def own_tracks(root):
    root.mkdir()
    (root / "plates.toml").write_text('alphabet = "01ABCÄ"\n[layouts]\nOurs = "LLD*"\n', encoding="utf-8")
    for number in range(14):
        folder = root / ("yard" if number < 10 else "test") / f"car {number}"
        folder.mkdir(parents=True)
        for frame in range(7 if number in (0, 13) else 3):
            cv2.imwrite(str(folder / f"lr-{frame}.PNG"), np.full((20, 50), 10 * number, np.uint8))
        if number < 10:
            text = f"Ä{'ABC'[number % 3]}{number % 2}{'01AB'[number % 4]}"
            (folder / "annotations.json").write_text(json.dumps({"plate_text": text}), encoding="utf-8")
    return root


def test_another_plate_format_goes_all_the_way(tmp_path):
    environment = {"LPR_DATA": str(own_tracks(tmp_path / "set")), "LPR_ARTIFACTS": str(tmp_path / "out")}
    settings = read_settings(environment)
    tracks = open_data(settings, progress=False)
    save_split(add_split(tracks.table, fraction=0.2), settings.split)
    data = training_data(settings, progress=False)
    phase = replace(PHASE1, epochs=1, batch_size=8, precision="no")
    fit(Recogniser.new(data.plate, hidden=8), data, phase, settings.phase1, progress=False)

    recogniser = load_recogniser(settings.phase1 / "best")
    assert recogniser.plate == tracks.plate
    table = tracks_to_read(tracks)
    frames = recognise(
        recogniser, packed(settings, table, "test-lr", progress=False), range(len(table)), progress=False
    )
    assert frames.valid.sum(1).tolist() == [3, 3, 3, 7]
    assert data.lr.valid.sum(1).max() == 7
    results = results_table(table, frames, fuse(frames, plate=recogniser.plate, layouts="any"))
    assert all(recogniser.plate.misfit(reading, "Ours") is None for reading in results.reading)
    submission = write_submission(results, settings.submission, plate=recogniser.plate)
    assert validate_submission(submission.zip, expected=table.track_id, plate=recogniser.plate).ok
