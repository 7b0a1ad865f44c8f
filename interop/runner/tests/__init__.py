# SPDX-License-Identifier: Apache-2.0
"""Tests of the runner, against an agent of a hundred lines that can be told to misbehave."""
