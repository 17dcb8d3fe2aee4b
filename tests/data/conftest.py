import pytest

from tests.support.batches import packed


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Packed LR and HR frames, in files."""
    folder = tmp_path_factory.mktemp("packed")
    return [packed(folder, "lr", 1, seed=1), packed(folder, "hr", 2, seed=2)]
