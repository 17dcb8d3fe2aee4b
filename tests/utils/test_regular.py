"""Only regular files are opened, and every name can be printed."""

import os
import socket

import pytest
from hypothesis import given, strategies as st

from lpr_helpers.utils.regular import is_utf8, printable, read_regular


def test_a_regular_file_is_read_whole_or_to_a_limit_and_through_a_link(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "link") == b"12345"
    assert read_regular(tmp_path / "file", 3) == b"123"
    assert read_regular(tmp_path / "file", 10**15) == b"12345"


def test_pipes_devices_sockets_and_folders_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for name in ("pipe", "device", "socket"):
            with pytest.raises(OSError, match="no regular file"):
                read_regular(tmp_path / name)
    with pytest.raises(IsADirectoryError):
        read_regular(tmp_path)


@pytest.mark.fuzz
@given(st.text(st.characters()))
def test_whatever_is_made_printable_can_be_written_and_what_was_stays(text):
    shown = printable(text)
    assert shown.isprintable()
    assert is_utf8(shown)
    assert printable(shown) == shown
    if text.isprintable():
        assert shown == text


def test_a_byte_that_is_no_utf8_is_shown_as_that_byte():
    assert printable(b"a\xe7ao".decode("utf-8", "surrogateescape")) == "a\\xe7ao"
    assert printable("\ud800\n\U000e0001") == "\\ud800\\x0a\\U000e0001"
