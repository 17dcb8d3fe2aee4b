"""Archives that somebody else made: unpacked whole, or told in a sentence and forgotten."""

import bz2
import io
import shutil
import tarfile
import zipfile
from typing import NamedTuple

import pytest
from hypothesis import given as tried, strategies as st

from lpr_helpers.notebook.archives import local_copy
from lpr_helpers.notebook.unpacking import SPARE, unpack
from tests.support.robustness import Area

given = Area("Archives for Colab")
FILES = {"train/track_00001/lr-001.png": b"\x89PNG" * 50, "train/track_00001/annotations.json": b"{}" * 200}


def zipped(files=FILES, compression=zipfile.ZIP_DEFLATED):
    """A zip of these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tarred(mode="w", files=FILES, kind=tarfile.REGTYPE, link=""):
    """A tar of these files."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.type, member.linkname = len(content), kind, link
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def patched(content, *places):
    """Bytes with others in places that are counted from each file's heads in a zip."""
    content = bytearray(content)
    for head, local, central in places:
        for mark, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
            start = 0
            while (start := content.find(mark, start)) >= 0:
                content[start + offset] = head
                start += 4
    return bytes(content)


ENCRYPTED = patched(zipped(), (1, 6, 8))
UNKNOWN = patched(zipped(), (99, 8, 10))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        given(
            "an encrypted zip",
            "a sentence; nothing is left",
            "plates.zip",
            ENCRYPTED,
            "password.*pack it anew",
        ),
        given(
            "a zip with an unknown compression",
            "a sentence; nothing is left",
            "plates.zip",
            UNKNOWN,
            "pack it anew",
        ),
        given(
            "half a zip",
            "a sentence; nothing is left",
            "plates.zip",
            zipped()[:150],
            "neither a zip nor a tar",
        ),
        given(
            "a zip whose files are damaged",
            "a sentence; nothing is left",
            "plates.zip",
            zipped(compression=zipfile.ZIP_STORED).replace(b"PNG", b"png", 1),
            "damaged .*CRC.* put it on your Drive again",
        ),
        given(
            "half a compressed tar",
            "a sentence; nothing is left",
            "plates.tar.gz",
            tarred("w:gz", {"a": bytes(range(256)) * 4000})[:1500],
            "damaged",
        ),
        given(
            "a damaged .tar.bz2",
            "a sentence; nothing is left",
            "plates.tar.bz2",
            bz2.compress(tarred())[:-40] + bytes(40),
            "damaged|neither",
        ),
        given(
            "an HTML page named .zip",
            "a sentence; nothing is left",
            "plates.zip",
            b"<html>Quota</html>",
            "neither",
        ),
        given("an empty file named .tar", "a sentence; nothing is left", "plates.tar", b"", "neither"),
        given(
            "a tar that writes elsewhere",
            "a sentence; nothing is left",
            "plates.tar",
            tarred(files={"../../evil": b"x"}),
            "damaged.*outside",
        ),
        given(
            "a tar with a device in it",
            "a sentence; nothing is left",
            "plates.tar",
            tarred(files={"null": b""}, kind=tarfile.CHRTYPE),
            "damaged.*special file",
        ),
    ],
)
def test_what_cannot_be_unpacked_is_told_and_nothing_of_it_stays(mounted, name, content, says):
    (mounted / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"{name} cannot be unpacked: it is .*({says})"):
        local_copy(mounted / name)
    assert not list((mounted.parent.parent / "lpr-data").iterdir())
    assert not list(mounted.parent.parent.glob("**/evil"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        given("a tar named .zip", "is unpacked as the tar that it is", "plates.zip", tarred()),
        given("a zip named .tar.gz", "is unpacked as the zip that it is", "plates.tar.gz", zipped()),
        given("an archive whose ending is in capitals", "is unpacked", "PLATES.ZIP", zipped()),
        given(
            "a zip that names files outside it",
            "they are unpacked inside",
            "plates.zip",
            zipped({f"../../{name}": content for name, content in FILES.items()}),
        ),
    ],
)
def test_what_can_be_unpacked_is(mounted, name, content):
    (mounted / name).write_bytes(content)
    root = local_copy(mounted / name)
    assert {str(f.relative_to(root)): f.read_bytes() for f in root.rglob("*") if f.is_file()} == FILES


class Usage(NamedTuple):
    """What is free on a disk."""

    free: int


@pytest.mark.parametrize(
    ("name", "content"),
    [
        given(
            "a zip that unpacks to more than the disk holds",
            "a sentence before anything is written; nothing is left",
            "plates.zip",
            zipped({"bomb": bytes(10_000_000)}),
        ),
        given(
            "a compressed tar that does",
            "a sentence before anything is written; nothing is left",
            "plates.tar.gz",
            tarred("w:gz", {"bomb": bytes(10_000_000)}),
        ),
        given(
            "an archive of too many small files",
            "a sentence before anything is written; nothing is left",
            "plates.zip",
            zipped({str(number): b"" for number in range(2000)}),
        ),
    ],
)
def test_what_the_disk_does_not_hold_is_not_begun(mounted, monkeypatch, name, content):
    (mounted / name).write_bytes(content)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(SPARE + 5_000_000))
    monkeypatch.setattr(zipfile.ZipFile, "extract", None)
    monkeypatch.setattr(tarfile.TarFile, "extract", None)
    with pytest.raises(OSError, match=r"cannot be unpacked: it takes more than .* GB that are free") as told:
        local_copy(mounted / name)
    assert "goes on" not in str(told.value), "there is nothing to go on from"
    assert not list((mounted.parent.parent / "lpr-data").iterdir())


def test_a_disk_too_small_for_the_archive_itself_is_told_before_it_is_copied(mounted, monkeypatch):
    (mounted / "plates.zip").write_bytes(zipped({"a": b"x" * 100}))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(SPARE))
    with pytest.raises(OSError, match=r"broke off .*takes more than"):
        local_copy(mounted / "plates.zip")
    assert not list((mounted.parent.parent / "lpr-data").iterdir())


def test_unpacking_that_is_interrupted_leaves_nothing_half_done_and_goes_on_from_the_copy(
    mounted, monkeypatch
):
    (mounted / "plates.zip").write_bytes(zipped())
    extract = zipfile.ZipFile.extract

    def interrupted(self, member, folder):
        extract(self, member, folder)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "extract", interrupted)
        with pytest.raises(KeyboardInterrupt):
            local_copy(mounted / "plates.zip")
    (copy,) = (mounted.parent.parent / "lpr-data").iterdir()
    assert copy.read_bytes() == zipped()
    assert local_copy(mounted / "plates.zip").is_dir()
    assert not copy.exists()


given.note(
    "unpacking that fails because the disk does", "a sentence; nothing is left, and the next call begins anew"
)


def test_a_disk_that_fills_up_while_unpacking_leaves_nothing(mounted, monkeypatch):
    (mounted / "plates.zip").write_bytes(zipped())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "extract", full)
    with pytest.raises(OSError, match=r"cannot be unpacked: .*No space left") as told:
        local_copy(mounted / "plates.zip")
    assert "goes on" not in str(told.value)
    assert not list((mounted.parent.parent / "lpr-data").iterdir())


@pytest.mark.fuzz
@tried(
    st.sampled_from([zipped(), tarred(), tarred("w:gz"), tarred("w:bz2"), tarred("w:xz")]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6),
    st.floats(0, 1),
)
def test_whatever_the_bytes_it_is_unpacked_or_told(tmp_path_factory, content, changes, end):
    content = bytearray(content)
    for place, byte in changes:
        content[int(place * len(content))] = byte
    folder = tmp_path_factory.mktemp("archive")
    (folder / "a").write_bytes(content[: int(len(content) * (0.5 + end))])
    told = ""
    try:
        unpack(folder / "a", folder / "out")
    except ValueError as error:
        told = str(error)
    assert (folder / "out").is_dir() == (not told)
    assert not told or told.startswith("it is ")
    assert {path.name for path in folder.iterdir()} <= {"a", "out"}
