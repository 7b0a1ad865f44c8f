# SPDX-License-Identifier: Apache-2.0
"""GET /metrics and --trace of real nodes."""
import base64
import json
import re
import shutil
import subprocess

from nodes import Case, PATIENCE, wait_until

SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)$")


def samples(reply):
    """Values by name and labels."""
    found = {}
    for line in reply.body.decode().splitlines():
        if not line.startswith("#"):
            match = SAMPLE.match(line)
            assert match, line
            found[match[1] + (match[2] or "")] = float(match[3])
    return found


class Metrics(Case):
    def pair(self):
        first, second = (self.start("-s", seq) for seq in (1, 2))
        self.join(first, second)
        second.curl("/send?msg=hello")
        first.wait_for_line("hello")
        return first, second

    def test_metrics_count_what_the_nodes_did(self):
        first, second = self.pair()

        received = samples(first.curl("/metrics"))
        sent = samples(second.curl("/metrics"))

        self.assertEqual(received["libp2p_peers"], 1)
        self.assertEqual(received["libp2p_gossipsub_received_total"], 1)
        self.assertEqual(received['libp2p_pubsub_received_messages_total{topic="meetme"}'], 1)
        self.assertEqual(received['libp2p_gossipsub_peers_per_topic_mesh{topic="meetme"}'], 1)
        self.assertEqual(sent['libp2p_pubsub_messages_published_total{topic="meetme"}'], 1)
        self.assertGreater(sent['libp2p_network_bytes_total{direction="out"}'], 100)
        opened = [name for name in received if name.startswith("libp2p_swarm_connections_opened_total{dir=\"outbound\"")]
        self.assertEqual([received[name] for name in opened], [1])

    def test_metrics_are_text_that_prometheus_reads(self):
        first, _ = self.pair()

        plain = first.curl("/metrics")
        self.assertEqual(plain.status, 200)
        self.assertEqual(plain.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        if promtool := shutil.which("promtool"):
            done = subprocess.run([promtool, "check", "metrics"], input=plain.body, capture_output=True, timeout=PATIENCE)
            remarks = [line for line in done.stderr.decode().splitlines() if "camelCase" not in line]
            self.assertEqual(remarks, [], "all but the names that others chose")
        openmetrics = first.curl("/metrics", "-H", "Accept: application/openmetrics-text; version=1.0.0")
        self.assertTrue(openmetrics.headers["content-type"].startswith("application/openmetrics-text"))
        self.assertTrue(openmetrics.body.endswith(b"# EOF\n"))

    def test_h14_metrics_are_refused_to_other_names_and_sites(self):
        node = self.start("-s", 1)
        self.assertEqual(node.curl("/metrics", "-H", "Host: evil.example").status, 403)
        self.assertEqual(node.curl("/metrics", "-H", "Origin: http://evil.example").status, 403)
        self.assertEqual(node.curl("/metrics", "-X", "POST").status, 405)
        self.assertEqual(node.curl("/metrics").status, 200)


class Traces(Case):
    def test_a_trace_file_has_what_happened_and_is_whole_at_the_end(self):
        file = self.home / "events.json"
        first = self.start("-s", 1, "--trace", file)
        second = self.start("-s", 2)
        self.join(first, second)
        second.curl("/send?msg=hello")
        first.wait_for_line("hello")

        self.assertEqual(first.stop(), 0)

        events = [json.loads(line) for line in file.read_text().splitlines()]
        delivered = [event for event in events if event["type"] == 3]
        self.assertEqual([event["deliverMessage"]["topic"] for event in delivered], ["meetme"])
        kinds = {event["type"] for event in events}
        self.assertLessEqual({3, 4, 5, 6, 7, 9, 11}, kinds)
        self.assertEqual(len({event["peerID"] for event in events}), 1)
        base64.b64decode(events[0]["peerID"], validate=True)
        times = [event["timestamp"] for event in events]
        self.assertEqual(times, sorted(times))

    def test_a_trace_file_that_cannot_be_made_ends_the_program_with_a_sentence(self):
        node = self.launch("-hp", 0, "-s", 1, "--trace", self.home / "none" / "events")

        self.assertEqual(node.wait(), 1)
        self.assertIn(b"No such file", node.err.content)

    def test_a_running_node_writes_as_it_goes(self):
        file = self.home / "events.pb"
        self.start("-s", 1, "--trace", file, "--trace-format", "protobuf")

        wait_until(lambda: file.stat().st_size > 0, "the first event")
