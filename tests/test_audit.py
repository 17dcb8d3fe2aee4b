"""An audit says what it audited: no answer is not a good one."""

import json

from tests.support.audit import verdict

UNKNOWN = {"name": "ours", "skip_reason": "Dependency not found on PyPI and could not be audited: ours (1.0)"}
SOUND = {"name": "numpy", "version": "2.4.6", "vulns": []}
BROKEN = {
    "name": "jinja2",
    "version": "2.4",
    "vulns": [{"id": "PYSEC-2019-217", "aliases": ["CVE-2016-10745"], "fix_versions": ["2.8.1"]}],
}


def report(*packages):
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_finding_fails_and_names_its_remedy():
    said = verdict(report(SOUND, BROKEN))
    assert said.code == 1
    assert "jinja2 2.4: PYSEC-2019-217, CVE-2016-10745; mended in 2.8.1" in said.text


def test_sound_packages_pass_and_those_that_nobody_knows_are_named():
    assert verdict(report(SOUND)).text == "1 of 1 packages audited, no known vulnerability"
    said = verdict(report(SOUND, UNKNOWN))
    assert (said.code, said.doubt) == (0, True)
    assert said.text == "1 of 2 packages audited, no known vulnerability; unknown to the index: ours"


def test_an_index_that_knows_no_package_has_audited_nothing():
    said = verdict(report(UNKNOWN))
    assert (said.code, said.doubt) == (0, True)
    assert said.text.startswith("NOTHING WAS AUDITED")


def test_without_a_network_nothing_was_audited_but_other_failures_are_failures():
    for away in (
        "Traceback …\nrequests.exceptions.ConnectionError: HTTPSConnectionPool(host='pypi.org', port=443)",
        "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed\nTip: try another service",
    ):
        said = verdict("", away)
        assert (said.code, said.doubt) == (0, True)
        assert said.text.startswith("NOTHING WAS AUDITED")
    assert verdict("", "ERROR: invalid requirements input: constraints.txt").code == 2
