"""The fastest way is measured once a machine, and believed only where it is clearly faster."""

import json
import multiprocessing
import sys

import pytest

from lpr_helpers.utils import measured
from lpr_helpers.utils.measured import Choice, cache_folder, decided, fastest, timed_in_turns
from tests.support.robustness import Area

given = Area("Measuring")
WAYS = ("plain", "clever")


pytestmark = pytest.mark.usefixtures("unmeasured")


def forget(monkeypatch):
    """As a new process begins."""
    monkeypatch.setattr(measured, "_here", {})


def never():
    pytest.fail("measured again")


@pytest.mark.parametrize(
    ("seconds", "taken"),
    [
        ({"plain": 1.0, "clever": 0.5}, "clever"),
        ({"plain": 1.0, "clever": 0.95}, "clever"),
        ({"plain": 1.0, "clever": 0.96}, "plain"),  # not worth it, or chance
        ({"plain": 1.0, "clever": 1.4}, "plain"),
        ({"plain": 1.0, "clever": 0.9, "third": 0.8}, "third"),
        ({"plain": 1.0}, "plain"),
        ({"clever": 2.0}, "clever"),  # the plain way does not work here
        ({}, "plain"),
    ],
)
def test_another_way_than_the_plain_one_has_to_be_clearly_faster(seconds, taken):
    assert decided(seconds, "plain") == taken


def test_work_is_timed_in_turns_and_the_first_round_warms_up():
    done = []
    took = timed_in_turns({"a": lambda: done.append("a"), "b": lambda: done.append("b")}, budget=9, most=3)
    assert "".join(done) == "abababab"
    assert took.keys() == {"a", "b"}
    done.clear()
    timed_in_turns({"a": lambda: done.append("a")}, budget=0)
    assert done == ["a", "a"]


def test_a_machine_is_measured_once_and_its_answer_outlives_the_process(monkeypatch):
    first = fastest(WAYS, lambda: {"plain": 2.0, "clever": 1.0}, threads=2)
    forget(monkeypatch)
    assert fastest(WAYS, never, threads=2) == first == Choice("clever", {"plain": 2.0, "clever": 1.0})
    assert str(first) == "clever (measured: plain 2000.0 ms; clever 1000.0 ms)"


def test_other_threads_ways_and_processors_are_measured_by_themselves(monkeypatch):
    fastest(WAYS, lambda: {"plain": 2.0, "clever": 1.0}, threads=2)
    assert fastest(WAYS, lambda: {"plain": 1.0, "clever": 2.0}, threads=1).name == "plain"
    assert fastest((*WAYS, "third"), lambda: {"third": 1.0}, threads=2).name == "third"
    monkeypatch.setattr(measured, "processor", lambda: "another")
    assert fastest(WAYS, lambda: {"plain": 1.0, "clever": 2.0}, threads=2).name == "plain"
    monkeypatch.undo()


def test_one_way_and_a_closed_switch_measure_nothing(monkeypatch):
    assert fastest(WAYS[:1], never) == Choice("plain")
    monkeypatch.setenv(measured.SWITCH, "no")
    assert fastest(WAYS, never) == Choice("plain")
    assert str(Choice("plain")) == "plain"
    assert not cache_folder().exists()


DAMAGED = [
    given("a damaged measured.json", "is measured again and replaced", "{"),
    given("a measured.json of another make", "is measured again and replaced", "[1]"),
    given("a measured.json whose choice is none of the ways", "is measured again", "unknown"),
]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_file_that_cannot_be_believed_costs_a_measurement(monkeypatch, content):
    fastest(WAYS, lambda: {"plain": 1.0})
    file = cache_folder() / "measured.json"
    if content == "unknown":
        kept = json.loads(file.read_text())
        content = json.dumps({key: entry | {"name": "magic"} for key, entry in kept.items()})
    file.write_text(content)
    forget(monkeypatch)
    assert fastest(WAYS, lambda: {"clever": 1.0}).name == "clever"
    forget(monkeypatch)
    assert fastest(WAYS, never).name == "clever"


given.note("a cache folder that cannot be written", "each process measures once for itself")


def test_where_nothing_can_be_written_each_process_measures_for_itself(monkeypatch, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert fastest(WAYS, lambda: {"clever": 1.0}).name == "clever"
    assert fastest(WAYS, never).name == "clever"
    forget(monkeypatch)
    assert fastest(WAYS, lambda: {"plain": 1.0}).name == "plain"


def test_the_file_does_not_grow_for_ever(monkeypatch):
    monkeypatch.setattr(measured, "MOST_KEPT", 3)
    for number in range(5):
        fastest(WAYS, lambda: {"plain": 1.0}, number=number)
    assert len(json.loads((cache_folder() / "measured.json").read_text())) == 3


def _ask(number, answers):
    answers.put(fastest(WAYS, lambda: {WAYS[number]: 1.0}).name)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a system without forks")
def test_processes_that_ask_at_once_take_the_same():
    forks = multiprocessing.get_context("fork")
    answers = forks.Queue()
    asking = [forks.Process(target=_ask, args=(number, answers)) for number in (0, 1)]
    for process in asking:
        process.start()
    assert answers.get(timeout=60) == answers.get(timeout=60)
    for process in asking:
        process.join(60)
