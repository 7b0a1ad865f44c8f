// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

type object map[string]any

// output writes one JSON object a line. Its queue has no limit on purpose: a driver that reads
// slowly must not hold up the network it looks at.
type output struct {
	mutex   sync.Mutex
	changed *sync.Cond
	pending []byte
	writing bool
}

func newOutput(to io.Writer) *output {
	o := &output{}
	o.changed = sync.NewCond(&o.mutex)
	go o.drain(to)
	return o
}

func (o *output) emit(value object) {
	line, err := json.Marshal(value)
	if err != nil {
		fmt.Fprintln(os.Stderr, "not printable:", err)
		return
	}
	o.mutex.Lock()
	o.pending = append(append(o.pending, line...), '\n')
	o.mutex.Unlock()
	o.changed.Broadcast()
}

func (o *output) drain(to io.Writer) {
	var lines []byte
	for {
		o.mutex.Lock()
		o.writing = false
		o.changed.Broadcast()
		for len(o.pending) == 0 {
			o.changed.Wait()
		}
		lines, o.pending = o.pending, lines[:0]
		o.writing = true
		o.mutex.Unlock()
		if _, err := to.Write(lines); err != nil {
			fmt.Fprintln(os.Stderr, "standard output:", err)
		}
	}
}

// flush waits until all is written, but no longer than the timeout.
func (o *output) flush(timeout time.Duration) {
	written := make(chan struct{})
	go func() {
		o.mutex.Lock()
		defer o.mutex.Unlock()
		for len(o.pending) > 0 || o.writing {
			o.changed.Wait()
		}
		close(written)
	}()
	select {
	case <-written:
	case <-time.After(timeout):
	}
}
