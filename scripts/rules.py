#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the source tree that no compiler checks: levels, sizes, licence lines, banned words, coroutine statements.

Prints each breach as file:line: rule, then the sizes of files and functions. Exit 1 when there is a breach."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What each folder under src/ may include, itself apart (docs/architecture.md).
CORES = ["core/multistream", "core/noise", "core/yamux", "core/identify", "core/ping", "core/pubsub",
         "core/gossipsub", "core/history", "core/session", "core/host"]
MAY_USE = {
    "base": [],
    "crypto": ["base"],
    "multi": ["base"],
    "identity": ["base", "crypto", "multi"],
    "core/multistream": ["base"],
    "core/noise": ["base", "crypto", "identity"],
    "core/yamux": ["base"],
    "core/identify": ["base", "multi", "identity"],
    "core/ping": ["base"],
    "core/pubsub": ["base", "crypto", "identity"],
    "core/gossipsub": ["base", "identity", "core/pubsub"],
    "core/history": ["base", "identity", "core/pubsub"],
    "core/session": ["base", "identity", "core/multistream", "core/noise", "core/yamux"],
    "core/host": ["base", "crypto", "multi", "identity"] + [core for core in CORES if core != "core/host"],
    "net": ["base", "crypto", "multi", "identity", "core/pubsub", "core/gossipsub", "core/host"],
    "sim": ["base", "multi", "identity"] + CORES,
    "obs": ["base", "multi", "identity", "core/pubsub", "core/gossipsub", "core/host"],
    "store": ["base", "identity"],
    "api": ["base", "crypto", "multi", "identity", "net", "obs", "store"] + CORES,
    "http": ["base", "multi", "api"],
    "node": ["base", "store", "api", "http", "identity"],
}
SANS_IO = ["base", "crypto", "multi", "identity"] + CORES
FILE_MAX, TEST_FILE_MAX, FUNCTION_MAX, LINE_MAX = 600, 800, 70, 100
BANNED = [
    (re.compile(r"std::random_device|std::shuffle|std::\w+_distribution"), "chance comes from Rng only", SANS_IO),
    (re.compile(r"std::chrono::\w*_clock::now|std::thread|std::mutex|std::atomic<"), "a core has no clock, thread or lock",
     SANS_IO),
    (re.compile(r"\b(TODO|FIXME|XXX)\b"), "no left-over marks", None),
    (re.compile(r"\bthrow\b(?!\w)"), "no exceptions thrown by us", None),
    (re.compile(r"GTEST_SKIP|DISABLED_"), "no skipped tests", None),
]


def tracked(*patterns):
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns], cwd=ROOT,
                            check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def module_of(name):
    parts = name.split("/")
    if parts[0] != "src" or len(parts) < 3:
        return None
    return "/".join(parts[1:3]) if parts[1] == "core" else parts[1]


def include_breaches(name, lines):
    module = module_of(name)
    if module is None:
        return
    for number, line in enumerate(lines, 1):
        found = re.match(r'#include "([^"]+)/[^/"]+"', line)
        if not found or found[1].startswith("grapevine"):
            if found and found[1].startswith("grapevine") and module in SANS_IO:
                yield number, "a core does not include the public library"
            continue
        if found[1] != module and found[1] not in MAY_USE.get(module, []):
            yield number, f"{module} may not include {found[1]}"


def strip(line):
    """The line without strings, characters and comments."""
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    line = re.sub(r"'(\\.|[^'\\])'", "''", line)
    return line.split("//")[0]


def functions(lines):
    """(first line, length, head) of each function body: a brace block behind a parameter list."""
    found, stack, head, in_raw = [], [], "", False
    for number, line in enumerate(lines, 1):
        if 'R"' in line:
            in_raw = True
        if in_raw:
            in_raw = ')"' not in line and ')x"' not in line
            continue
        for char in strip(line):
            if char == "{":
                stack.append((number, head.strip()))
                head = ""
            elif char == "}":
                if stack:
                    start, what = stack.pop()
                    outer = stack[-1][1] if stack else "namespace"
                    is_scope = re.match(r"^(?:.*\b)?(namespace|class|struct|enum|union)\b", outer) or outer == "namespace"
                    is_function = re.search(r"\)\s*(const|noexcept|override|->.*|:.*|\s)*$", what)
                    if is_scope and is_function and not re.match(r"^(namespace|class|struct|enum)\b", what):
                        found.append((start, number - start + 1, what[-80:]))
                head = ""
            elif char == ";":
                head = ""
            else:
                head += char
        head += " "
    return found


def coroutine_breaches(name, lines):
    """g++ 12.2 destroys braced temporaries and capturing lambdas twice in a statement with co_await."""
    statement, start = "", 1
    for number, line in enumerate(lines, 1):
        if not statement.strip():
            start = number
        statement += strip(line) + " "
        if re.search(r"[;{}]\s*$", strip(line).rstrip()):
            if "co_await" in statement and re.search(r"co_await[^;]*(\[[^\]]+\]\s*[({]|\b[A-Z]\w+\{[^}])", statement):
                yield start, "a braced temporary or capturing lambda in a co_await statement"
            statement = ""


def main():
    breaches, file_sizes, function_sizes = [], [], []
    for name in tracked("*.cpp", "*.hpp"):
        lines = (ROOT / name).read_text().splitlines()
        is_test = name.startswith(("tests/", "fuzz/"))
        file_sizes.append((len(lines), name))
        if not lines or "SPDX-License-Identifier: Apache-2.0" not in lines[0]:
            breaches.append((name, 1, "the first line names the licence"))
        if name.endswith(".hpp") and "#pragma once" not in lines[:3]:
            breaches.append((name, 2, "#pragma once"))
        if len(lines) > (TEST_FILE_MAX if is_test else FILE_MAX):
            breaches.append((name, len(lines), "file too long"))
        breaches += [(name, *breach) for breach in include_breaches(name, lines)]
        if name.startswith(("src/net", "src/http", "src/node", "src/api")):
            breaches += [(name, *breach) for breach in coroutine_breaches(name, lines)]
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_MAX and "http" not in line and 'R"' not in line:
                breaches.append((name, number, f"line longer than {LINE_MAX}"))
            for pattern, rule, modules in BANNED:
                if (modules is None or module_of(name) in modules) and pattern.search(strip(line)):
                    breaches.append((name, number, rule))
            if re.match(r"\s*#\s*if", line) and not name.startswith(("src/base", "include")):
                breaches.append((name, number, "no conditional compilation"))
        for start, length, head in functions(lines):
            if not is_test:
                function_sizes.append((length, f"{name}:{start}"))
            if length > FUNCTION_MAX and not is_test:
                breaches.append((name, start, f"function of {length} lines: {head.strip()}"))
    for name, number, rule in breaches:
        print(f"{name}:{number}: {rule}")
    report(file_sizes, function_sizes)
    print(f"rules: {len(file_sizes)} files, {len(breaches)} breaches")
    return 1 if breaches else 0


def report(file_sizes, function_sizes):
    product = sorted((entry for entry in file_sizes if not entry[1].startswith(("tests/", "fuzz/"))), reverse=True)
    function_sizes.sort(reverse=True)
    for what, sizes in (("files", product), ("functions", function_sizes)):
        if sizes:
            lengths = sorted(length for length, _ in sizes)
            print(f"{what}: {len(sizes)}, median {lengths[len(lengths) // 2]} lines, longest "
                  + ", ".join(f"{name} {length}" for length, name in sizes[:3]))


if __name__ == "__main__":
    sys.exit(main())
