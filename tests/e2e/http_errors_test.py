# SPDX-License-Identifier: Apache-2.0
"""What the two routes answer when something is wrong, and what they refuse."""
import json
import os
import socket
import subprocess

from nodes import Case, PATIENCE, demo_ids, free_port, wait_until

STRANGER = "12D3KooWHHzSeKaY8xuZVzkLbKFfvNgPPeKhFBGrMbNzbm5akpqu"


class Listening:
    """A TCP port that notices whether anybody knocks."""

    def __init__(self, case):
        self.socket = socket.create_server(("127.0.0.1", 0))
        case.addCleanup(self.socket.close)
        self.address = f"/ip4/127.0.0.1/tcp/{self.socket.getsockname()[1]}/p2p/{STRANGER}"

    def knocked(self):
        self.socket.setblocking(False)
        try:
            self.socket.accept()[0].close()
            return True
        except BlockingIOError:
            return False


class Raw:
    """A connection without a client library."""

    def __init__(self, case, node):
        self.socket = socket.create_connection(("127.0.0.1", node.port), PATIENCE)
        case.addCleanup(self.socket.close)

    def send(self, data):
        self.socket.sendall(data)
        return self

    def read_all(self):
        content = b""
        while chunk := self.socket.recv(65536):
            content += chunk
        return content


class BadDestinations(Case):
    def test_bad_text_gives_400_with_a_reason_each_before_anything_is_dialled(self):
        node = self.start("-s", 1)
        listening = Listening(self)

        reply = node.curl(f"/addPeers?dest={listening.address},/ip4/127.0.0.1/tpc/80,,/ip4/127.0.0.1/tcp/1")

        self.assertEqual(reply.status, 400)
        problem = reply.problem()
        self.assertEqual(problem["type"], "/problems/invalid-multiaddr")
        self.assertEqual([error["index"] for error in problem["errors"]], [1, 2, 3])
        self.assertEqual(problem["errors"][0]["detail"], "unknown protocol 'tpc' at byte 15")
        self.assertTrue(all(error["detail"] for error in problem["errors"]))
        self.assertFalse(listening.knocked())
        self.assertNotIn("peer connected!", node.lines())

    def test_every_kind_of_bad_text_gives_400(self):
        node = self.start("-s", 1)
        for dest in ("", "x", "/", "%00", "%ff", "/ip4/127.0.0.1", "/ip4/1.2.3.999/tcp/1/p2p/" + STRANGER,
                     "/ip4/127.0.0.1/tcp/65536/p2p/" + STRANGER, "/ip4/127.0.0.1/tcp/1/p2p/12D3", " ", "," * 99,
                     "/p2p/" + STRANGER + "/" * 1000):
            with self.subTest(dest=dest[:40]):
                reply = node.curl("/addPeers?dest=" + dest.replace(" ", "%20"))
                self.assertIn(reply.status, (400, 502) if dest.endswith("//") else (400,))
                self.assertTrue(reply.problem()["detail"])
        self.assertEqual(node.curl("/addPeers").status, 400)
        self.assertEqual(node.curl("/livez").status, 200)

    def test_a_refused_connection_gives_502_with_its_reason(self):
        node = self.start("-s", 1)
        port = free_port()

        reply = node.curl(f"/addPeers?dest=/ip4/127.0.0.1/tcp/{port}/p2p/{STRANGER}")

        self.assertEqual(reply.status, 502)
        problem = reply.problem()
        self.assertEqual(problem["type"], "/problems/dial-failed")
        self.assertIn("refused", problem["errors"][0]["detail"])
        self.assertNotIn("peer connected!", node.lines())

    def test_each_destination_has_its_result(self):
        first, second = (self.start("-s", seq) for seq in (1, 2))

        reply = first.curl(f"/addPeers?dest={second.address},/ip4/127.0.0.1/tcp/{free_port()}/p2p/{STRANGER}")

        self.assertEqual(reply.status, 502)
        results = reply.problem()["results"]
        self.assertEqual([result["ok"] for result in results], [True, False])
        self.assertEqual(results[0]["addr"], second.address)
        first.curl("/send?msg=still+joined")
        second.wait_for_line("still joined")

    def test_another_peer_at_the_address_gives_502(self):
        first, second = (self.start("-s", seq) for seq in (1, 2))
        wrong = second.address.replace(second.peer_id, STRANGER)

        reply = first.curl(f"/addPeers?dest={wrong}")

        self.assertEqual(reply.status, 502)
        self.assertTrue(reply.problem()["errors"][0]["detail"])

    def test_the_nodes_own_address_gives_502(self):
        node = self.start("-s", 1)
        self.assertEqual(node.peer_id, demo_ids()[1])
        reply = node.curl(f"/addPeers?dest={node.address}")
        self.assertEqual(reply.status, 502)
        self.assertTrue(reply.problem()["errors"][0]["detail"])

    def test_a_peer_that_is_connected_already_is_no_error(self):
        first, second = (self.start("-s", seq) for seq in (1, 2))
        self.join(first, second, second)


class Routes(Case):
    def test_paths_are_those_of_go(self):
        node = self.start("-s", 1)
        for path in ("/", "/send/", "/sendx", "/SEND"):
            reply = node.curl(path)
            self.assertEqual((reply.status, reply.body), (404, b"404 page not found\n"), path)
            self.assertTrue(reply.headers["content-type"].startswith("text/plain"))
        moved = node.curl("//send?msg=a", "--path-as-is")
        self.assertEqual((moved.status, moved.headers["location"]), (301, "/send?msg=a"))

    def test_livez_tells_that_the_node_moves(self):
        first, second = (self.start("-s", seq) for seq in (1, 2))
        reply = first.curl("/livez")
        self.assertEqual(reply.status, 200)
        told = json.loads(reply.body)
        self.assertEqual(told["status"], "ok")
        self.assertGreaterEqual(told["checks"].pop("loop_lag_ms"), 0)
        self.assertEqual(told["checks"], {"listen": "ok", "peers": "none", "store": "ok"})
        self.join(first, second)
        wait_until(lambda: json.loads(first.curl("/livez").body)["checks"]["peers"] == "ok", "the peer in /livez")

    def test_head_answers_without_a_body(self):
        node = self.start("-s", 1)
        answer = Raw(self, node).send(
            f"HEAD /nothing HTTP/1.1\r\nHost: 127.0.0.1:{node.port}\r\nConnection: close\r\n\r\n".encode()).read_all()
        self.assertTrue(answer.startswith(b"HTTP/1.1 404 "))
        self.assertTrue(answer.endswith(b"\r\n\r\n"))
        self.assertIn(b"Content-Length: 19\r\n", answer)

    def test_a_topic_nobody_joined_gives_400(self):
        self.assertEqual(self.start("-s", 1).curl("/send?msg=x&topic=other").status, 400)


class Refusals(Case):
    def assert_refused(self, node, *headers):
        for target in ("/send?msg=evil", "/addPeers?dest=/ip4/127.0.0.1/tcp/1/p2p/" + STRANGER):
            reply = node.curl(target, *(word for header in headers for word in ("-H", header)))
            self.assertEqual(reply.status, 403, (target, headers))
            self.assertTrue(reply.problem()["detail"])
        self.assertEqual(len(node.lines()), 1, "nothing was published")

    def test_h02_another_host_name_gives_403(self):
        node = self.start("-s", 1)
        for host in ("evil.example", f"evil.example:{node.port}", f"127.0.0.1:{node.port + 1}", "localhost"):
            self.assert_refused(node, f"Host: {host}")
        self.assertEqual(node.curl("/livez", "-H", "Host: evil.example").status, 403)
        self.assertEqual(node.curl("/send?msg=x", "-H", f"Host: LOCALHOST:{node.port}").status, 200)

    def test_h04_a_page_of_another_site_gives_403(self):
        node = self.start("-s", 1)
        self.assert_refused(node, "Sec-Fetch-Site: cross-site")
        self.assert_refused(node, "Sec-Fetch-Site: same-site")
        self.assert_refused(node, "Origin: http://evil.example")
        self.assert_refused(node, "Origin: null")
        self.assertEqual(node.curl("/send?msg=x", "-H", "Sec-Fetch-Site: none").status, 200)

    def test_h03_no_answer_lets_other_origins_read_it(self):
        node = self.start("-s", 1)
        foreign = ("-H", "Origin: http://evil.example")
        preflight = ("-X", "OPTIONS", "-H", "Access-Control-Request-Method: POST")
        for words in ((), foreign, (*foreign, *preflight)):
            for target in ("/send?msg=x", "/livez", "/nothing"):
                headers = node.curl(target, *words).headers
                self.assertFalse([name for name in headers if name.startswith("access-control")], (target, words))
        node.wait_for_line("x")
        self.assertEqual(node.lines().count("http request is :  x"), 1, "only the request without an origin was obeyed")

    def test_h01_other_addresses_of_this_machine_are_not_served(self):
        node = self.start("-s", 1)
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.2", node.port), PATIENCE).close()


class Limits(Case):
    def ask(self, node, head):
        return Raw(self, node).send(head.replace(b"HOST", f"Host: 127.0.0.1:{node.port}".encode())).read_all()

    def test_h09_long_targets_headers_and_bodies_are_refused(self):
        node = self.start("-s", 1)
        long_target = b"GET /send?msg=" + b"x" * 3000 + b" HTTP/1.1\r\nHOST\r\n\r\n"
        self.assertTrue(self.ask(node, long_target).startswith(b"HTTP/1.1 414 "))
        long_head = b"GET / HTTP/1.1\r\nHOST\r\nX: " + b"x" * 9000 + b"\r\n\r\n"
        self.assertTrue(self.ask(node, long_head).startswith(b"HTTP/1.1 431 "))
        body = b"POST /send HTTP/1.1\r\nHOST\r\nContent-Length: 99999999\r\n\r\n"
        self.assertTrue(self.ask(node, body).startswith(b"HTTP/1.1 413 "))

    def test_f31_what_could_be_read_in_two_ways_is_refused_and_the_connection_closed(self):
        node = self.start("-s", 1)
        hidden = b"GET /send?msg=smuggled HTTP/1.1\r\nHOST\r\n\r\n"
        for head in (b"POST / HTTP/1.1\r\nHOST\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHOST\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
                     b"GET / HTTP/1.1\nHOST\n\n",
                     b"GET / HTTP/1.1\r\nHOST\r\nA: b\r\n c\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHOST\r\nHost: x\r\n\r\n",
                     b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n"):
            answer = self.ask(node, head + hidden)
            self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), (head, answer))
            self.assertEqual(answer.count(b"HTTP/1.1"), 1)
        self.assertEqual(len(node.lines()), 1)

    def test_requests_may_follow_each_other_on_one_connection(self):
        node = self.start("-s", 1)
        one = b"GET /send?msg=a HTTP/1.1\r\nHOST\r\n\r\n"
        last = b"GET /send?msg=b HTTP/1.1\r\nHOST\r\nConnection: close\r\n\r\n"
        self.assertEqual(self.ask(node, one + one + last).count(b"HTTP/1.1 200 OK"), 3)
        node.wait_for_line("b")

    def test_h11_one_connection_too_many_is_turned_away_and_slow_ones_end(self):
        node = self.start("-s", 1)
        slow = [Raw(self, node).send(b"GET / HT") for _ in range(64)]

        turned_away = node.curl("/livez")
        self.assertEqual(turned_away.status, 503)
        self.assertEqual(turned_away.problem()["status"], 503)
        for connection in slow:
            self.assertEqual(connection.read_all(), b"")
        self.assertEqual(node.curl("/livez").status, 200)

    def test_h11_who_asks_too_often_gets_429_and_the_node_stays_alive(self):
        node = self.start("-s", 1)
        many = Raw(self, node)
        request = f"GET /nothing HTTP/1.1\r\nHost: 127.0.0.1:{node.port}\r\n\r\n".encode()
        answers = b""
        for _ in range(100):
            many.send(request * 100)
            wanted = answers.count(b"HTTP/1.1 ") + 100
            while answers.count(b"HTTP/1.1 ") < wanted or not answers.endswith(b"\n"):
                answers += many.socket.recv(65536)
            if b"HTTP/1.1 429 " in answers:
                break

        head, _, refused = answers.partition(b"HTTP/1.1 429 ")
        self.assertGreaterEqual(head.count(b"HTTP/1.1 404 "), 200)
        self.assertIn(b"Retry-After: 1\r\n", refused)
        self.assertIn(b'"/problems/rate-limited"', refused)
        self.assertEqual(node.curl("/livez").status, 200)

    def test_livez_answers_while_every_worker_dials(self):
        node = self.start("-s", 1)
        silent = Listening(self)  # takes connections and says nothing: a dial lasts as long as it may
        asked = [subprocess.Popen(["curl", "-s", "-o", os.devnull, "--noproxy", "*",
                                   f"http://127.0.0.1:{node.port}/addPeers?dest={silent.address}"]) for _ in range(8)]
        for process in asked:
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
        for _ in range(4):
            silent.socket.settimeout(PATIENCE)
            self.addCleanup(silent.socket.accept()[0].close)

        self.assertEqual(node.curl("/livez").status, 200)

        self.assertEqual([process.poll() for process in asked], [None] * 8, "all of them are still dialling")

    def test_h15_bad_requests_in_masses_do_not_disturb_gossip(self):
        first, second = (self.start("-s", seq) for seq in (1, 2))
        self.join(first, second)
        for number in range(300):
            bad = Raw(self, first).send(b"\n")
            self.assertTrue(bad.read_all().startswith(b"HTTP/1.1 400 "))
            bad.socket.close()
            if number % 100 == 0:
                second.curl(f"/send?msg=m{number}")
                first.wait_for_line(f"m{number}")


class BusyPort(Case):
    def test_f14_a_port_in_use_ends_the_program_with_a_sentence(self):
        first = self.start("-s", 1)
        second = self.launch("-hp", first.port, "-s", 2)

        self.assertEqual(second.wait(), 1)
        self.assertIn(f"127.0.0.1:{first.port}".encode(), second.err.content)
        self.assertIn(b"in use", second.err.content)
        self.assertEqual(second.out.content, b"", "no half start")

    def test_f14_a_listen_address_that_is_taken_ends_the_program(self):
        first = self.start("-s", 1)
        second = self.launch("-hp", 0, "-s", 2, "--listen", f"/ip4/127.0.0.1/tcp/{first.p2p_port}")
        self.assertEqual(second.wait(), 1)
        self.assertIn(first.p2p_port.encode(), second.err.content)
        self.assertEqual(second.out.content, b"")
