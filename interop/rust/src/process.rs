// SPDX-License-Identifier: Apache-2.0
//! What the kernel says about this process, and the clock all agents on a host share.

use std::{fs, mem, time::Duration};

/// CLOCK_MONOTONIC in nanoseconds: comparable between the processes of one host.
pub fn now_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place to write a timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// User and system time of all threads of the process, in microseconds.
pub fn cpu_us() -> u64 {
    // SAFETY: a rusage is plain numbers, and `usage` is a valid place to write one.
    let usage = unsafe {
        let mut usage = mem::zeroed::<libc::rusage>();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let us = |time: libc::timeval| time.tv_sec as u64 * 1_000_000 + time.tv_usec as u64;
    us(usage.ru_utime) + us(usage.ru_stime)
}

/// Resident size in KiB; 0 where the kernel does not tell.
pub fn rss_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Blocks the calling thread until `now_ns` reaches `due_ns`, tens of microseconds late at most
/// on an idle machine; the runtime's own timer is a millisecond coarse.
pub fn sleep_until(due_ns: u64) {
    let now = now_ns();
    if due_ns > now {
        std::thread::sleep(Duration::from_nanos(due_ns - now));
    }
}
