"""The order of the house: rooms with a door each, nothing in the hall, and no module that is too long to read."""

import ast
import importlib
import subprocess
import sys
from statistics import median

import pytest

from tests.support import ROOT

PACKAGE = ROOT / "lpr_helpers"
ROOMS = sorted(file.parent.name for file in PACKAGE.glob("*/__init__.py"))
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST, MIDDLE = 300, 150
"""Lines of the longest module, and of the median one."""


def public_names(stub):
    """The names that a stub hands on."""
    imports = [
        node for node in ast.parse(stub.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom)
    ]
    return [name.asname or name.name for node in imports for name in node.names]


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_of_a_room_is_there(room):
    names, module = (
        public_names(PACKAGE / room / "__init__.pyi"),
        importlib.import_module(f"lpr_helpers.{room}"),
    )
    assert names
    assert sorted(module.__all__) == sorted(names)
    for name in names:
        assert getattr(module, name) is not None, name


@pytest.mark.parametrize("room", ROOMS)
def test_no_public_name_is_that_of_a_module(room):
    """The name would mean the one or the other, as it happens to be imported first."""
    modules = {file.stem for file in (PACKAGE / room).glob("*.py")}
    assert not modules & set(public_names(PACKAGE / room / "__init__.pyi"))


def test_the_package_itself_hands_on_what_its_stub_says():
    package = importlib.import_module("lpr_helpers")
    for name in public_names(PACKAGE / "__init__.pyi"):
        assert callable(getattr(package, name)), name
    assert package.__version__


def test_nothing_lies_outside_the_rooms_but_plates_and_commands():
    assert {file.stem for file in PACKAGE.glob("*.py")} == {"__init__", "__main__", "plates"}
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(ROOMS)


def test_no_module_is_too_long_to_read():
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in MODULES}
    assert {str(file.relative_to(PACKAGE)): lines for file, lines in lengths.items() if lines > LONGEST} == {}
    assert median(lengths.values()) < MIDDLE


@pytest.mark.parametrize(
    "code",
    [
        "import lpr_helpers.synthetic.fresh",
        "from lpr_helpers.synthetic import FreshPool, write_dataset",
        "from lpr_helpers.cli import main",
        "import lpr_helpers.plates",
    ],
)
def test_what_has_to_start_fast_imports_no_torch(code):
    """Processes that draw tracks, and help."""
    check = f"import sys\n{code}\nsys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


HELP = """
import sys
from lpr_helpers.cli import main
try:
    main(["--help"])
except SystemExit:
    sys.exit("torch" in sys.modules)
"""


def test_help_is_given_without_torch():
    done = subprocess.run([sys.executable, "-c", HELP], check=False, capture_output=True, text=True)
    assert done.returncode == 0
    assert "usage: lpr-helpers" in done.stdout
