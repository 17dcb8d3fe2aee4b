"""What the documents point to is there: files, names, links, commands, and the example of a new network."""

import importlib
import importlib.util
import re
from pathlib import Path

import pytest
import torch

from lpr_helpers import cli
from lpr_helpers.models import registry
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.layers import parameter_count
from lpr_helpers.models.losses import track_loss
from lpr_helpers.plates import BRAZIL

ROOT = Path(__file__).parents[1]
FILES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md")))
FILES += (ROOT / "data_manifest/README.md", *sorted(ROOT.glob("lpr_helpers/models/*/README.md")))
TEXTS = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in FILES}
# Yesterday's names stand in the changelog alone.
TODAY = {name: text for name, text in TEXTS.items() if name != "CHANGELOG.md"}
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]*))?\)")
PLACE = re.compile(r"`((?!tests/)[\w/]+\.pyi?)`((?:,? `\w+`)*)")
PATH = re.compile(r"`((?:lpr_helpers|tests|notebooks|docs|data_manifest)/[\w./-]+)`")


def anchors(markdown):
    """What the headings of a page are called in links, as GitHub does it."""
    titles = re.findall(r"^#+ (.+)$", markdown, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", TEXTS)
def test_every_link_leads_to_a_file_and_to_a_heading_of_it(name):
    for path, heading in LINK.findall(TEXTS[name]):
        target = ((ROOT / name).parent / path).resolve() if path else ROOT / name
        assert target.exists(), f"{name}: {path}"
        assert not heading or heading in anchors(target.read_text(encoding="utf-8")), f"{name}: #{heading}"


@pytest.mark.parametrize("name", TODAY)
def test_every_path_is_there(name):
    missing = [
        path for path in PATH.findall(TODAY[name]) if "tiny" not in path and not (ROOT / path).exists()
    ]
    assert not missing


@pytest.mark.parametrize("name", ["docs/architecture.md", "docs/glossary.md"])
def test_architecture_and_glossary_name_files_of_the_package_and_what_is_in_them(name):
    found = PLACE.findall(TODAY[name])
    assert len(found) > 20
    for path, names in found:
        code = (ROOT / "lpr_helpers" / path).read_text(encoding="utf-8")
        absent = [each for each in re.findall(r"\w+", names) if not defines(code, each)]
        assert not absent, f"{path} has no {absent}"


def defines(code, name):
    return re.search(rf"^(?:def|class) {name}\b|^(?:[A-Z_]+, )*{name}\b.* = ", code, flags=re.MULTILINE)


def test_the_glossary_is_in_the_order_of_the_alphabet():
    terms = re.findall(r"^\| \*\*(.+?)\*\*", TEXTS["docs/glossary.md"], flags=re.MULTILINE)
    assert terms == sorted(terms, key=lambda term: term.casefold().replace("-", " "))


@pytest.mark.parametrize("name", TODAY)
def test_every_dotted_name_and_every_import_resolves(name):
    text = TODAY[name].replace("lpr_helpers.models.tiny", "lpr_helpers.models")
    for dotted in set(re.findall(r"`(lpr_helpers(?:\.\w+)+)`", text)):
        room, _, last = dotted.rpartition(".")
        assert importlib.util.find_spec(dotted) or hasattr(importlib.import_module(room), last), dotted
    for room, names in re.findall(r"^from (lpr_helpers[\w.]*) import (.+)$", text, flags=re.MULTILINE):
        for each in names.split(", "):
            assert hasattr(importlib.import_module(room), each), f"{room} has no {each}"


@pytest.mark.parametrize(
    "command",
    sorted(set(re.findall(r"(?:-m lpr_helpers|\blpr-helpers) ([a-z][a-z-]*)", "".join(TODAY.values())))),
)
def test_every_command_is_there(command, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    assert command in capsys.readouterr().out


def test_every_make_target_is_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", "".join(TODAY.values())))
    assert named <= targets, named - targets


def test_every_benchmark_is_there():
    named = set(re.findall(r"-m tests\.benchmarks\.(\w+)", "".join(TODAY.values())))
    assert not [name for name in named if not (ROOT / f"tests/benchmarks/{name}.py").exists()]


def test_the_new_network_of_contributing_reads_and_learns(monkeypatch):
    module, line, row = re.findall(r"```python\n(.*?)```", TEXTS["CONTRIBUTING.md"], flags=re.DOTALL)
    names = dict(vars(registry))
    exec(module, names)
    monkeypatch.setitem(registry.ARCHITECTURES, "tiny", eval(f"{{{line}}}", names)["tiny"])
    tiny, valid = Recogniser.new(BRAZIL, kind="tiny"), torch.ones(2, 3, dtype=torch.bool)
    output = tiny.architecture.forward(tiny.model, torch.rand(2, 3, 1, 32, 128), valid)
    assert output.frame_slot_logits.shape == (2, 3, 7, 36)
    track_loss(output, valid, torch.zeros(2, 7, dtype=torch.int64)).backward()
    assert all(weight.grad.isfinite().all() for weight in tiny.model.parameters())
    assert f"Row({parameter_count(tiny.model):_}," in row
