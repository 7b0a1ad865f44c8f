# SPDX-License-Identifier: Apache-2.0
"""Medians with their spread, ratios of medians, as Markdown; and the raw samples as JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Iterable, Sequence

from runner.table import markdown

from .idle import Footprint
from .throughput import Sample

OURS = "ours"
NOTES = "## What the figures say"
# What `bench_limits` tells, for people; a name that is not here stands for itself.
LIMITS = {
    "aead_gbps_16k": "ChaCha20-Poly1305, records of 16 KiB, GB/s",
    "aead_records_64": "ChaCha20-Poly1305, records of 64 B, a second",
    "ed25519_sign_per_s": "Ed25519 signatures made a second",
    "ed25519_verify_per_s": "Ed25519 signatures checked a second",
    "sha512_gbps": "SHA-512, GB/s",
    "sha256_gbps": "SHA-256, GB/s",
    "loopback_write_64_per_s": "loopback TCP, writes of 64 B a second",
    "loopback_gbps": "loopback TCP, writes of 64 KiB, GB/s",
    "sealed_loopback_gbps": "loopback TCP, 8 sealed records of 16 KiB a write, opened, GB/s",
}


@dataclass(frozen=True)
class Session:
    """All that was measured in one sitting."""

    date: str
    commit: str
    machine: str
    repetitions: int
    samples: list[Sample]
    limits: list[dict[str, float]]
    footprints: list[Footprint]

    def valid(self, load: str, implementation: str) -> list[Sample]:
        return [
            sample
            for sample in self.samples
            if (sample.load, sample.implementation, sample.void) == (load, implementation, "")
        ]


def machine() -> str:
    """Processor, cores and kernel."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}"


def raw(session: Session) -> str:
    return json.dumps(asdict(session), indent=1, ensure_ascii=False) + "\n"


def summary(session: Session) -> str:
    """Everything a reader wants, tables only where something was measured."""
    parts = [
        _throughput(session),
        _void(session),
        _footprints(session),
        _limits(session),
    ]
    return "\n\n".join(part for part in parts if part)


def notes_in(document: str) -> str:
    """The part of the document that people wrote: from the heading of the notes to the end."""
    return document[document.index(NOTES) :] if NOTES in document else f"{NOTES}\n"


def document(session: Session, notes: str = "") -> str:
    """`notes` is what stands behind the figures, kept from the document before."""
    head = (
        "# Benchmarks\n\n"
        "One publisher, one subscriber, two processes, TCP over loopback with Noise and yamux; at\n"
        "most a window of messages under way (256 up to 1 KiB, 64 of 64 KiB, 8 of 1 MiB). The\n"
        "implementations take turns, every run with fresh processes, and a run with a message\n"
        "lost, changed or repeated is void. Medians, least and greatest in brackets.\n\n"
        f"Measured {session.date} at commit {session.commit}, {session.repetitions} repetitions, "
        f"on {session.machine}.\nRaw samples: `docs/bench/quick-{session.date}.json`. "
        "Repeat with `bench/quick/run --write-docs`."
    )
    figures = f"{head}\n\n{_versions(session)}\n\n{summary(session)}\n"
    return f"{figures}\n{notes}" if notes else figures


def figure(value: float) -> str:
    """Three significant digits, thousands marked."""
    if value >= 100:
        digits = max(0, len(str(int(value))) - 3)
        return f"{round(value, -digits):,.0f}"
    return f"{value:.3g}"


def ratio(session: Session, load: str, other: str) -> float | None:
    """Our median rate over another's, None when either has no valid run."""
    ours, theirs = session.valid(load, OURS), session.valid(load, other)
    if not ours or not theirs:
        return None
    return _median(s.rate for s in ours) / _median(s.rate for s in theirs)


def processor_ratio(session: Session, load: str, other: str) -> float | None:
    """Another's median processor time per message, both sides, over ours."""
    ours, theirs = session.valid(load, OURS), session.valid(load, other)
    if not ours or not theirs:
        return None
    return _median(map(_both_sides, theirs)) / max(1e-9, _median(map(_both_sides, ours)))


def _both_sides(sample: Sample) -> float:
    return sample.publisher_us + sample.subscriber_us


def _median(values: Iterable[float]) -> float:
    return statistics.median(list(values))


def _names(session: Session) -> list[str]:
    return list(dict.fromkeys(sample.implementation for sample in session.samples))


def _loads(session: Session) -> list[str]:
    return list(dict.fromkeys(sample.load for sample in session.samples))


def _throughput(session: Session) -> str:
    if not session.samples:
        return ""
    names = _names(session)
    others = [name for name in names if name != OURS] if OURS in names else []
    head = ["load", *(f"{name} msg/s" for name in names), *(f"{name} µs pub/sub" for name in names)]
    rows = [head + [f"{OURS}/{other}" for other in others]]
    for load in _loads(session):
        runs = [session.valid(load, name) for name in names]
        ratios = [_ratios(session, load, other) for other in others]
        rows.append(
            [load]
            + [_rates(samples) for samples in runs]
            + [_processor(samples) for samples in runs]
            + ratios
        )
    heading = (
        "Messages a second; processor time per message of publisher and subscriber; how many "
        "times faster we are, by rate and by processor time:"
    )
    return f"{heading}\n\n{markdown(rows)}"


def _ratios(session: Session, load: str, other: str) -> str:
    by_rate = ratio(session, load, other)
    by_processor = processor_ratio(session, load, other)
    if by_rate is None or by_processor is None:
        return ""
    return f"{by_rate:.2f} · {by_processor:.2f}"


def _rates(samples: Sequence[Sample]) -> str:
    if not samples:
        return "void"
    rates = [sample.rate for sample in samples]
    return f"{figure(_median(rates))} ({figure(min(rates))}–{figure(max(rates))})"


def _processor(samples: Sequence[Sample]) -> str:
    if not samples:
        return ""
    publisher = _median(sample.publisher_us for sample in samples)
    subscriber = _median(sample.subscriber_us for sample in samples)
    return f"{figure(publisher)}/{figure(subscriber)}"


def _void(session: Session) -> str:
    lines = [
        f"- {sample.load}, {sample.implementation}, repetition {sample.repetition}: {sample.void}"
        for sample in session.samples
        if sample.void
    ]
    return "\n".join(["Void runs:", "", *lines]) if lines else ""


def _footprints(session: Session) -> str:
    if not session.footprints:
        return ""
    rows = [["hub", "peers", "before KiB", "after KiB", "KiB per idle peer"]]
    for one in session.footprints:
        figures = [figure(value) for value in (one.before_kb, one.after_kb, one.peer_kb)]
        told = ["", "", f"void: {one.void}"] if one.void else figures
        rows.append([one.implementation, str(one.peers), *told])
    return "Resident memory of a hub by idle peer, all on one topic:\n\n" + markdown(rows)


def _limits(session: Session) -> str:
    told = [limits for limits in session.limits if limits]
    if not told:
        return ""
    rows = [["limit", "median", "least", "greatest"]]
    for name in told[0]:
        values = [limits[name] for limits in told if name in limits]
        shown = (_median(values), min(values), max(values))
        rows.append([LIMITS.get(name, name), *(figure(value) for value in shown)])
    return "Limits of this machine in the same sitting, one core each way:\n\n" + markdown(rows)


def _versions(session: Session) -> str:
    found = {s.implementation: s.version for s in session.samples if s.version}
    return markdown([["implementation", "version"], *([k, v] for k, v in found.items())])
