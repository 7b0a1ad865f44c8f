# SPDX-License-Identifier: Apache-2.0
"""Starting, stopping, and starting again."""
import os
import signal
import subprocess
import threading
import time

from nodes import BIN, Case, curl, free_port, full_pipe, wait_until


class Stopping(Case):
    def assert_ends(self, node, number=signal.SIGTERM):
        begun = time.monotonic()
        node.signal(number)
        self.assertEqual(node.wait(), 0)
        self.assertLess(time.monotonic() - begun, 6)

    def test_sigterm_and_sigint_end_the_program_with_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.assert_ends(self.start("-s", 1), number)

    def test_f15_sigterm_under_load_ends_within_five_seconds(self):
        first, second = (self.start("-s", seq) for seq in (1, 2))
        self.join(first, second)
        done = threading.Event()

        def load():
            while not done.is_set():
                subprocess.run(["curl", "-s", "--noproxy", "*", f"http://127.0.0.1:{second.port}/send?msg=load"], check=False)

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            first.wait_for_line("load", times=20)
            self.assert_ends(first)
            second.wait_for_line("load", times=first.lines().count("load") + 1)
        finally:
            done.set()
            for thread in threads:
                thread.join()
        self.assert_ends(second)

    def test_a_dial_under_way_does_not_hold_the_end_up(self):
        node = self.start("-s", 1)
        silent = self.home / "log"
        # An address that swallows everything: the dial waits for an answer that never comes.
        asked = subprocess.Popen(
            ["curl", "-s", "--noproxy", "*",
             f"http://127.0.0.1:{node.port}/addPeers?dest=/ip4/192.0.2.1/tcp/1/p2p/12D3KooWHHzSeKaY8xuZVzkLbKFfvNgPPeKhFBGrMbNzbm5akpqu"],
            stdout=silent.open("wb"))
        self.addCleanup(asked.wait)
        self.addCleanup(asked.kill)
        self.assert_ends(node)

    def test_a_reader_that_goes_away_ends_the_program(self):
        node = self.start("-s", 1)
        reading, writing = os.pipe()
        left = self.launch("-hp", 0, "-s", 2, stdout=writing)
        os.close(writing)
        os.close(reading)
        left.wait_for_port()
        self.assertEqual(left.wait(), 1)
        self.assertIn(b"standard output", left.err.content)
        self.assert_ends(node)

    def test_f34_a_reader_that_has_stopped_holds_up_neither_http_nor_the_end(self):
        for blocked in ("stdout", "stderr"):
            with self.subTest(blocked=blocked):
                port = free_port()
                node = self.launch("-hp", port, "-s", 1, "--log-level", "debug", **{blocked: full_pipe(self)})
                ask = f"http://127.0.0.1:{port}"
                wait_until(lambda: curl(ask + "/livez").status == 200, "the HTTP server")
                for number in range(3):
                    self.assertEqual(curl(f"{ask}/send?msg={number}").status, 200)
                self.assert_ends(node)

    def test_peers_notice_the_goodbye(self):
        first = self.start("-s", 1, "--log-level", "debug")
        second = self.start("-s", 2)
        self.join(first, second)

        self.assert_ends(second)

        first.err.wait_for(lambda content: f"{second.peer_id} disconnected".encode() in content, "the goodbye")


class DataDirectory(Case):
    def mark(self, data):
        return int((data / "seqno").read_text())

    def test_without_s_the_identity_is_kept_under_home(self):
        first = self.start()
        self.assertEqual(first.stop(), 0)
        second = self.start()
        self.assertEqual(second.peer_id, first.peer_id)
        self.assertTrue((self.home / ".local/share/grapevine/default/key").is_file())

    def test_two_nodes_share_a_data_directory_the_second_with_a_key_in_memory(self):
        data = self.home / "data"
        first = self.start("--data-dir", data)
        second = self.start("--data-dir", data)

        self.assertNotEqual(first.peer_id, second.peer_id)
        self.assertIn(b"a key in memory", second.err.content)
        self.join(first, second)
        second.curl("/send?msg=hello")
        first.wait_for_line("hello")
        first.stop()
        self.assertEqual(self.start("--data-dir", data).peer_id, first.peer_id)

    def test_v44_a_restarted_node_is_heard_with_its_clock_set_back(self):
        data = self.home / "data"
        listener = self.start("-s", 1)
        last_mark = 0
        for life in range(3):
            node = self.start("--data-dir", data)
            self.join(node, listener)
            node.curl(f"/send?msg=life{life}")
            listener.wait_for_line(f"life{life}")
            node.kill()
            self.assertGreater(self.mark(data), last_mark)
            # A mark of tomorrow is what a clock set back by a day looks like.
            last_mark = self.mark(data) + 86_400 * 10**9
            (data / "seqno").write_text(f"{last_mark}\n")
        self.assertEqual([line for line in listener.lines() if line.startswith("life")], ["life0", "life1", "life2"])

    def test_a_number_file_of_another_format_is_refused(self):
        data = self.home / "data"
        self.start("--data-dir", data).stop()
        (data / "seqno").write_text("soon\n")
        node = self.launch("-hp", 0, "--data-dir", data)
        self.assertEqual(node.wait(), 1)
        self.assertIn(str(data / "seqno").encode(), node.err.content)
        self.assertEqual((data / "seqno").read_text(), "soon\n")


class Rejoining(Case):
    def test_connect_joins_at_the_start(self):
        first = self.start("-s", 1)
        second = self.start("-s", 2, "--connect", first.address)
        second.err.wait_for(lambda content: b"connected to " + first.peer_id.encode() in content, "the connection")
        self.join(second, first)  # waits for the mesh
        first.curl("/send?msg=hello")
        second.wait_for_line("hello")

    def test_a_restarted_node_joins_again_under_the_same_name(self):
        first = self.start("-s", 1)
        for life in range(2):
            second = self.start("-s", 2)
            self.join(second, first)
            first.curl(f"/send?msg=hello{life}")
            second.wait_for_line(f"hello{life}")
            second.kill()


class Programs(Case):
    def test_the_demos_names_are_links_beside_the_program(self):
        for name in ("main", "gossip-demo"):
            self.assertEqual((BIN / name).resolve(), (BIN / "grapevine").resolve())
