// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

type values map[string]json.RawMessage

// arguments is a JSON object that is taken apart name by name, so that what nobody asked for can
// be refused. It keeps the first error, which done returns; until then values may be zero.
type arguments struct {
	values values
	err    error
}

func parseArguments(text []byte) (*arguments, error) {
	a := &arguments{}
	if err := json.Unmarshal(text, &a.values); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if a.values == nil {
		return nil, errors.New("not a JSON object")
	}
	return a, nil
}

// required takes a value that must be there; null counts as absent.
func required[T any](a *arguments, name string) T {
	value, found := take[T](a, name)
	if !found {
		a.fail(fmt.Errorf("%s is missing", name))
	}
	return value
}

// optional takes a value, or `absent` where there is none.
func optional[T any](a *arguments, name string, absent T) T {
	if value, found := take[T](a, name); found {
		return value
	}
	return absent
}

func take[T any](a *arguments, name string) (value T, found bool) {
	text, given := a.values[name]
	delete(a.values, name)
	if !given || string(text) == "null" {
		return value, false
	}
	if err := json.Unmarshal(text, &value); err != nil {
		a.fail(fmt.Errorf("%s: %w", name, err))
	}
	return value, true
}

// atLeast takes an integer and refuses those below the bound.
func (a *arguments) atLeast(bound int, name string, absent int) int {
	value := optional(a, name, absent)
	if value < bound {
		a.fail(fmt.Errorf("%s is %d, less than %d", name, value, bound))
	}
	return value
}

// duration takes a number of `unit`s, which may have a fraction.
func (a *arguments) duration(name string, unit, absent time.Duration) time.Duration {
	count, found := take[float64](a, name)
	if !found {
		return absent
	}
	length := count * float64(unit)
	if length < 0 || length > math.MaxInt64/2 {
		a.fail(fmt.Errorf("%s is out of range", name))
		return absent
	}
	return time.Duration(length)
}

func (a *arguments) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

// done refuses what was not taken and tells the first error.
func (a *arguments) done() error {
	if a.err != nil || len(a.values) == 0 {
		return a.err
	}
	unknown := make([]string, 0, len(a.values))
	for name := range a.values {
		unknown = append(unknown, name)
	}
	return fmt.Errorf("unknown: %s", slices.Min(unknown))
}
