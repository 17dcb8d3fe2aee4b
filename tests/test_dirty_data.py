"""Every kind of dirt at once, all the way: nothing stops at one odd file, and the submission is valid."""

from dataclasses import replace

import pytest

from lpr_helpers.data.manifest import compare_with_manifest
from lpr_helpers.data.overview import inventory, leaks, repeated_plates, shared_plates
from lpr_helpers.data.splits import add_split, save_split
from lpr_helpers.data.tracks import problem_summary
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.evaluation.conditions import by_condition, with_conditions
from lpr_helpers.evaluation.domain_gap import against_first, domain_gap_table, measure_frames
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.inference.results import results_table
from lpr_helpers.models.checkpoints import Recogniser, load_recogniser
from lpr_helpers.notebook.datasets import open_data, packed, tracks_to_read, training_data
from lpr_helpers.notebook.settings import read_settings
from lpr_helpers.submission.validator import validate_submission
from lpr_helpers.submission.writer import write_submission
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import PHASE1
from lpr_helpers.utils.regular import is_utf8
from tests.support.dirt import DIRT, NAMES, dirty_tracks
from tests.support.robustness import Area

whole_way = Area("A data set with all of this at once")
whole_way.note(f"{len(DIRT)} kinds of dirt and {len(NAMES)} odd names", "indexed, trained on and submitted")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_data_set_with_all_kinds_of_dirt_goes_all_the_way(tmp_path):
    environment = {"LPR_DATA": str(dirty_tracks(tmp_path / "set")), "LPR_ARTIFACTS": str(tmp_path / "out")}
    settings = read_settings(environment)
    tracks = open_data(settings, progress=False)
    assert len(tracks.table) == 2 * len(DIRT) + len(NAMES)
    assert tracks.problems.track_id.nunique() > 25

    split = add_split(tracks.table, fraction=0.3)
    measures = measure_frames(tracks.table, progress=False)
    known = split[split.split != "test"]
    for table in (
        problem_summary(tracks),
        inventory(split),
        repeated_plates(split),
        leaks(known, fraction=0.3),
        shared_plates(split),
        compare_with_manifest(tracks.table),
        domain_gap_table(measures),
        against_first(measures),
        tracks.problems,
        tracks.table,
    ):
        assert is_utf8(table.to_csv() + table.to_html())

    save_split(split, settings.split)
    data = training_data(settings, progress=False)
    phase = replace(PHASE1, epochs=1, batch_size=8, precision="no")
    fit(Recogniser.new(data.plate, hidden=8), data, phase, settings.phase1, progress=False)
    recogniser = load_recogniser(settings.phase1 / "best")

    table = tracks_to_read(tracks)
    assert len(table) == len(DIRT)
    lr = packed(settings, table, "test-lr", progress=False)
    assert not lr.unreadable
    frames = recognise(recogniser, lr, range(len(table)), progress=False)
    results = results_table(table, frames, fuse(frames, plate=recogniser.plate, layouts="any"))
    by_condition(with_conditions(results.assign(text="ABC1234"), progress=False))
    submission = write_submission(results, settings.submission, plate=recogniser.plate)
    assert validate_submission(submission.zip, tmp_path / "set", plate=recogniser.plate).ok
