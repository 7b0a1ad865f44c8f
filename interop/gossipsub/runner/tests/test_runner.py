# SPDX-License-Identifier: Apache-2.0
"""Scripts ask for what they should, and logs that lack something are noticed."""

import json
import random
import tempfile
import unittest
from pathlib import Path

from ..report import Log, judge
from ..scenarios import ALL_PARTS, FULL, SCENARIOS, SHORT, Play


def _of(play: Play, kind: str) -> list[tuple[int | None, dict]]:
    """Instructions of a kind, each with the one node it is for."""
    found = []
    for entry in play.script:
        inner = entry.get("instruction", entry)
        if inner["type"] == kind:
            found.append((entry.get("nodeID"), inner))
    return found


class ScenariosTest(unittest.TestCase):
    def test_last_at_most_about_a_minute(self):
        for name, scenario in SCENARIOS.items():
            with self.subTest(name):
                self.assertLessEqual(scenario(24, FULL, random.Random(1)).seconds, 62)
                self.assertLessEqual(scenario(12, SHORT, random.Random(1)).seconds, 22)

    def test_begin_with_the_router_of_every_node(self):
        for name, scenario in SCENARIOS.items():
            with self.subTest(name):
                script = scenario(5, SHORT, random.Random(1)).script
                begun = [entry["nodeID"] for entry in script[:5]]
                self.assertEqual(begun, list(range(5)))
                self.assertTrue(all("initGossipSub" in json.dumps(e) for e in script[:5]))

    def test_everybody_has_its_connections(self):
        play = SCENARIOS["subnet-blob-msg"](24, FULL, random.Random(3))
        edges = {
            frozenset((node, other))
            for node, connect in _of(play, "connect")
            for other in connect["connectTo"]
        }
        for node in range(24):
            self.assertGreaterEqual(sum(node in edge for edge in edges), 20)

    def test_somebody_has_each_part(self):
        for seed in range(20):
            play = SCENARIOS["partial-messages"](3, SHORT, random.Random(seed))
            union = 0
            for _, add in _of(play, "addPartialMessage"):
                union |= add["parts"]
            self.assertEqual(union, ALL_PARTS)

    def test_the_chain_gives_each_part_to_one_node(self):
        play = SCENARIOS["partial-messages-chain"](5, SHORT, random.Random(1))
        given = [(add["groupID"], add["parts"]) for _, add in _of(play, "addPartialMessage")]
        self.assertEqual(len(given), len(set(given)))
        self.assertEqual(len(given), 8 * SHORT.messages)

    def test_fanout_expects_those_who_joined(self):
        play = SCENARIOS["simple-fanout"](6, FULL, random.Random(1))
        for members in play.receivers.values():
            self.assertIn(len(members), (2, 3))
            self.assertEqual(len({node % 2 for node in members}), 1)


class ReportTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def log(self, node: int, *lines: str, peer: str | None = None) -> Log:
        who = {"time": "2026-01-01T00:00:00Z", "msg": "PeerID", "id": peer or f"p{node}"}
        path = self.folder / f"{node}"
        path.write_text("\n".join([json.dumps({**who, "node_id": node}), *lines]))
        return Log.read(path)

    @staticmethod
    def received(number: int) -> str:
        when = "2026-01-01T00:00:01.5+00:00"
        return json.dumps({"time": when, "msg": "Received Message", "id": str(number)})

    def test_all_is_well_when_everybody_has_all(self):
        play = Play(receivers={1: {0, 1}}, whole={0: 1})
        whole = '{"time":"x","msg":"All parts received"}'
        logs = [self.log(0, self.received(1), whole), self.log(1, "noise", self.received(1))]
        self.assertEqual(judge(play, logs, {0: 0, 1: 0}).faults, [])

    def test_a_message_that_is_missing_is_a_fault(self):
        logs = [self.log(0, self.received(1)), self.log(1)]
        faults = judge(Play(receivers={1: {0, 1}}), logs, {0: 0, 1: 0}).faults
        self.assertEqual(faults, ["message 1 did not reach node1"])

    def test_parts_count_only_as_the_official_check_greps_them(self):
        spaced = '{"time": "x", "msg": "All parts received"}'
        faults = judge(Play(whole={0: 1}), [self.log(0, spaced)], {0: 0}).faults
        self.assertEqual(faults, ["node0 has all parts of 0 of 1 groups"])

    def test_a_bad_end_and_a_wrong_name_are_faults(self):
        logs = [self.log(0), self.log(7), self.log(2, peer="p0")]
        faults = judge(Play(), logs, {0: None, 1: 0, 2: 3}).faults
        self.assertEqual(
            faults,
            [
                "node0 ended with None",
                "node2 ended with 3",
                "node1 did not say who it is",
                "nodes have the same peer id",
            ],
        )


if __name__ == "__main__":
    unittest.main()
