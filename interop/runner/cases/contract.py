# SPDX-License-Identifier: Apache-2.0
"""Every agent, ours included, keeps the contract the other cases lean on."""

from __future__ import annotations

from typing import Any

from ..agent import QUIT_SECONDS_MAX, Agent, Launch, StartFailed
from ..case import Case
from ..scene import UNSUPPORTED_STATUS, CaseFailed, Direction, Scene, require

USAGE_STATUS = 2
# The identity rule: a seed number is 8 bytes little-endian, then zeros. These are its peer ids.
PEER_IDS = {
    0: "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN",
}
BAD_LINES = (
    "this is not JSON",
    '{"id":1,"op":',
    "[1,2,3]",
    '"peers"',
    "{}",
    '{"id":900,"op":"no_such_operation"}',
    '{"id":901,"op":"subscribe","topic":"contract","colour":"red"}',
    '{"id":902,"op":"subscribe"}',
    '{"id":903,"op":"publish","topic":"contract","data":"not base64!"}',
    '{"id":904,"op":"subscribe","topic":7}',
)


def ready_line(scene: Scene) -> None:
    agent = scene.start(scene.cast.peer, "agent")

    for key in ("name", "version", "peer_id"):
        value = agent.ready.get(key)
        require(isinstance(value, str) and bool(value), f"ready says {key} is {value!r}")
    require(agent.ready.get("pid") == agent.pid, f"ready says pid {agent.ready.get('pid')}")
    addresses = agent.ready.get("addrs")
    require(isinstance(addresses, list) and len(addresses) >= 1, f"ready: addrs {addresses}")
    for address in addresses:
        local = address.startswith("/ip4/127.0.0.1/tcp/")
        named = address.endswith(f"/p2p/{agent.peer_id}")
        require(local and named, f"ready says it listens on {address}")


def listens_nowhere(scene: Scene) -> None:
    agent = scene.start(scene.cast.peer, "agent", listen=("none",))

    require(agent.ready.get("addrs") == [], f"ready: addrs {agent.ready.get('addrs')}")


def key_seed(scene: Scene) -> None:
    for seed, peer_id in PEER_IDS.items():
        agent = scene.start(scene.cast.peer, f"seed-{seed}", seed=seed)
        require(agent.peer_id == peer_id, f"seed {seed} makes {agent.peer_id}, not {peer_id}")


def bad_lines(scene: Scene) -> None:
    agent = scene.start(scene.cast.peer, "agent")

    for number, line in enumerate(BAD_LINES, start=1):
        agent.write_line(line)
        agent.wait(lambda: len(agent.unasked) >= number, f"answer to {line}", scene.left(10))
        reply = agent.unasked[-1]
        require(reply.get("ok") is False, f"{line} is answered with {reply}")
        require(isinstance(reply.get("error"), str), f"{line} is answered without error text")
    require(scene.peers(agent) == {}, "a bad line changed something")
    require(len(agent.unasked) == len(BAD_LINES), "a bad line is answered twice")


def reply_ids(scene: Scene) -> None:
    agent = scene.start(scene.cast.peer, "agent")

    agent.write_line('{"op":"peers"}')
    agent.wait(lambda: agent.unasked, "reply to a command without id", scene.left(10))
    reply = agent.unasked[0]
    require(reply.get("reply", 0) is None and reply.get("ok") is True, f"without id: {reply}")
    require("peers" in reply, f"peers is answered with {reply}")


def bad_targets(scene: Scene) -> None:
    """Commands that cannot succeed fail, in bounded time, and the agent goes on."""
    agent = scene.start(scene.cast.peer, "agent")
    nobody = PEER_IDS[0]

    for operation, arguments in (
        ("connect", {"addr": "not a multiaddr"}),
        ("connect", {"addr": f"/ip4/127.0.0.1/tcp/1/p2p/{nobody}", "timeout_ms": 3000}),
        ("ping", {"peer": nobody}),
        ("ping", {"peer": "not a peer id"}),
    ):
        reply = agent.send(operation, **arguments).outcome(scene.left(15))
        require(reply.get("ok") is False, f"{operation} {arguments} is answered with {reply}")
    scene.ask(agent, "publish", topic="nobody listens", data="")


def config_unknown(scene: Scene) -> None:
    failed = _start_fails(scene, {"no_such_key": 1})
    require(failed.status == USAGE_STATUS, f"an unknown config key ends with {failed.status}")


def config_unsupported(scene: Scene) -> None:
    failed = _start_fails(scene, {"protocols": ["/meshsub/9.9.0"]})
    require(
        failed.error.startswith("unsupported: "), f"the failed event says {failed.error!r}"
    )
    require(
        failed.status == UNSUPPORTED_STATUS, f"an unsupported value ends with {failed.status}"
    )


def ends_by_quit(scene: Scene) -> None:
    first, second = _linked(scene)
    scene.end(first)
    scene.end(second)


def ends_by_input(scene: Scene) -> None:
    for agent in _linked(scene):
        scene.agents.remove(agent)
        agent.close_input()
        status = agent.join(QUIT_SECONDS_MAX)
        require(status == 0, f"{agent.label}: end of input ends it with {status}")


def _linked(scene: Scene) -> tuple[Agent, Agent]:
    """Two agents of the implementation, connected: an end with something to take down."""
    one = scene.start(scene.cast.peer, "one")
    other = scene.start(scene.cast.peer, "other")
    scene.join("contract", (one, other))
    scene.dial(one, other)
    return one, other


def _start_fails(scene: Scene, config: dict[str, Any]) -> StartFailed:
    launch = Launch(
        program=scene.cast.peer.program,
        label=scene.cast.peer.name,
        config=config,
        log=scene.log_directory / f"{next(iter(config))}.log",
    )
    try:
        agent = Agent.start(launch, scene.left(10))
    except StartFailed as failed:
        return failed
    agent.kill()
    raise CaseFailed(f"it starts with {config}")


ALONE = (Direction.alone,)
CASES = [
    Case("contract_ready", "the ready line is complete", ready_line, ALONE),
    Case("contract_listen_none", "`--listen none` listens nowhere", listens_nowhere, ALONE),
    Case("contract_key_seed", "a key seed makes the peer id of the rule", key_seed, ALONE),
    Case("contract_bad_lines", "bad lines, operations and arguments", bad_lines, ALONE),
    Case("contract_reply_ids", "a command without id is answered with null", reply_ids, ALONE),
    Case("contract_bad_targets", "what cannot succeed fails and harms nothing", bad_targets, ALONE),
    Case("contract_config_unknown", "an unknown config key exits 2", config_unknown, ALONE),
    Case("contract_config_unsupported", "an unsupported value exits 3", config_unsupported, ALONE),
    Case("contract_quit", "quit exits 0 within 5 s", ends_by_quit, ALONE),
    Case("contract_end_of_input", "end of input exits 0 within 5 s", ends_by_input, ALONE),
]
