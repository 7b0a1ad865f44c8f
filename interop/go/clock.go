// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// The runtime's monotonic clock is CLOCK_MONOTONIC from an origin it does not tell. These tie the
// two, so that reading the time needs no system call.
var (
	clockBase   = time.Now()
	clockOffset = monotonicOffset()
)

// monotonic is CLOCK_MONOTONIC in nanoseconds, the same for every process on the machine.
func monotonic() int64 { return clockOffset + int64(time.Since(clockBase)) }

// monotonicOffset trusts the reading with the shortest time around it.
func monotonicOffset() int64 {
	offset, shortest := int64(0), int64(math.MaxInt64)
	for range 16 {
		before := int64(time.Since(clockBase))
		kernel := systemMonotonic()
		after := int64(time.Since(clockBase))
		if after-before < shortest {
			shortest = after - before
			offset = kernel - before - shortest/2
		}
	}
	return offset
}

func systemMonotonic() int64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		panic(err)
	}
	return now.Nano()
}

// The runtime rounds short sleeps up to a millisecond when idle; the kernel does not.
const coarseSleep = 3 * time.Millisecond

// sleepUntil returns at the given monotonic time, late by some tens of microseconds at most on
// an idle machine.
func sleepUntil(when int64) {
	left := time.Duration(when - monotonic())
	if left > coarseSleep {
		time.Sleep(left - coarseSleep)
		left = time.Duration(when - monotonic())
	}
	if left <= 0 {
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	wait := unix.NsecToTimespec(int64(left))
	// A signal ends the sleep early; the rest is slept by the next round.
	for unix.Nanosleep(&wait, &wait) == unix.EINTR {
	}
}

// processorTime is what the process has used, user and system together.
func processorTime() time.Duration {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// stamp is one moment: where a measurement begins or ends.
type stamp struct {
	ns        int64
	processor time.Duration
}

func now() stamp { return stamp{monotonic(), processorTime()} }
