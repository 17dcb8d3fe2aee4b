"""Known vulnerabilities of pinned packages, by pip-audit: ``python -m tests.support.audit constraints.txt``.

An index that knows none of the packages, or no index at all, is no clean bill: then it says that nothing was audited.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

UNREACHABLE = re.compile(r"requests\.exceptions\.\w+|Could not connect")
"""What pip-audit's last words have where it could not ask."""


@dataclass(frozen=True)
class Verdict:
    """What an audit found, in words, and the exit code for it. doubt: it is not a whole audit."""

    text: str
    code: int = 0
    doubt: bool = False


def verdict(report: str, errors: str = "") -> Verdict:
    """The verdict on pip-audit's report, JSON, or on its last words where it left no report."""
    if not report:
        lines = errors.strip().splitlines() or ["it said nothing"]
        if away := [line for line in lines if UNREACHABLE.search(line)]:
            return Verdict(
                f"NOTHING WAS AUDITED: the vulnerability data could not be reached ({away[-1]:.120})", 0, True
            )
        return Verdict(f"pip-audit failed: {lines[-1]}", 2)
    packages = json.loads(report)["dependencies"]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    found = [_finding(package, vuln) for package in packages for vuln in package.get("vulns", ())]
    audited = f"{len(packages) - len(skipped)} of {len(packages)} packages audited"
    unknown = f"; unknown to the index: {', '.join(skipped)}" if skipped else ""
    if found:
        return Verdict("\n".join([f"{audited}, {len(found)} findings{unknown}", *found]), 1, bool(skipped))
    if len(skipped) == len(packages):
        return Verdict(
            f"NOTHING WAS AUDITED: the index in reach knows none of the {len(packages)} packages", 0, True
        )
    return Verdict(f"{audited}, no known vulnerability{unknown}", 0, bool(skipped))


def _finding(package: dict, vuln: dict) -> str:
    names = ", ".join([vuln["id"], *vuln.get("aliases", ())])
    mended = f"mended in {', '.join(vuln['fix_versions'])}" if vuln["fix_versions"] else "not mended yet"
    return f"  {package['name']} {package['version']}: {names}; {mended}"


def audit(pins: Path) -> Verdict:
    """The verdict on a file of pinned packages."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = [
            "--no-deps",
            "--disable-pip",
            "--progress-spinner",
            "off",
            "--aliases",
            "on",
            "--format",
            "json",
        ]
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", "--requirement", pins, *options, "--output", report],
            check=False,
            capture_output=True,
            text=True,
        )
        return verdict(report.read_text(encoding="utf-8") if report.exists() else "", done.stderr)


if __name__ == "__main__":
    said = audit(Path(sys.argv[1]))
    print(said.text)
    if said.doubt and "GITHUB_ACTIONS" in os.environ:
        print(f"::warning title=Audit::{said.text.partition(chr(10))[0]}")
    sys.exit(said.code)
