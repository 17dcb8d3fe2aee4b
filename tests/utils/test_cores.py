"""Cores: as many as this process may use, by affinity and by the quota of its container."""

import os

import pytest

from lpr_helpers.utils import cores
from lpr_helpers.utils.cores import usable_cores
from tests.support.robustness import Area

given = Area("Processors")


@pytest.mark.parametrize(
    ("groups", "files", "count"),
    [
        given("no limit", "as many workers as cores", "0::/", {"cpu.max": "max 100000"}, 16),
        given("a container with a quota", "as many as it allows", "0::/", {"cpu.max": "250000 100000"}, 2),
        given("a quota below one core", "one worker", "0::/", {"cpu.max": "50000 100000"}, 1),
        given("a quota further up", "it counts", "0::/a/b", {"a/cpu.max": "300000 100000"}, 3),
        given(
            "a container that sees its group as the root", "its quota counts", "0::/docker/5",
            {"cpu.max": "400000 100000"}, 4,
        ),
        given(
            "cgroups of the first version", "the quota counts", "3:cpu,cpuacct:/x",
            {"cpu/x/cpu.cfs_quota_us": "200000", "cpu/x/cpu.cfs_period_us": "100000"}, 2,
        ),
        given(
            "no quota in the first version", "as many as cores", "3:cpu,cpuacct:/x",
            {"cpu/x/cpu.cfs_quota_us": "-1", "cpu/x/cpu.cfs_period_us": "100000"}, 16,
        ),
        given("a broken file of quotas", "as many as cores", "0::/\nrubbish", {"cpu.max": "many"}, 16),
    ],
)  # fmt: skip
def test_workers_follow_the_quota_of_the_container(tmp_path, monkeypatch, groups, files, count):
    (tmp_path / "cgroup").write_text(groups)
    for name, content in files.items():
        (tmp_path / "mounts" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mounts" / name).write_text(content)
    monkeypatch.setattr(cores, "_GROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(cores, "_MOUNTS", tmp_path / "mounts")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    assert usable_cores() == count


given.note("affinity (`taskset`, a batch system's share)", "as many workers as cores are left")


def test_workers_follow_affinity_and_where_nobody_tells_the_number_of_cores(tmp_path, monkeypatch):
    monkeypatch.setattr(cores, "_GROUPS", tmp_path / "gone")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5}, raising=False)
    assert usable_cores() == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cores() == 1
