"""CSV files written row by row: the same as pandas writes, whole or not at all."""

import pandas as pd
import pytest
from hypothesis import given as tried, strategies as st

from lpr_helpers.utils.spreadsheets import write_csv_rows
from lpr_helpers.utils.tables import write_csv

CELLS = st.text("=+-@' \"\n,;A1ç") | st.floats(0, 1)


@pytest.mark.fuzz
@tried(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_rows_become_the_file_that_a_table_of_them_becomes(tmp_path_factory, rows):
    folder, names = tmp_path_factory.mktemp("csv"), ["first", "second"]
    found = write_csv_rows(names, iter(rows), folder / "rows.csv")
    wanted = write_csv(pd.DataFrame(rows, columns=names, dtype=object), folder / "table.csv")
    assert found.read_bytes() == wanted.read_bytes()


def test_rows_that_break_off_leave_no_file(tmp_path):
    def rows():
        yield ["a"] * 2
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_csv_rows(["first", "second"], rows(), tmp_path / "a.csv")
    assert not list(tmp_path.iterdir())
