#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program in README.md is the one that tests/unit/api/readme_test.cpp compiles and runs, and every page of this
repository that a Markdown page links to is there. Exit 1 otherwise."""
import difflib
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEST = "tests/unit/api/readme_test.cpp"
INCLUDE = '#include "grapevine/node.hpp"'


def program_faults(readme, test):
    tested = re.search(r"^// README begin\n(.*?)^// README end", test, re.M | re.S)
    if not tested:
        return [f"{TEST} has no README begin and end"]
    if INCLUDE not in test:
        return [f"{TEST} does not include what the README says"]
    shown = re.search(r"^```cpp\n(.*?)^```", readme, re.M | re.S)
    wanted = f"{INCLUDE}\n\n{tested[1]}"
    if shown and shown[1] == wanted:
        return []
    lines = difflib.unified_diff(
        wanted.splitlines(), (shown[1] if shown else "").splitlines(), TEST, "README.md", lineterm="")
    return ["the program is not the tested one:", *lines]


def link_faults(page, text):
    faults = []
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path = (ROOT / page).parent.joinpath(target).resolve()
        if not path.exists():
            faults.append(f"{page}: there is no {target}")
    return faults


def main():
    faults = program_faults((ROOT / "README.md").read_text(), (ROOT / TEST).read_text())
    pages = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True)
    for page in pages.stdout.split():
        if (ROOT / page).is_file():
            faults += link_faults(page, (ROOT / page).read_text())
    print("\n".join(faults) if faults else "readme: the program is the tested one, every link leads somewhere")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
