"""The journal of a reading: what is in it stays, whatever was torn off."""

import pytest

from lpr_helpers.inference import Journal, JournalError, TrackReading

HEADER = {"reader": ["abc"], "layout": "any"}
FIRST = TrackReading("a/\udce9", "\udce9", "ABC1234", 0.5, "Brazilian", (0.5, 0.9), ("lr-001: gone",))
SECOND = TrackReading("b", "b", problem="no frame could be read")


def test_a_journal_gives_back_what_it_was_given(tmp_path):
    journal = Journal(tmp_path / "it.journal", HEADER)
    journal.append([FIRST])
    journal.append([SECOND])
    again = Journal(tmp_path / "it.journal", HEADER)
    assert again.finished == journal.finished == {"a/\udce9", "b"}
    assert list(again) == [FIRST, SECOND]


@pytest.mark.parametrize("torn", [b'{"name": "c"', b'{"name": "c"}', b"\0\0\0\n", b'"text"\n', b"{}\n"])
def test_what_a_kill_tore_is_cut_off_and_writing_goes_on(tmp_path, torn):
    file = tmp_path / "it.journal"
    Journal(file, HEADER).append([FIRST])
    with file.open("ab") as stream:
        stream.write(torn)
    journal = Journal(file, HEADER)
    assert journal.finished == {FIRST.name}
    journal.append([SECOND])
    assert list(Journal(file, HEADER)) == [FIRST, SECOND]


def test_a_journal_of_another_reader_is_refused_with_the_difference(tmp_path):
    Journal(tmp_path / "it.journal", HEADER)
    with pytest.raises(JournalError, match=r"layout: 'any', now 'Mercosur'.*--fresh"):
        Journal(tmp_path / "it.journal", HEADER | {"layout": "Mercosur"})
    (tmp_path / "notes.journal").write_text("dear diary\n")
    with pytest.raises(JournalError, match="no journal"):
        Journal(tmp_path / "notes.journal", HEADER)
