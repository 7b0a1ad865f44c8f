#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares docs/security-tests.md, docs/gotchas.md, docs/go-tests.md and docs/features.md with the tests: each test
named there exists, each test with an id (V01) in its name stands in that id's row, and no row is without a test. Exit
1 when they differ.

  --write   fills the rows of docs/security-tests.md with the tests that have their ids"""
import fnmatch
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECURITY = ROOT / "docs" / "security-tests.md"
GOTCHAS = ROOT / "docs" / "gotchas.md"
GO_TESTS = ROOT / "docs" / "go-tests.md"
FEATURES = ROOT / "docs" / "features.md"
TEST = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", re.M)
PATTERN = re.compile(r"`(?:[\w\\*]+/)?(\w+\.[\w*]+)(?:/\w+)?`")  # Instance/Suite.Test/value, Suite.*
NAMED = re.compile(r"`(\w+\.\w+)`")
ROW = re.compile(r"^\| (V\d\d) \|.*\|$", re.M)


def tests():
    """Names of tests, in order of their files."""
    for path in sorted((ROOT / "tests").rglob("*_test.cpp")):
        for suite, name in TEST.findall(path.read_text()):
            yield f"{suite}.{name}"


def with_id(row, names):
    return [name for name in names if row in name.split(".")[1]]


def write(names):
    def filled(match):
        cells = match[0].split(" | ")
        listed = ", ".join(f"`{name}`" for name in with_id(match[1], names))
        return " | ".join(cells[:-1] + [listed + " |"])

    SECURITY.write_text(ROW.sub(filled, SECURITY.read_text()))


def breaches(names):
    rows = {row[1]: NAMED.findall(row[0]) for row in ROW.finditer(SECURITY.read_text())}
    for row, listed in rows.items():
        if not listed:
            yield f"security-tests.md: {row} has no test"
        for name in listed:
            if name not in names:
                yield f"security-tests.md: {row} names {name}, which is no test"
    for name in names:
        for row in re.findall(r"V\d\d", name.split(".")[1]):
            if name not in rows.get(row, []):
                yield f"security-tests.md: {name} is missing in row {row}; --write fills the rows there are"
    for name in NAMED.findall(GOTCHAS.read_text()) if GOTCHAS.exists() else []:
        if name not in names:
            yield f"gotchas.md: {name} is no test"
    for page in (GO_TESTS, FEATURES):
        for pattern in PATTERN.findall(page.read_text()) if page.exists() else []:
            if not fnmatch.filter(names, pattern):
                yield f"{page.name}: {pattern} is no test"


def main():
    names = list(tests())
    if "--write" in sys.argv[1:]:
        write(names)
    wrong = list(breaches(names))
    print("\n".join(wrong) if wrong else "security tests: every row has its tests")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
