# SPDX-License-Identifier: Apache-2.0
"""What is planned, and how outcomes are shown and kept."""

import random
import tempfile
import unittest
from pathlib import Path

from .. import record
from ..case import Case
from ..cases.mixed_mesh import random_links
from ..execute import Outcome, Result
from ..implementations import Implementation, peer
from ..plan import Company, choose, plan
from ..scene import Direction
from ..table import count_line, markdown, not_applicable, progress, tables

OURS, GO, JS = (Implementation(name, Path("/bin/true")) for name in ("ours", "go", "js"))
RESULTS = [
    Result("ping", "pings", "go →", Outcome.passed, "", 0.5, {"go": "go-libp2p 1"}),
    Result("ping", "pings", "js →", Outcome.skipped, "no node"),
    Result("ping", "pings", "go ←", Outcome.failed, "lost"),
    Result("ready", "ready line", "go", Outcome.not_applicable, "go: unsupported: px"),
    Result("mesh", "all", "all", Outcome.passed, "16 nodes"),
]


class PlanTest(unittest.TestCase):
    def test_a_case_is_planned_with_whom_it_is_about(self):
        cases = [
            Case("pair", "", print),
            Case("single", "", print, (Direction.alone,)),
            Case("all", "", print, (Direction.together,)),
        ]
        runs = plan(cases, Company(OURS, (GO, JS)))
        self.assertEqual(
            [(run.case.name, run.column) for run in runs],
            [("pair", "go →"), ("pair", "js →"), ("pair", "go ←"), ("pair", "js ←"),
             ("single", "ours"), ("single", "go"), ("single", "js"), ("all", "all")],
        )  # fmt: skip

    def test_a_pattern_is_a_part_of_the_name_or_a_glob(self):
        cases = [Case(name, "", print) for name in ("line_a", "line_b", "ping")]
        for pattern, names in (("line", 2), ("l*_b", 1), ("nothing", 0), (None, 3)):
            self.assertEqual(len(choose(cases, pattern)), names, pattern)

    def test_random_links_connect_every_node_once(self):
        for seed in range(50):
            links = random_links(16, 40, random.Random(seed))
            self.assertEqual(len(links), 40)
            self.assertEqual(len({frozenset(link) for link in links}), 40)
            reached = {0}
            for _ in range(16):
                reached |= {x for link in links if reached & set(link) for x in link}
            self.assertEqual(len(reached), 16)

    def test_a_build_that_lacks_its_tools_is_missing_and_a_failing_one_broken(self):
        with tempfile.TemporaryDirectory() as scratch:
            root = Path(scratch)
            bodies = {"a": "echo no compiler; exit 77", "b": "exit 1", "c": "exit 0"}
            for name, body in bodies.items():
                script = root / "interop" / name / "build"
                script.parent.mkdir(parents=True)
                script.write_text(f"#!/bin/sh\n{body}\n")
                script.chmod(0o755)
            self.assertEqual(peer("a", root=root).missing, "no compiler")
            self.assertIn("ended with 1", peer("b", root=root).broken)
            self.assertIn("is not there", peer("c", root=root).broken)
            self.assertIn("no build", peer("d", root=root).missing)


class TableTest(unittest.TestCase):
    def test_the_last_line_counts(self):
        self.assertEqual(count_line(RESULTS), "2 passed, 1 failed, 1 skipped")

    def test_a_table_has_aligned_columns(self):
        self.assertEqual(markdown([["a", "bb"], ["ccc", "d"]]).splitlines()[1], "|-----|----|")

    def test_directions_stand_side_by_side(self):
        text = tables(RESULTS)
        self.assertRegex(text, r"\| case +\| go → +\| go ← +\| js →")
        self.assertRegex(text, r"\| ping +\| ok +\| FAIL +\| skip")

    def test_what_is_not_applicable_is_named(self):
        self.assertIn("- ready with go: go: unsupported: px", not_applicable(RESULTS))

    def test_a_progress_line_ends_with_the_reason(self):
        self.assertTrue(progress(RESULTS[2]).endswith("lost"))

    def test_a_record_survives_its_file_and_becomes_a_page(self):
        whole = record.Record("2026-01-02", "abc", True, False, 61.0, RESULTS)
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "deep" / "results.json"
            record.write(path, whole)
            self.assertEqual(record.read(path), whole)
        page = record.document(whole)
        for part in ("go-libp2p 1", "2 passed, 1 failed, 1 skipped", "16 nodes"):
            self.assertIn(part, page)


if __name__ == "__main__":
    unittest.main()
