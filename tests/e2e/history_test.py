# SPDX-License-Identifier: Apache-2.0
"""What a node keeps: across kills, and from its neighbours."""
import re
import shutil
import sqlite3
import threading

from nodes import Case, curl, wait_until

WORD = re.compile(rb"word-\d{5}-end")


class History(Case):
    def keeping(self, seq, *arguments):
        return self.start("-s", seq, "--data-dir", self.home / f"data{seq}", "--history", 100000, *arguments)

    def kept(self, seq, running=False):
        """All words in a node's file. That of a killed node is copied first: it must come to itself alone."""
        folder = self.home / f"data{seq}"
        if not running:
            shutil.rmtree(self.home / "copy", ignore_errors=True)
            folder = shutil.copytree(folder, self.home / "copy")
        database = sqlite3.connect(folder / "history")
        try:
            fields = [bytes(row[0]) for row in database.execute("SELECT field FROM messages ORDER BY place")]
        finally:
            database.close()
        return [found[0].decode() for found in map(WORD.search, fields) if found]

    @staticmethod
    def printed(node):
        return [line for line in node.lines() if WORD.fullmatch(line.encode())]

    def test_f10_a_node_killed_while_messages_flow_delivers_nothing_twice_and_catches_up(self):
        keeper = self.keeping(1)
        node = self.keeping(2)
        self.join(keeper, node)
        sent, done = [], threading.Event()

        def talk():
            while not done.is_set():
                word = f"word-{len(sent):05}-end"
                if curl(f"http://127.0.0.1:{keeper.port}/send?msg={word}").status == 200:
                    sent.append(word)

        talker = threading.Thread(target=talk)
        talker.start()
        lives, kept = [], []
        try:
            for life in range(3):
                wait_until(lambda: len(self.printed(node)) >= 20, "twenty words")
                node.kill()
                lives.append(self.printed(node))
                kept.append(set(self.kept(2)))
                so_far = len(sent)
                wait_until(lambda: len(sent) >= so_far + 20, "twenty more words")
                node = self.keeping(2, "--connect", keeper.address)
                node.err.wait_for(lambda content: b"caught up on" in content, "what was missed")
        finally:
            done.set()
            talker.join()
        wait_until(lambda: sent[-1] in self.printed(node), "the last word")
        wait_until(lambda: set(self.kept(2, running=True)) >= set(sent), "every word in the history")
        lives.append(self.printed(node))

        words = [word for life in lives for word in life]
        self.assertEqual(len(words), len(set(words)), "a word came twice")
        all_kept = self.kept(2, running=True)
        self.assertEqual(len(all_kept), len(set(all_kept)), "a word is kept twice")
        for life in range(3):
            # What was printed is kept; what was kept is not printed by a later life.
            self.assertLessEqual(set(lives[life]), kept[life])
            self.assertFalse(kept[life] & set(lives[life + 1]))
        # What was not kept when a life ended came in a later one.
        self.assertEqual(set(words) | set.union(*kept), set(sent))

    def test_v44_sequence_numbers_and_seen_ids_hold_together_across_a_kill(self):
        keeper = self.keeping(1)
        for life in range(3):
            node = self.keeping(2, "--connect", keeper.address)
            self.join(node, keeper)
            node.curl(f"/send?msg=word-{life:05}-end")
            keeper.wait_for_line(f"word-{life:05}-end")
            node.wait_for_line(f"word-{life:05}-end")
            node.kill()
            self.assertEqual(self.printed(node), [f"word-{life:05}-end"])
        self.assertEqual(self.kept(2), [f"word-{life:05}-end" for life in range(3)])
        self.assertEqual(self.printed(keeper), self.kept(1, running=True))

    def test_a_file_of_another_kind_is_refused_and_left_alone(self):
        self.keeping(1).stop()
        diary = self.home / "data1" / "history"
        for name in ("history-wal", "history-shm"):
            (self.home / "data1" / name).unlink(missing_ok=True)
        diary.write_text("somebody's diary\n")
        node = self.launch("-hp", 0, "-s", 1, "--data-dir", self.home / "data1", "--history", 10)

        self.assertEqual(node.wait(), 1)
        self.assertIn(str(diary).encode(), node.err.content)
        self.assertEqual(diary.read_text(), "somebody's diary\n")

    def test_the_window_is_held(self):
        node = self.start("-s", 1, "--data-dir", self.home / "data1", "--history", 5)
        for number in range(12):
            node.curl(f"/send?msg=word-{number:05}-end")
        node.wait_for_line("word-00011-end")
        node.stop()
        self.assertEqual(self.kept(1), [f"word-{number:05}-end" for number in range(7, 12)])

    def test_f11_a_history_on_a_full_disk_is_given_up_once_and_gossip_goes_on(self):
        keeper = self.start("-s", 1)
        # The file may not grow: writing fails as on a full disk.
        node = self.start("-s", 2, "--data-dir", self.home / "data2", "--history", 100000, file_size=200_000)
        self.join(keeper, node)
        filler = "x" * 30_000
        for number in range(20):
            keeper.curl("/send", "--data", f"msg={number}{filler}")
        keeper.curl("/send?msg=word-00001-end")

        node.wait_for_line("word-00001-end")

        node.err.wait_for(lambda content: b"does not take what it is given" in content, "the warning")
        self.assertEqual(node.stop(), 0)
        self.assertEqual(node.err.content.count(b"does not take what it is given"), 1)
