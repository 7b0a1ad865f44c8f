# SPDX-License-Identifier: Apache-2.0
"""Every case passes with an agent that keeps its word and fails with one that does not."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ..cases import all_cases, mixed_mesh, wire
from ..execute import Outcome, Result, play, play_all
from ..implementations import Implementation
from ..plan import Company, choose, plan

PROGRAM = Path(__file__).resolve().parent / "fake_agent.py"
NO_WIRE_PEER = Path("/nowhere/wirepeer")
OURS = Implementation("ours", PROGRAM)
PEER = Implementation("go", PROGRAM)


class CasesTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.logs = Path(scratch.name)
        for name, value in (("LEAK_SECONDS", 0.1), ("MESH_SECONDS", 5.0)):
            patch = mock.patch(f"{__package__.rpartition('.')[0]}.scene.{name}", value)
            patch.start()
            self.addCleanup(patch.stop)
        for name, value in (("SHORT_SECONDS", 1.0), ("EACH", 2), ("SETTLE_SECONDS", 2.0)):
            patch = mock.patch.object(mixed_mesh, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def play(self, pattern: str, faults: str = "", column: str | None = None) -> list[Result]:
        runs = plan(choose(all_cases(NO_WIRE_PEER), pattern), Company(OURS, (PEER,)))
        with mock.patch.dict(os.environ, FAKE_FAULTS=faults):
            chosen = [run for run in runs if column in (None, run.column)]
            return play_all(chosen, self.logs, jobs=4, tell=lambda result: None)

    def assert_outcome(self, results: list[Result], outcome: Outcome):
        self.assertTrue(results)
        for result in results:
            said = f"{result.case} {result.column}: {result.detail}"
            self.assertIs(result.outcome, outcome, said)

    def test_every_case_passes_with_a_good_agent(self):
        results = [result for result in self.play("*") if result.case != "wire"]
        self.assert_outcome(results, Outcome.passed)
        self.assertGreater(len(results), 40)

    def test_a_lost_message_fails(self):
        for pattern in ("line_peer_in_middle", "mixed_mesh"):
            with self.subTest(pattern):
                self.assert_outcome(self.play(pattern, "lose")[:1], Outcome.failed)

    def test_parts_kept_back_fail(self):
        self.assert_outcome(self.play("partial_halves", "hoard"), Outcome.failed)

    def test_a_doubled_message_fails(self):
        for pattern in ("line_peer_in_middle", "burst", "mixed_mesh"):
            with self.subTest(pattern):
                self.assert_outcome(self.play(pattern, "double")[:1], Outcome.failed)

    def test_changed_data_and_a_wrong_path_fail(self):
        for faults in ("spoil", "wrong_via"):
            with self.subTest(faults):
                results = self.play("publish_signed_small", faults, "go →")
                self.assert_outcome(results, Outcome.failed)

    def test_a_verdict_without_effect_fails(self):
        self.assert_outcome(
            self.play("verdicts_ours_in_middle", "ignore_verdicts", "go →"), Outcome.failed
        )

    def test_a_score_that_does_not_fall_fails(self):
        for pattern in ("scores_ours_judges", "scores_peer_judges"):
            with self.subTest(pattern):
                self.assert_outcome(self.play(pattern, "forgive", "go →"), Outcome.failed)

    def test_peers_that_are_not_named_fail(self):
        self.assert_outcome(self.play("exchange_*", "keep_mum", "go →"), Outcome.failed)

    def test_an_end_in_disorder_fails(self):
        for faults in ("bad_exit", "chatter"):
            with self.subTest(faults):
                self.assert_outcome(self.play("ping", faults, "go →"), Outcome.failed)

    def test_what_a_peer_cannot_do_is_not_applicable_and_named(self):
        results = self.play("contract_ready", "unsupported")
        self.assertEqual(
            [(r.column, r.outcome) for r in results],
            [("ours", Outcome.failed), ("go", Outcome.not_applicable)],
        )
        self.assertIn("go: unsupported: protocols", results[1].detail)

    def test_a_missing_peer_is_skipped_and_a_broken_one_fails(self):
        gone = Implementation("rust", PROGRAM, missing="no cargo")
        broken = Implementation("js", PROGRAM, broken="does not build")
        runs = plan(choose(all_cases(NO_WIRE_PEER), "ping"), Company(OURS, (gone, broken)))
        results = [play(run, self.logs) for run in runs]
        self.assertEqual(
            [result.outcome for result in results],
            [Outcome.skipped, Outcome.failed, Outcome.skipped, Outcome.failed],
        )

    def test_without_a_scripted_peer_the_wire_case_fails(self):
        self.assert_outcome(self.play("wire"), Outcome.failed)

    def test_a_scripted_peer_has_its_commands_passed_on(self):
        script = self.logs / "wirepeer"
        script.write_text(WIRE_PEER)
        script.chmod(0o755)
        listed = wire.cases(script)
        self.assertEqual([case.name for case in listed], ["wire_good", "wire_bad"])
        runs = plan(listed, Company(OURS, ()))
        good, bad = [play(run, self.logs) for run in runs]
        self.assertEqual((good.outcome, good.detail), (Outcome.passed, "seen 1"))
        self.assertIs(bad.outcome, Outcome.failed)


WIRE_PEER = """#!/usr/bin/env python3
import json, sys
if sys.argv[1] == "--list":
    print('good {"d":5}')
    print("bad")
    sys.exit(0)
print(json.dumps({"do": {"op": "subscribe", "topic": "t"}}), flush=True)
reply = json.loads(sys.stdin.readline())
good = reply["ok"] and sys.argv[1] == "good" and sys.argv[2].startswith("/ip4/")
print(json.dumps({"case": sys.argv[1], "ok": good, "detail": "seen 1"}), flush=True)
"""

if __name__ == "__main__":
    unittest.main()
