"""Everything that is wrong with a submission: a validator that reads any file as a stranger would, and its report."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lpr_helpers.data.folders import find_folders, stated_split
from lpr_helpers.plates import BRAZIL, PlateFormat, character_name
from lpr_helpers.utils.regular import is_utf8, printable, read_regular

FORMAT = "track_00001,ABC1234;0.9876"
MAX_BYTES = 50_000_000
MAX_LINES = 1_000_000
SHOWN = 5
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
UTF8_BOM, UTF16_BOMS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong: a short `kind`, what it is, the line (1 is the first; None: the whole file) and track if any."""

    kind: str
    message: str
    line: int | None = None
    track: str = ""

    def __str__(self) -> str:
        return self.message if self.line is None else f"line {self.line}: {self.message}"


@dataclass(frozen=True)
class Report:
    """What the validator found: all violations by line, notes on what is tolerated, and how many lines were read."""

    violations: tuple[Violation, ...]
    notes: tuple[str, ...]
    lines: int

    @property
    def ok(self) -> bool:
        """Whether the file may be submitted."""
        return not self.violations

    def __str__(self) -> str:
        head = "valid" if self.ok else f"NOT valid, {len(self.violations)} violations"
        text = [f"{head} ({self.lines} lines)"]
        groups: dict[str, list[Violation]] = {}
        for violation in self.violations:
            groups.setdefault(violation.kind, []).append(violation)
        for kind, group in groups.items():
            text.append(f"  {kind} ({len(group)})")
            text += [f"    {violation}" for violation in group[:SHOWN]]
            if len(group) > SHOWN:
                text.append(f"    ... and {len(group) - SHOWN} more")
        return "\n".join(text + [f"  note: {note}" for note in self.notes])


def validate_submission(
    path: str | Path, expected: Iterable[str] | str | Path | None = None, *, plate: PlateFormat = BRAZIL
) -> Report:
    """Everything that is wrong with a submission, whatever the file: a zip, a text, or anything else.

    expected: the test's track ids, or the folder that holds its tracks, of any names (see `expected_tracks`); None
    checks neither missing nor unknown tracks. plate: alphabet and length of a reading; a layout is not asked for.

    Notes, not violations: CRLF line ends, no line end after the last line, lines out of order (the competition does
    not ask for an order, `write_submission` sorts), a text file that still has to be zipped.
    A file of more than 50 MB or a million lines, packed or unpacked, is refused unread, and so is what is no regular
    file.

    Raises
    ------
    ValueError: `expected` is a folder without tracks. Nothing in the file itself raises.
    """
    path, expected = Path(path), expected_tracks(expected)
    try:
        raw = read_regular(path, MAX_BYTES + 1)
    except OSError as error:
        message = f"{printable(str(path))}: {error.strerror or error}"
        return _finish([Violation("unreadable", message)], [], 0)
    return validate_bytes(raw, path.suffix.lower() == ".zip" or raw[:4] in ZIP_STARTS, expected, plate)


def expected_tracks(expected: Iterable[str] | str | Path | None) -> frozenset[str] | None:
    """The expected track ids, of ids or of the folder that holds the tracks.

    Folders count as in `data.read_tracks`: whatever their names, if there are frames in them; in a whole data set those
    below a folder with ``test`` in its name. Raises ValueError if there are none.
    """
    if expected is None or not isinstance(expected, str | Path):
        return None if expected is None else frozenset(expected)
    root = Path(expected).expanduser().resolve()
    folders = [found.folder for found in find_folders(root, progress=False) if found.folder != "."]
    if not folders:
        raise ValueError(
            f"{printable(str(expected))}: no track_* folder and no other folder of frames stands in it; name the "
            "folder that holds the test's tracks"
        )
    tests = [folder for folder in folders if stated_split(folder) == "test"]
    return frozenset(_track_id(PurePosixPath(folder).name) for folder in tests or folders)


def validate_bytes(
    raw: bytes, is_zip: bool, expected: Iterable[str] | str | Path | None, plate: PlateFormat
) -> Report:
    """`validate_submission` of a file's content that is in memory already; `is_zip` says what it is meant as."""
    violations: list[Violation] = []
    notes: list[str] = []
    text = _unzipped(raw, violations) if is_zip else raw
    if not is_zip:
        notes.append("this is the text file: the competition takes it in a .zip")
    if text is None:
        return _finish(violations, [], 0)
    if len(text) > MAX_BYTES or max(text.count(b"\n"), text.count(b"\r")) > MAX_LINES:
        violations.append(
            Violation("too-large", f"more than {MAX_BYTES} bytes or {MAX_LINES} lines: not read")
        )
        return _finish(violations, [], 0)
    lines = _lines(text, violations, notes)
    _check_lines(lines, expected_tracks(expected), plate, violations, notes)
    return _finish(violations, notes, len(lines))


def _track_id(name: str) -> str:
    return name if is_utf8(name) else printable(name)  # as the index has it


def _finish(violations: list[Violation], notes: list[str], lines: int) -> Report:
    violations.sort(key=lambda v: (v.line is None, v.line or 0))
    return Report(tuple(violations), tuple(notes), lines)


def _shown(text: str) -> str:
    return ascii(text if len(text) <= 40 else text[:37] + "...")


def _unzipped(raw: bytes, violations: list[Violation]) -> bytes | None:
    """The text inside a zip, None where there is none to read; says what else is wrong with the zip."""

    def violate(kind: str, message: str) -> None:
        violations.append(Violation(kind, message))

    if len(raw) > MAX_BYTES:
        violate("too-large", f"the zip has more than {MAX_BYTES} bytes: not read")
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = archive.infolist()
            chosen = _chosen(entries, violate)
            if chosen is None:
                return None
            # bz2 and lzma cannot be unpacked piece by piece here, so that a small zip could fill the memory
            if chosen.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                violate("broken-zip", f"{_shown(chosen.filename)} is not packed by deflate: zip it anew")
                return None
            with archive.open(chosen) as stream:
                return stream.read(MAX_BYTES + 1)
    # zipfile raises a dozen kinds on damaged files, and every one of them is a finding
    except Exception as error:  # noqa: BLE001
        violate("broken-zip", f"no readable zip ({type(error).__name__}: {str(error)!a}): zip it anew")
        return None


def _chosen(entries: list[zipfile.ZipInfo], violate: Callable[[str, str], None]) -> zipfile.ZipInfo | None:
    """The entry of a zip that is meant as the submission."""
    names = [entry.filename for entry in entries]
    if len(entries) > 1:
        violate(
            "several-files", f"{len(entries)} entries instead of one: {', '.join(map(_shown, names[:SHOWN]))}"
        )
    for name in names:
        if "/" in name or "\\" in name:
            violate("nested-folder", f"{_shown(name)}: the .txt must stand at the top of the zip")
    files = [e for e in entries if not e.is_dir() and not e.filename.startswith("__MACOSX")]
    texts = [e for e in files if e.filename.lower().endswith(".txt")]
    if files and not texts:
        violate("wrong-ending", f"{_shown(files[0].filename)} does not end in .txt")
    if not files:
        violate("no-file", "the zip holds no file")
    return next(iter(texts or files), None)


def _lines(raw: bytes, violations: list[Violation], notes: list[str]) -> list[str]:
    """The lines of the text without their ends; says what is wrong with its encoding and line ends."""
    if raw[:2] in UTF16_BOMS:
        violations.append(
            Violation("not-utf8", "the file is UTF-16: save it as plain text (UTF-8, no BOM)", 1)
        )
        raw = raw.decode("utf-16", errors="replace").encode("utf-8", errors="replace")
    if raw.startswith(UTF8_BOM):
        violations.append(Violation("bom", "a byte order mark stands before the first line", 1))
        raw = raw.removeprefix(UTF8_BOM)
    if not raw:
        violations.append(Violation("empty", "the file is empty"))
        return []
    ends = re.findall(rb"\r\n|\n|\r", raw)
    if crlf := ends.count(b"\r\n"):
        notes.append(f"{crlf} lines end in CRLF: tolerated, LF is usual")
    lines = re.split(rb"\r\n|\n|\r", raw)
    violations += [
        Violation("line-end", "ends in CR alone: use LF", number)
        for number, end in enumerate(ends, 1)
        if end == b"\r"
    ]
    if lines[-1]:
        notes.append("no line end after the last line: tolerated")
    else:
        lines.pop()
    return [_decoded(line, number, violations) for number, line in enumerate(lines, 1)]


def _decoded(line: bytes, number: int, violations: list[Violation]) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1} (0x{line[error.start]:02x}) is no UTF-8"
        violations.append(Violation("not-utf8", message, number))
        return line.decode("utf-8", errors="replace")


def _check_lines(
    lines: list[str],
    expected: frozenset[str] | None,
    plate: PlateFormat,
    violations: list[Violation],
    notes: list[str],
) -> None:
    first_line: dict[str, int] = {}
    previous, unsorted = "", None
    for number, line in enumerate(lines, 1):
        found, track, parsed = _check_line(line, number, plate)
        violations += found
        if not track or (not parsed and expected is not None and track not in expected):
            continue
        if expected is not None and track not in expected:
            violations.append(
                Violation("unknown-track", f"{_shown(track)} is no expected track", number, track)
            )
        if track in first_line:
            message = f"{_shown(track)} stands already in line {first_line[track]}"
            violations.append(Violation("duplicate-track", message, number, track))
        first_line.setdefault(track, number)
        unsorted = number if unsorted is None and track < previous else unsorted
        previous = track
    if unsorted is not None:
        notes.append(f"not sorted by track id (first in line {unsorted}): tolerated")
    missing = sorted(expected - first_line.keys()) if expected is not None else []
    violations += [
        Violation("missing-track", f"{_shown(track)} has no line", track=track) for track in missing
    ]


def _check_line(line: str, number: int, plate: PlateFormat) -> tuple[list[Violation], str, bool]:
    """What is wrong with one line by itself, the track it speaks of ("" if none), and whether it has three fields."""
    found = []

    def violate(kind: str, message: str, track: str = "") -> None:
        found.append(Violation(kind, message, number, track))

    if not line.strip():
        violate("blank-line", "blank")
        return found, "", False
    if number == 1 and not any(c.isdigit() for c in line):
        violate("header", f"{_shown(line)} looks like a header, which must not stand here")
        return found, "", False
    if match := re.fullmatch(r"([^,;]*),([^,;]*);([^,;]*)", line):
        fields = list(match.groups())
    else:
        violate("wrong-separator", f"{_shown(line)} is not of the form {FORMAT}")
        # read on where the fields can be told apart all the same, so that one look finds all
        fields = re.split(r"\s*[,;:|\t]\s*|\s+", line.strip(), maxsplit=3)
        if len(fields) != 3:
            return found, fields[0], False
    if line != line.strip() or any(field != field.strip() for field in fields):
        violate("whitespace", f"spaces before, behind or between the fields of {_shown(line)}")
    track, text, confidence = (field.strip() for field in fields)
    if not track or not track.isprintable():
        violate("bad-track", f"{_shown(track)} is no track id")
    if strange := sorted(set(text) - set(plate.alphabet)):
        shown = ", ".join(ascii(c) if c.isascii() else character_name(c) for c in strange[:10])
        violate("bad-character", f"{_shown(text)} holds {shown}, outside {_shown(plate.alphabet)}", track)
    if len(text) != plate.length:
        violate("bad-length", f"{_shown(text)} has {len(text)} characters instead of {plate.length}", track)
    # no number needs 40 characters, and longer ones take Python long to read
    if len(confidence) > 40 or not NUMBER.fullmatch(confidence) or not 0 <= float(confidence) <= 1:
        violate("bad-confidence", f"{_shown(confidence)} is no number from 0 to 1", track)
    return found, track, True
