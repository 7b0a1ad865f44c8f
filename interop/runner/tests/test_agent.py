# SPDX-License-Identifier: Apache-2.0
"""The process driver: replies, events, bounded waits, ends."""

import os
import time
import unittest
from pathlib import Path
from unittest import mock

from ..agent import Agent, CommandFailed, Ended, Launch, StartFailed, TimedOut, resident_kb

PROGRAM = Path(__file__).resolve().parent / "fake_agent.py"


def start(faults: str = "", **how) -> Agent:
    with mock.patch.dict(os.environ, FAKE_FAULTS=faults):
        return Agent.start(Launch(PROGRAM, label="fake", **how))


class AgentTest(unittest.TestCase):
    def test_a_command_gets_its_reply_and_a_failure_its_text(self):
        agent = start()
        self.addCleanup(agent.kill)

        self.assertEqual(agent.command("peers"), {"reply": 1, "ok": True, "peers": []})
        with self.assertRaises(CommandFailed):
            agent.command("subscribe", topic=7)
        with self.assertRaises(CommandFailed):
            agent.command("fly")

    def test_replies_are_told_apart_when_many_are_under_way(self):
        agent = start()
        self.addCleanup(agent.kill)

        asked = [agent.send("subscribe" if n % 2 else "ping", topic="t") for n in range(100)]

        outcomes = [pending.outcome()["ok"] for pending in asked]
        self.assertEqual(outcomes, [n % 2 == 1 for n in range(100)])

    def test_quit_and_the_end_of_input_end_it_with_status_zero(self):
        agent = start()
        self.assertEqual(agent.quit(), 0)
        agent = start()
        agent.close_input()
        self.assertEqual(agent.join(), 0)

    def test_a_deaf_agent_is_killed_when_its_time_is_over(self):
        agent = start("deaf")

        self.assertIsNone(agent.quit(timeout=0.3))
        self.assertIsNotNone(agent.status)

    def test_waiting_ends_at_the_deadline_and_at_the_end_of_the_process(self):
        agent = start()
        began = time.monotonic()
        with self.assertRaises(TimedOut):
            agent.wait(lambda: False, "what never comes", 0.2)
        self.assertLess(time.monotonic() - began, 5)
        agent.kill()
        with self.assertRaises(Ended):
            agent.wait(lambda: False, "what never comes", 60)
        with self.assertRaises(Ended):
            agent.command("peers")

    def test_a_failed_start_says_status_and_reason(self):
        starts = (("unsupported", 3, "unsupported: protocols"), ("silent", 1, ""))
        for faults, status, error in starts:
            with self.assertRaises(StartFailed) as caught:
                start(faults)
            self.assertEqual((caught.exception.status, caught.exception.error), (status, error))
        with self.assertRaises(StartFailed):
            Agent.start(Launch(Path("/nowhere"), label="none"))

    def test_a_line_that_is_no_json_is_held_against_it(self):
        agent = start("chatter")
        self.addCleanup(agent.kill)

        self.assertEqual(len(agent.violations), 1)

    def test_the_resident_size_of_a_process_is_read(self):
        self.assertGreater(resident_kb(os.getpid()), 1000)


if __name__ == "__main__":
    unittest.main()
