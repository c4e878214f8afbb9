"""What is installed is locked to the byte, and the locks name no registry: a county's mirror serves them as well."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.support.source import ROOT

REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"^[A-Za-z0-9_.\[\],-]+==\S+")
HASHED = re.compile(r"--hash=sha256:[0-9a-f]{64}")
ADDRESS = re.compile(r"https?://|--index|--extra-index|--find-links|--trusted-host|git\+|file:", re.IGNORECASE)


def faults_of_requirements(text: str) -> Iterator[str]:
    """Requirements without an exact version or hash, and any address."""
    for entry in text.replace("\\\n", " ").splitlines():
        entry = entry.strip()
        if not entry:
            continue
        if ADDRESS.search(entry):
            yield f"names an address: {entry[:80]}"
        if not entry.startswith("#") and not (PINNED.match(entry) and HASHED.search(entry)):
            yield f"not locked: {entry[:80]}"


def faults_of_package_lock(lock: dict) -> Iterator[str]:
    """Packages without an integrity, and any resolved address."""
    for name, package in lock["packages"].items():
        if "resolved" in package:
            yield f"{name} names {package['resolved']}"
        if name and not package.get("link") and "integrity" not in package:
            yield f"{name} is not locked"


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_python_packages_are_locked_with_hashes_and_no_address(path):
    """`pip install --require-hashes` is only as good as the file it reads."""
    assert list(faults_of_requirements(path.read_text())) == []


def test_there_are_locks_to_read():
    """The test above says nothing about no files."""
    assert {path.name for path in REQUIREMENTS} >= {"run.txt", "test.txt"}


@pytest.mark.parametrize("folder", ["pwa", "benchmarks/lighthouse"])
def test_node_packages_are_locked_with_hashes_and_no_address(folder):
    """The same for the phone app, and for what measures it."""
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())

    assert len(lock["packages"]) > 10
    assert list(faults_of_package_lock(lock)) == []


@pytest.mark.parametrize(
    "text",
    [
        "--index-url https://mirror.example/simple\n",
        "left-pad==1.0\n",
        "left-pad>=1.0 \\\n    --hash=sha256:" + "0" * 64,
        "left-pad @ git+ssh://example/left-pad\n",
    ],
)
def test_the_check_sees_a_loose_requirement(text):
    """Else the tests above would pass on anything."""
    assert list(faults_of_requirements(text))


def test_the_check_sees_a_loose_package():
    """Else the test above would pass on anything."""
    lock = {"packages": {"": {}, "node_modules/a": {"resolved": "https://mirror.example/a.tgz", "integrity": "x"}}}
    assert list(faults_of_package_lock(lock))
    assert list(faults_of_package_lock({"packages": {"": {}, "node_modules/a": {"version": "1"}}}))
