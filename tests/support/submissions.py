"""A valid submission, and the results it was written from."""

import pandas as pd
from hypothesis import strategies as st

from lpr_helpers.plates import BRAZIL

GOOD = b"track_00001,ABC1234;0.9876\ntrack_00002,ABC1D34;0.5000\ntrack_00003,XYZ9876;1.0000\n"
TRACKS = ["track_00001", "track_00002", "track_00003"]
plates = st.text(BRAZIL.alphabet, min_size=7, max_size=7)
valid_results = st.dictionaries(
    st.integers(0, 99999).map("track_{:05d}".format),
    st.tuples(plates, st.floats(0, 1)),
    min_size=1,
    max_size=12,
).map(
    lambda rows: pd.DataFrame(
        [(t, p, c) for t, (p, c) in rows.items()], columns=["track_id", "reading", "confidence"]
    )
)


def results(**changes) -> pd.DataFrame:
    """The results that `GOOD` says, or others in some columns."""
    columns = {
        "track_id": TRACKS,
        "reading": ["ABC1234", "ABC1D34", "XYZ9876"],
        "confidence": [0.98761, 0.5, 1.0],
    }
    return pd.DataFrame({**columns, **changes})


def findings(report) -> list[tuple[str, int | None]]:
    """Kind and line of all violations."""
    return [(violation.kind, violation.line) for violation in report.violations]


def track_folders(root):
    """A folder ``test`` with an empty folder for each of `TRACKS`."""
    for track in TRACKS:
        (root / "test" / track).mkdir(parents=True)
    return root / "test"
