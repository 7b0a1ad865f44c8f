# SPDX-License-Identifier: Apache-2.0
"""Identities on disk: kept whatever happens, refused when they are not right, never replaced."""
import os
import signal

from nodes import Case, wait_until


class KeyFile(Case):
    def refused(self, path, *words):
        node = self.launch("-hp", 0, "--key", path)
        self.assertEqual(node.wait(), 1)
        said = node.err.content.decode()
        for word in (str(path), *words):
            self.assertIn(word, said)
        self.assertEqual(node.out.content, b"")

    def test_a_key_file_is_made_with_mode_0600_and_used_again(self):
        path = self.home / "mine"
        first = self.start("--key", path)
        self.assertEqual(first.stop(), 0)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        content = path.read_bytes()
        self.assertEqual(content[:4], bytes([8, 1, 18, 64]), "the libp2p protobuf of an Ed25519 key")

        second = self.start("--key", path)

        self.assertEqual(second.peer_id, first.peer_id)
        self.assertEqual(path.read_bytes(), content)

    def test_f12_a_mode_that_others_could_use_is_refused(self):
        path = self.home / "mine"
        self.start("--key", path).stop()
        content = path.read_bytes()
        for mode in (0o644, 0o660, 0o604, 0o000):
            path.chmod(mode)
            self.refused(path)
        path.chmod(0o600)
        self.assertEqual(path.read_bytes(), content)

    def test_f12_foreign_content_is_refused_and_left_alone(self):
        path = self.home / "mine"
        for content in (b"", b"hello\n", b"-----BEGIN PRIVATE KEY-----\n", bytes([8, 1, 18, 64]) + bytes(64),
                        b"\xff" * 100_000):
            path.write_bytes(content)
            path.chmod(0o600)
            self.refused(path)
            self.assertEqual(path.read_bytes(), content)

    def test_f12_what_is_no_file_is_refused(self):
        self.refused(self.home, "not a regular file")
        real = self.home / "real"
        self.start("--key", real).stop()
        link = self.home / "link"
        link.symlink_to(real)
        self.refused(link, "symbolic link")
        dangling = self.home / "dangling"
        dangling.symlink_to(self.home / "nowhere")
        self.refused(dangling, "symbolic link")
        self.assertFalse((self.home / "nowhere").exists())

    def test_f11_a_place_that_cannot_be_written_is_refused(self):
        self.refused("/dev/null/key")
        self.refused("/proc/key")
        node = self.launch("-hp", 0, "--data-dir", "/proc/grapevine")
        self.assertEqual(node.wait(), 1)
        self.assertIn(b"/proc/grapevine", node.err.content)

    def test_f12_the_key_of_the_data_directory_is_treated_the_same(self):
        data = self.home / "data"
        self.start("--data-dir", data).stop()
        (data / "key").write_bytes(b"")
        node = self.launch("-hp", 0, "--data-dir", data)
        self.assertEqual(node.wait(), 1)
        self.assertEqual((data / "key").read_bytes(), b"")


class Killed(Case):
    def mark(self, data):
        try:
            return int((data / "seqno").read_text())
        except FileNotFoundError:
            return 0

    def identity(self, data):
        node = self.start("--data-dir", data)
        node.kill()
        return node.peer_id

    def test_f10_kill_9_at_any_time_keeps_identity_and_numbers(self):
        """Each round kills at another moment of the start; then the key is whole or absent, and the mark only grew."""
        for round_number in range(6):
            data = self.home / f"data{round_number}"
            known, mark = None, 0
            moments = [
                ("the folder", data.exists),
                ("the lock", (data / "lock").exists),
                ("a file being written", lambda: data.exists() and len(os.listdir(data)) > 1),
                ("the key", (data / "key").exists),
                ("more numbers", lambda: self.mark(data) > mark),
            ]
            for what, reached in moments:
                node = self.launch("-hp", 0, "--data-dir", data)
                wait_until(reached, what)
                node.signal(signal.SIGKILL)
                node.wait()
                has_key = (data / "key").exists()
                self.assertTrue(has_key or known is None, "a key is never lost")
                self.assertGreaterEqual(self.mark(data), mark)
                mark = self.mark(data)
                if has_key:
                    identity = self.identity(data)
                    self.assertIn(known, (None, identity))
                    known = identity
                    self.assertGreater(self.mark(data), mark)
                    mark = self.mark(data)
            self.assertEqual(sorted(name for name in os.listdir(data) if not name.startswith(".")), ["key", "lock", "seqno"])
