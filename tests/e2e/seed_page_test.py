# SPDX-License-Identifier: Apache-2.0
"""The transcript of the demo's page, typed as it stands there."""
from nodes import Case, curl, demo_ids, free_port


class SeedPage(Case):
    def type_node(self, program, port, seq):
        node = self.launch("-hp", port, "-s", seq, program=program).wait_for_address()
        node.port = port
        return node

    def assert_done(self, reply):
        self.assertEqual((reply.exit, reply.status, reply.body), (0, 200, b""))
        self.assertEqual(reply.headers.get("content-length"), "0")
        self.assertNotIn("content-type", reply.headers)

    def test_the_transcript_gives_the_pages_output_byte_for_byte(self):
        ids = demo_ids()
        first = self.type_node("main", free_port(), 1)
        second = self.type_node("main", free_port(), 2)
        third = self.type_node("gossip-demo", free_port(), 3)

        self.assert_done(curl(f"http://127.0.0.1:{first.port}/addPeers?dest={second.address}"))
        first.wait_for_line("peer connected!")
        self.assert_done(curl(f"http://127.0.0.1:{third.port}/addPeers?dest={first.address}"))
        third.wait_for_line("peer connected!")
        # What follows the first message proves that no copy of it came behind it.
        for message in ("hellokatty", "the end"):
            self.assert_done(curl(f"http://127.0.0.1:{second.port}/send?msg={message.replace(' ', '+')}"))
            for node in (first, second, third):
                node.wait_for_line(message)

        expected = {
            first: ["peer connected!", "hellokatty", "the end"],
            second: ["http request is :  hellokatty", "hellokatty", "http request is :  the end", "the end"],
            third: ["peer connected!", "hellokatty", "the end"],
        }
        for seq, (node, lines) in enumerate(expected.items(), 1):
            self.assertEqual(node.stop(), 0)
            start = f"this multiaddr is :  /ip4/127.0.0.1/tcp/{node.p2p_port}/p2p/{ids[seq]}\n"
            self.assertEqual(node.out.content.decode(), start + "".join(line + "\n" for line in lines))

    def test_several_destinations_are_joined_by_one_request(self):
        first, second, third = (self.start("-s", seq) for seq in (1, 2, 3))

        reply = first.curl(f"/addPeers?dest={second.address},{third.address}")

        self.assert_done(reply)
        self.assert_done(third.curl("/send?msg=hello"))
        for node in (first, second, third):
            node.wait_for_line("hello")

    def test_a_message_right_behind_the_reply_of_addpeers_arrives(self):
        first, second = (self.start("-s", seq) for seq in (1, 2))
        self.join(first, second)

        for number in range(20):
            self.assert_done(first.curl(f"/send?msg=m{number}"))

        second.wait_for_line("m19")
        self.assertEqual([line for line in second.lines() if line.startswith("m")], [f"m{n}" for n in range(20)])

    def test_any_method_sends_and_a_form_body_wins(self):
        node = self.start("-s", 1)
        url = "/send?msg=query"
        self.assert_done(node.curl(url, "-X", "DELETE"))
        node.wait_for_line("query")
        self.assert_done(node.curl(url, "-d", "msg=body+%21"))
        node.wait_for_line("body !")
        self.assert_done(node.curl("/send", "-F", "msg=part"))
        self.assert_done(node.curl("/send", "-H", "Content-Type: application/json", "-d", '{"msg":"x"}'))
        self.assert_done(node.curl("/send?msg=%zz"))
        node.wait_for_line("http request is :  ", times=3)
        self.assert_done(node.curl("/send?msg=end"))
        node.wait_for_line("end")
        self.assertEqual(node.lines()[1:], ["http request is :  query", "query", "http request is :  body !", "body !",
                                            "http request is :  ", "", "http request is :  ", "", "http request is :  ", "",
                                            "http request is :  end", "end"])

    def test_every_byte_of_a_message_arrives(self):
        first, second = (self.start("-s", seq) for seq in (1, 2))
        self.join(first, second)
        every_byte = bytes(range(256))
        text = "".join(f"%{byte:02x}" for byte in every_byte)

        self.assert_done(first.curl(f"/send?msg={text}"))

        second.out.wait_for(lambda content: every_byte + b"\n" in content, "every byte")

    def test_a_large_message_arrives_and_a_larger_one_is_refused(self):
        first, second = (self.start("-s", seq) for seq in (1, 2))
        self.join(first, second)
        form = self.home / "form"
        form.write_text("msg=" + "x" * 1_000_000)

        self.assert_done(first.curl("/send", "--data-binary", f"@{form}"))
        second.wait_for_line("x" * 1_000_000)
        form.write_text("msg=" + "x" * (1 << 20))
        self.assertEqual(first.curl("/send", "--data-binary", f"@{form}").status, 413)
