#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An agent whose network is a flood of JSON lines over TCP: enough to try the runner on.

FAKE_FAULTS, a comma-separated list, makes it misbehave: `lose` every tenth message, `double`
every tenth, `spoil` a byte, `wrong_via`, `ignore_verdicts`, `forgive` bad messages, `keep_mum`
about other peers, `hoard` parts, `deaf` to quit, `bad_exit`,
`chatter` (a line that is no JSON), `silent` (never ready), `unsupported` (exits 3).
"""

import argparse
import asyncio
import base64
import json
import os
import sys
import time

FAULTS = set(filter(None, os.environ.get("FAKE_FAULTS", "").split(",")))
KEYS = {
    "sign", "message_id", "validate", "protocols", "max_message_size", "d", "d_low", "d_high",
    "d_score", "d_out", "d_lazy", "flood_publish", "history_length", "history_gossip", "score",
    "px", "partial",
}  # fmt: skip
ARGUMENTS = {
    "connect": {"addr": str}, "disconnect": {"peer": str}, "subscribe": {"topic": str},
    "unsubscribe": {"topic": str}, "publish": {"topic": str, "data": str}, "peers": {},
    "mesh": {"topic": str}, "ping": {"peer": str}, "stats": {}, "quit": {},
    "score": {"peer": str}, "partial_join": {"topic": str},
    "partial_publish": {"topic": str, "group": str, "parts": list},
}  # fmt: skip
OPTIONAL = {"peers": {"topic": str}, "connect": {"timeout_ms": int}}
SEED_ZERO = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"


def say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


class Node:
    def __init__(self, peer_id, config):
        self.peer_id = peer_id
        self.signed = config.get("sign", "strict") == "strict"
        self.verdicts = {rule["topic"]: rule["verdict"] for rule in config.get("validate", [])}
        self.full = config.get("d_high", 12)
        self.graylist = (config.get("score") or {}).get("graylist_threshold")
        self.exchanges = config.get("px", False)
        self.address = None
        self.addresses = {}  # peer id: where it listens
        self.pruned = set()
        self.scores = {}  # peer id: score, where there are scores
        self.topics = set()
        self.links = {}  # peer id: writer
        self.subscribed = {}  # peer id: topics
        self.order = []  # peers in the order they came
        self.kept = []  # messages for who joins later
        self.parts = {}  # (topic, group): the parts that are there, the others None
        self.seen = set()
        self.published = 0
        self.done = asyncio.Event()

    async def serve(self, reader, writer):
        """One connection, until it ends: the first line says who is there."""
        self.write(writer, self.hello())
        peer = None
        try:
            async for line in reader:
                frame = json.loads(line)
                if "hello" in frame:
                    peer = frame["hello"]
                    self.links[peer] = writer
                    self.order.append(peer)
                    self.offer_others(peer)
                    self.addresses[peer] = frame["address"]
                    say({"event": "connected", "peer": peer})
                self.take(peer, frame)
        except ConnectionError:
            pass
        if peer is not None and self.links.get(peer) is writer:
            del self.links[peer]
            self.order.remove(peer)
            self.subscribed.pop(peer, None)
            say({"event": "disconnected", "peer": peer})
        writer.close()

    def hello(self):
        return {"hello": self.peer_id, "topics": sorted(self.topics), "address": self.address}

    def offer_others(self, peer):
        """Whom the mesh has no room for is told of those who are in it."""
        if self.exchanges and len(self.order) > self.full and "keep_mum" not in FAULTS:
            self.write(self.links[peer], {"offer": list(self.addresses.values())})

    def take(self, peer, frame):
        if self.exchanges:
            for address in frame.get("offer", ()):
                asyncio.create_task(self.do_connect({"addr": address}))
        if "pruned" in frame:
            self.pruned.add(peer)
        if self.score(peer) < (self.graylist or 0):
            return
        if "topics" in frame:
            self.subscribed[peer] = set(frame["topics"])
            for message in self.kept:
                self.write(self.links[peer], message)
        if "parts" in frame:
            self.take_parts(peer, frame)
        if "data" in frame and frame["id"] not in self.seen:
            self.seen.add(frame["id"])
            verdict = self.verdicts.get(frame["topic"], "accept")
            if verdict != "accept" and "ignore_verdicts" not in FAULTS:
                self.blame(peer)
                return
            self.deliver(peer, frame)
            self.forward(frame, but=peer)

    def score(self, peer):
        return self.scores.get(peer, 0)

    def blame(self, peer):
        """Whoever is below zero is in nobody's mesh; it is told, as by a PRUNE."""
        if self.graylist is not None and "forgive" not in FAULTS:
            self.scores[peer] = self.score(peer) - 100
            self.write(self.links[peer], {"pruned": True})

    def deliver(self, peer, frame):
        if frame["topic"] not in self.topics:
            return
        chosen = len(self.seen) % 10 == 0
        if "lose" in FAULTS and chosen:
            return
        data = frame["data"]
        if "spoil" in FAULTS:
            data = base64.b64encode(b"spoiled").decode()
        event = {
            "event": "message", "topic": frame["topic"], "data": data, "from": frame["from"],
            "via": self.peer_id if "wrong_via" in FAULTS else peer, "message_id": frame["id"],
        }  # fmt: skip
        for _ in range(2 if "double" in FAULTS and chosen else 1):
            say(event)

    def forward(self, frame, but=None):
        self.kept.append(frame)
        for peer, writer in self.links.items():
            if peer != but:
                self.write(writer, frame)

    def announce(self):
        for writer in self.links.values():
            self.write(writer, {"topics": sorted(self.topics)})

    @staticmethod
    def write(writer, frame):
        writer.write(json.dumps(frame).encode() + b"\n")

    async def command(self, value):
        operation = value["op"]
        known = {**ARGUMENTS[operation], **OPTIONAL.get(operation, {})}
        for name, given in value.items():
            if name not in ("id", "op") and not isinstance(given, known[name]):
                raise TypeError(name)
        for name in ARGUMENTS[operation]:
            value[name]
        return await getattr(self, "do_" + operation)(value) or {}

    async def do_connect(self, value):
        _, _, host, _, port, _, peer = value["addr"].split("/")
        streams = await asyncio.open_connection(host, int(port), limit=1 << 26)
        asyncio.create_task(self.serve(*streams))
        while peer not in self.links:
            await asyncio.sleep(0.005)
        return {"peer_id": peer}

    async def do_disconnect(self, value):
        self.links[value["peer"]].close()

    async def do_subscribe(self, value):
        self.topics.add(value["topic"])
        self.announce()

    async def do_unsubscribe(self, value):
        self.topics.discard(value["topic"])
        self.announce()

    async def do_publish(self, value):
        base64.b64decode(value["data"], validate=True)
        self.published += 1
        number = f"{self.peer_id}{self.published} {time.time_ns()}"
        identity = base64.b64encode(number.encode()).decode()
        self.seen.add(identity)
        author = self.peer_id if self.signed else None
        self.forward(
            {"topic": value["topic"], "data": value["data"], "from": author, "id": identity}
        )
        return {"message_id": identity, "peers": len(self.links)}

    async def do_peers(self, value):
        topic = value.get("topic")
        there = [p for p in self.links if topic is None or topic in self.subscribed.get(p, ())]
        return {"peers": [{"peer_id": p, "protocol": "/meshsub/1.2.0"} for p in there]}

    async def do_mesh(self, value):
        there = [p for p in self.order if value["topic"] in self.subscribed.get(p, ())]
        there = [p for p in there if self.score(p) >= 0 and p not in self.pruned]
        return {"peers": there[: self.full]}

    async def do_score(self, value):
        return {"score": self.score(value["peer"])}

    def take_parts(self, peer, frame):
        """Grows by what came; whoever has less than there is gets all."""
        key = (frame["topic"], frame["group"])
        mine = self.parts.setdefault(key, [None] * 8)
        grown = [part or came for part, came in zip(mine, frame["parts"])]
        self.parts[key] = grown
        if grown != mine:
            named = {name: frame[name] for name in ("topic", "group")}
            say({"event": "partial", **named, "parts": grown, "via": peer})
        if grown != frame["parts"]:
            self.send_parts(key, {peer: self.links[peer]})

    def send_parts(self, key, links):
        for writer in links.values():
            if "hoard" not in FAULTS:
                frame = {"topic": key[0], "group": key[1], "parts": self.parts[key]}
                self.write(writer, frame)

    async def do_partial_join(self, value):
        await self.do_subscribe(value)

    async def do_partial_publish(self, value):
        key = (value["topic"], value["group"])
        mine = self.parts.get(key, [None] * 8)
        self.parts[key] = [part or given for part, given in zip(mine, value["parts"])]
        self.send_parts(key, self.links)

    async def do_ping(self, value):
        if value["peer"] not in self.links:
            raise KeyError(value["peer"])
        return {"rtt_us": 100}

    async def do_stats(self, value):
        return {"cpu_us": time.process_time_ns() // 1000, "rss_kb": 1}

    async def do_quit(self, value):
        if "deaf" not in FAULTS:
            self.done.set()

    async def obey(self, line):
        number = None
        try:
            value = json.loads(line)
            number = value.get("id")
            more = await self.command(value)
            say({"reply": value.get("id"), "ok": True, **more})
        except Exception as error:
            say({"reply": number, "ok": False, "error": repr(error)})


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", action="append", default=[])
    parser.add_argument("--key-seed", type=int)
    parser.add_argument("--config", type=json.loads, default={})
    options = parser.parse_args()
    if set(options.config) - KEYS:
        sys.exit(2)
    if "unsupported" in FAULTS or "/meshsub/9.9.0" in options.config.get("protocols", []):
        say({"event": "failed", "error": "unsupported: protocols"})
        sys.exit(3)
    if "silent" in FAULTS:
        sys.exit(1)
    seed = options.key_seed
    peer_id = SEED_ZERO if seed == 0 else f"fake{seed if seed is not None else os.urandom(8).hex()}"
    node = Node(peer_id, options.config)
    addresses = []
    if options.listen != ["none"]:
        server = await asyncio.start_server(node.serve, "127.0.0.1", 0, limit=1 << 26)
        port = server.sockets[0].getsockname()[1]
        addresses = [f"/ip4/127.0.0.1/tcp/{port}/p2p/{peer_id}"]
        node.address = addresses[0]
    if "chatter" in FAULTS:
        print("starting up")
    say(
        {"event": "ready", "name": "fake", "version": "1", "peer_id": peer_id,
         "addrs": addresses, "pid": os.getpid()}
    )  # fmt: skip
    await run(node)


async def run(node):
    reader = asyncio.StreamReader(limit=1 << 26)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    done = asyncio.create_task(node.done.wait())
    while not done.done():
        line = asyncio.create_task(reader.readline())
        await asyncio.wait([line, done], return_when=asyncio.FIRST_COMPLETED)
        if not line.done() or not line.result():
            break
        await node.obey(line.result())
    os._exit(7 if "bad_exit" in FAULTS else 0)


asyncio.run(main())
