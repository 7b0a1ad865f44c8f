# SPDX-License-Identifier: Apache-2.0
"""F16: descriptors run out, and come back."""
import os
import pathlib
import socket
import time

from nodes import Case

WARNING = b"cannot accept connections"


def cpu_seconds(node):
    """What the process has used of all processors so far."""
    fields = pathlib.Path(f"/proc/{node.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Exhausted(Case):
    def crowd(self, node):
        """More connections than the node has descriptors."""
        held = []
        for _ in range(80):
            held.append(socket.create_connection(("127.0.0.1", int(node.p2p_port))))
            self.addCleanup(held[-1].close)
        return held

    def test_f16_present_peers_stay_nothing_spins_and_new_ones_come_in_afterwards(self):
        hub = self.start("-s", 1, descriptors=64)
        friend, late = (self.start("-s", seq) for seq in (2, 3))
        self.join(friend, hub)

        held = self.crowd(hub)
        hub.err.wait_for(lambda content: WARNING in content, "the first warning")
        begun, used = time.monotonic(), cpu_seconds(hub)
        for number in range(10):
            friend.curl(f"/send?msg=m{number}")
            hub.wait_for_line(f"m{number}")
        # At most one a second: two more are as much work as trying again and again costs in that time.
        hub.err.wait_for(lambda content: content.count(WARNING) >= 3, "two more warnings")
        passed, used = time.monotonic() - begun, cpu_seconds(hub) - used
        self.assertLess(used, passed / 2, "a loop that spins takes all there is")
        self.assertLessEqual(hub.err.content.count(WARNING), passed + 3)

        for connection in held:
            connection.close()
        self.join(late, hub)
        late.curl("/send?msg=late")
        for node in (hub, friend):
            node.wait_for_line("late")
        self.assertEqual(hub.curl("/livez").status, 200)
