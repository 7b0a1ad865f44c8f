#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares docs/limits.md with the sources: each name in a table must be in a file of its heading with that value, and
a struct of which the heading says "all of" must have no number or duration without a row. Exit 1 when they differ."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "limits.md"
UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "": 1}
DURATIONS = {"milliseconds": 1, "seconds": 1000, "minutes": 60_000, "hours": 3_600_000}
DEFINITION = r"^[^/\n]*?\b{name}\s*(?:=\s*([^;]+)|\{{([^;}}]+)\}});"


def number(text):
    """The value of a C++ initialiser, or of a cell: bytes or counts as they are, times in milliseconds; None if neither."""
    text = re.sub(r"(?<=\d)['_,](?=\d)", "", text.strip())
    text = re.sub(r"\bstd::size_t\{(\w+)\}", r"\1", text)
    duration = re.fullmatch(r"(?:std::chrono::)?(\w+)\{(\d+)\}", text)
    if duration and duration[1] in DURATIONS:
        return int(duration[2]) * DURATIONS[duration[1]]
    text = re.sub(r"(?<=\d)u?l?l?\b", "", text, flags=re.I)
    if re.fullmatch(r"[\d\s*+()<.]+", text):
        return eval(text, {"__builtins__": {}})  # digits and operators only
    return None


def cell(text):
    match = re.fullmatch(r"([\d,.×\s]+?)\s*(B|KiB|MiB|ms|s|min|h)?", text.strip())
    if not match:
        return None
    product = 1.0
    for factor in match[1].split("×"):
        product *= float(factor.replace(",", ""))
    return product * UNITS[match[2] or ""]


def defined(name, sources):
    """Every value that `name` is given in the sources."""
    values = []
    for text in sources:
        for match in re.finditer(DEFINITION.format(name=name), text, re.M):
            value = resolve(match[1] or match[2], text)
            values.append(value * 1000 if name.endswith("_seconds") and value else value)
    return values


def resolve(expression, text):
    """With the names of the same file replaced by their values."""
    value = number(expression)
    if value is not None:
        return value
    for word in set(re.findall(r"\b[a-z_]+\b", expression)):
        found = re.search(DEFINITION.format(name=word), text, re.M) or re.search(
            DEFINITION.format(name=word), HEADERS, re.M)
        if found:
            expression = re.sub(rf"\b{word}\b", str(number(found[1] or found[2])), expression)
    return number(expression)


def fields(struct, text):
    """The names of numbers and durations in a struct."""
    body = re.search(rf"^ *struct {struct} \{{(.*?)^ *\}};", text, re.M | re.S)
    if not body:
        return None
    lines = re.sub(r"///.*", "", body[1])
    found = re.findall(
        r"(?:std::size_t|Duration|int|double|std::uint\d+_t)\s+(\w+)\s*(?:=|\{)", lines)
    # Several of one type: `std::size_t a = 1, b = 2;`
    for statement in re.findall(r"std::size_t\s+([^;()]*,[^;()]*);", lines):
        found += re.findall(r"(\w+)\s*=", statement)
    return sorted(set(found))


def sections(page):
    for part in re.split(r"^### ", page, flags=re.M)[1:]:
        heading, _, body = part.partition("\n")
        paths = re.findall(r"`([\w/.]+\.[hc]pp)`", heading)
        whole = re.search(r"all of `(\w+)`", heading)
        rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", body, re.M)
        yield heading, paths, whole[1] if whole else None, rows


def check(page):
    faults = []
    rows_seen = 0
    for heading, paths, struct, rows in sections(page):
        sources = []
        for path in paths:
            if (ROOT / path).is_file():
                sources.append((ROOT / path).read_text())
            else:
                faults.append(f"{heading}: there is no {path}")
        for name, value in rows:
            rows_seen += 1
            wanted, values = cell(value), defined(name, sources)
            if wanted is None:
                faults.append(f"{heading}: {name}: cannot read the value '{value}'")
            elif not values:
                faults.append(f"{heading}: {name} is not in {', '.join(paths)}")
            elif wanted not in values:
                faults.append(f"{heading}: {name} is {values} in the sources, {value} here")
        if struct:
            known = [fields(struct, text) for text in sources]
            known = next((names for names in known if names is not None), None)
            if known is None:
                faults.append(f"{heading}: no struct {struct}")
                continue
            listed = {name for name, _ in rows}
            faults += [f"{heading}: {struct}::{name} has no row" for name in known if name not in listed]
    return faults, rows_seen


HEADERS = "\n".join(path.read_text() for path in sorted((ROOT / "src").rglob("*.hpp")))


def main():
    faults, rows = check(PAGE.read_text())
    for fault in faults:
        print(f"docs/limits.md: {fault}")
    print(f"limits: {rows} rows, {len(faults)} wrong")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
