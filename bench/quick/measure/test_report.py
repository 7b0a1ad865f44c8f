# SPDX-License-Identifier: Apache-2.0
"""Loads, void runs, medians, ratios and what is printed of them."""

import json
import unittest

from . import report
from .idle import Footprint
from .throughput import LOADS, Load, Sample, fault, rate


def sample(implementation: str, repetition: int, rate_: float, void: str = "") -> Sample:
    return Sample(
        implementation, "v1", "64 B NoSign", repetition, void, 1000, 2.0, rate_, 1.5, 2.5,
        {"p50": 10, "p99": 20},
    )  # fmt: skip


SESSION = report.Session(
    date="2026-01-02",
    commit="abc",
    machine="a machine",
    repetitions=3,
    samples=[
        sample("ours", 1, 300_000),
        sample("ours", 2, 330_000),
        sample("ours", 3, 900_000, void="3 lost"),
        sample("go", 1, 70_000),
        sample("go", 2, 90_000),
        sample("go", 3, 80_000),
        sample("rust", 1, 1, void="stalled at 7"),
    ],
    limits=[{"aead_gbps_16k": 4.5, "sign": 61_234}, {}, {"aead_gbps_16k": 4.7, "sign": 61_000}],
    footprints=[Footprint("ours", "v1", 300, "", 10_000, 13_000), Footprint("go", "", 300, "gone")],
)


class ReportTest(unittest.TestCase):
    def test_loads_are_named_for_people(self):
        self.assertEqual(Load(64, "none").name, "64 B NoSign")
        self.assertEqual(Load(1 << 20, "strict").name, "1 MiB StrictSign")
        self.assertEqual(len(LOADS), 8)

    def test_a_run_with_a_fault_is_void_and_says_which(self):
        good = {"count": 10, "corrupt": 0, "repeated": 0}
        self.assertEqual(fault(good, 10), "")
        self.assertEqual(fault({**good, "count": 8, "repeated": 1}, 10), "2 lost, 1 repeated")
        self.assertEqual(fault({**good, "corrupt": 3}, 10), "3 corrupt")

    def test_the_rate_counts_what_came_after_the_warm_up(self):
        self.assertAlmostEqual(rate({"published": 950, "wall_ns": 500_000_000}), 1900)

    def test_a_ratio_is_of_medians_of_valid_runs(self):
        self.assertAlmostEqual(report.ratio(SESSION, "64 B NoSign", "go"), 315 / 80)
        self.assertAlmostEqual(report.processor_ratio(SESSION, "64 B NoSign", "go"), 1)
        self.assertIsNone(report.ratio(SESSION, "64 B NoSign", "rust"))

    def test_figures_have_three_digits(self):
        cases = ((315_499, "315,000"), (1234, "1,230"), (157.4, "157"), (3.14159, "3.14"), (0, "0"))
        for value, text in cases:
            self.assertEqual(report.figure(value), text)

    def test_the_summary_shows_medians_void_runs_memory_and_limits(self):
        text = report.summary(SESSION)
        for part in ("315,000 (300,000–330,000)", "3.94 · 1.00", "repetition 3: 3 lost",
                     "stalled at 7", "| ours | 300   | 10,000     | 13,000    | 10", "gone", "61,100"):  # fmt: skip
            self.assertIn(part, text)
        self.assertIn("a machine", report.document(SESSION))

    def test_a_new_document_keeps_the_notes_of_the_one_before(self):
        before = report.document(SESSION, f"{report.NOTES}\n\nSlow on Mondays.\n")
        after = report.document(SESSION, report.notes_in(before))
        self.assertEqual(after, before)
        self.assertEqual(report.notes_in("# Benchmarks\n"), f"{report.NOTES}\n")

    def test_the_raw_samples_are_json(self):
        self.assertEqual(len(json.loads(report.raw(SESSION))["samples"]), 7)


if __name__ == "__main__":
    unittest.main()
