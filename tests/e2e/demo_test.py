# SPDX-License-Identifier: Apache-2.0
"""`grapevine demo`: what a newcomer sees first."""
import pathlib
import re
import signal

from nodes import BIN, Case, curl, demo_ids, wait_until


def children(process):
    """The processes whose parent is `process`."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        if parent == process:
            found.append(int(stat.parent.name))
    return found


def alive(process):
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Demo(Case):
    def test_once_plays_the_scene_and_ends_with_0(self):
        demo = self.launch("demo", "--once")

        self.assertEqual(demo.wait(), 0, demo.out.content)
        text = demo.out.content.decode()
        for number in (1, 2, 3):
            self.assertIn(f"node-{number} | this multiaddr is :  /ip4/127.0.0.1/tcp/", text)
            self.assertEqual(text.count(f"node-{number} | hellokatty\n"), 1)
            self.assertIn(demo_ids()[number], text)
        self.assertEqual(text.count("peer connected!"), 2)
        self.assertIn('$ curl "http://127.0.0.1:', text)
        self.assertNotIn("\x1b", text, "no colours in a pipe")

    def test_more_nodes(self):
        demo = self.launch("demo", "--once", "--nodes", 7)
        self.assertEqual(demo.wait(), 0, demo.out.content)
        self.assertEqual(demo.out.content.count(b"| hellokatty\n"), 7)

    def test_it_stays_until_interrupted_and_leaves_no_process_behind(self):
        demo = self.launch("demo")
        demo.out.wait_for(lambda content: b"Ctrl-C ends the demo" in content, "the invitation")
        nodes = children(demo.process.pid)
        self.assertEqual(len(nodes), 3)
        suggested = re.search(r'curl "(http://[^"]*/send\?msg=hello)"', demo.out.content.decode())
        self.assertEqual(curl(suggested[1]).status, 200)
        for number in (1, 2, 3):
            demo.wait_for_line(f"node-{number} | hello")

        typed = re.search(r"^  (/\S*) -hp (\d+) --connect (\S+)$", demo.out.content.decode(), re.M)
        self.assertTrue(pathlib.Path(typed[1]).samefile(BIN / "grapevine"), "what is to be typed exists")
        fourth = self.start("--connect", typed[3]).err
        fourth.wait_for(lambda content: b"connected to " in content, "the fourth node's connection")

        demo.signal(signal.SIGINT)

        self.assertEqual(demo.wait(), 0)
        self.assertFalse([node for node in nodes if alive(node)])

    def test_its_nodes_go_with_it_when_it_is_killed(self):
        demo = self.launch("demo")
        demo.out.wait_for(lambda content: b"Ctrl-C ends the demo" in content, "the invitation")
        nodes = children(demo.process.pid)

        demo.signal(signal.SIGKILL)
        demo.process.wait()

        wait_until(lambda: not any(alive(node) for node in nodes), "the end of the nodes")

    def test_interrupted_at_the_start_it_leaves_no_process_behind(self):
        demo = self.launch("demo")
        wait_until(lambda: children(demo.process.pid), "the first node")
        nodes = children(demo.process.pid)

        demo.signal(signal.SIGTERM)

        demo.wait()
        self.assertFalse([node for node in nodes if alive(node)])
