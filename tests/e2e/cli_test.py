# SPDX-License-Identifier: Apache-2.0
"""The command line as people type it."""
import os
import pty
import re

from nodes import Case, Reader


class Usage(Case):
    def finish(self, *arguments):
        node = self.launch(*arguments)
        return node.wait(), node.out.content.decode(), node.err.content.decode()

    def test_help_is_on_standard_output_and_ends_with_0(self):
        for flag in ("-h", "-help", "--help"):
            code, out, err = self.finish(flag)
            self.assertEqual((code, err), (0, ""))
            for name in ("-hp", "-s", "-topic", "--listen", "--connect", "--key", "--data-dir", "--http",
                         "--log-level", "--quiet"):
                self.assertIn(name, out)

    def test_what_is_wrong_is_one_line_and_the_usage_and_ends_with_2(self):
        for arguments in (["-bogus"], ["--bogus"], ["-hp"], ["-hp", "x"], ["-hp=99999"], ["-s", "x"], ["frobnicate"],
                          ["demo", "--nodes", "1"], ["--http", "0.0.0.0"], ["--connect", "nonsense"], ["-hp", "1", "extra"]):
            code, out, err = self.finish(*arguments)
            self.assertEqual((code, out), (2, ""), arguments)
            first, *rest = err.splitlines()
            self.assertTrue(first.startswith("grapevine: "), first)
            self.assertTrue(rest)

    def test_bad_addresses_and_topics_end_with_2(self):
        for arguments in (["--listen", "nonsense"], ["-topic", "x" * 2000]):
            code, out, err = self.finish("-hp", "0", "-s", "1", *arguments)
            self.assertEqual(code, 2, err)

    def test_the_version(self):
        code, out, _ = self.finish("version")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"^grapevine \d+\.\d+\.\d+\n$")


class Flags(Case):
    def test_long_names_equal_signs_and_last_values(self):
        node = self.launch("run", "--http-port=1", "-hp", "0", "--seq", "2", "-s=1").wait_for_address().wait_for_port()
        self.assertEqual(node.curl("/livez").status, 200)

    def test_several_topics(self):
        first = self.start("-s", 1, "-topic", "a,b")
        second = self.start("-s", 2, "-topic", "b", "-topic=a")
        self.join(first, second)
        first.curl("/send?msg=to+a")
        first.curl("/send?msg=to+b&topic=b")
        second.wait_for_line("to a")
        second.wait_for_line("to b")
        second.curl("/send?msg=first+of+second")
        first.wait_for_line("first of second")

    def test_topics_are_apart(self):
        first, second = self.start("-s", 1, "-topic", "a"), self.start("-s", 2, "-topic", "b,c")
        third = self.start("-s", 3, "-topic", "a,b")
        self.join(third, first, second)
        third.curl("/send?msg=for+a&topic=a")
        first.wait_for_line("for a")
        third.curl("/send?msg=for+b&topic=b")
        second.wait_for_line("for b")
        self.assertNotIn("for a", second.lines())
        self.assertNotIn("for b", first.lines())

    def test_quiet_says_nothing_on_standard_error(self):
        node = self.launch("-hp", 0, "-s", 1, "--quiet").wait_for_address()
        self.assertEqual(node.stop(), 0)
        self.assertEqual(node.err.content, b"")

    def test_several_listen_addresses_are_each_shown(self):
        node = self.launch("-hp", 0, "-s", 1, "--listen", "/ip4/127.0.0.1/tcp/0", "--listen", "/ip4/127.0.0.2/tcp/0")
        node.wait_for_address()
        node.out.wait_for(lambda content: content.count(b"this multiaddr is :  ") == 2, "two addresses")

    def test_http_on_another_loopback_address(self):
        node = self.launch("-s", 1, "--http", "127.0.0.2:0").wait_for_address().wait_for_port()
        self.assertIn(b"http on http://127.0.0.2:", node.err.content)


class Terminal(Case):
    def test_a_payload_cannot_drive_the_terminal(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        node = self.launch("-hp", 0, "-s", 1, stdout=theirs).wait_for_port()
        os.close(theirs)
        screen = Reader(os.dup(ours))
        self.assertEqual(node.curl("/send?msg=a%1b%5b2J%0d%0apeer+connected!").status, 200)

        screen.wait_for(lambda content: content.count(rb"a\x1b[2J\x0d\npeer connected!" + b"\r\n") == 2, "the line")

        self.assertIsNone(re.search(rb"\x1b", screen.content))
        self.assertNotIn(b"\npeer connected!", screen.content)
