"""The readers that the notebooks have trained, side by side with the package's."""

from lpr_helpers.data.splits import add_split, save_split
from lpr_helpers.models.checkpoints import Recogniser, save_recogniser
from lpr_helpers.notebook.datasets import open_data
from lpr_helpers.notebook.readers import live_reader, read_validation, text_prior, trained_readers
from lpr_helpers.notebook.settings import read_settings
from lpr_helpers.plates import BRAZIL
from lpr_helpers.submission.model_selection import best_choice, validation_table
from tests.support import FIXTURE
from tests.support.networks import SMALL


def test_phases_and_the_package_stand_side_by_side_on_the_validation_tracks(tmp_path):
    settings = read_settings(
        {"LPR_DATA": str(FIXTURE), "LPR_ARTIFACTS": str(tmp_path), "LPR_PROFILE": "tiny"}
    )
    save_split(add_split(open_data(settings, progress=False).table, fraction=0.2), settings.split)
    recogniser = Recogniser.new(BRAZIL, kind="multiframe", **SMALL["multiframe"])
    save_recogniser(recogniser, settings.phase1 / "best", {"epoch": 1})
    readers = trained_readers(settings)
    assert list(readers) == ["phase1", "package"]
    for name, reader in readers.items():
        assert live_reader(settings, name).members[0].digest == reader.digest
    validated = read_validation(readers, settings, progress=False)
    table = validation_table(validated)
    assert len(table) == len(validated) == 9
    assert best_choice(validated).readers[0] == "package"  # the other has never learnt anything
    informed = read_validation(readers, settings, prior=text_prior(settings), progress=False)
    assert validation_table(informed)["prior"].str.startswith("weight").tolist() == [False] * 9 + [True] * 3


def test_a_prior_is_learnt_from_training_labels_or_from_a_file_of_plates(tmp_path):
    settings = read_settings(
        {"LPR_DATA": str(FIXTURE), "LPR_ARTIFACTS": str(tmp_path), "LPR_PROFILE": "tiny"}
    )
    table = add_split(open_data(settings, progress=False).table, fraction=0.2)
    save_split(table, settings.split)
    assert (
        text_prior(settings).texts == table.loc[(table.split == "train") & table.trainable, "text"].nunique()
    )
    town = tmp_path / "town.txt"
    town.write_text("ABC-1234\nABC1D34\n", encoding="utf-8")
    assert text_prior(settings, str(town)).texts == 2
