# SPDX-License-Identifier: Apache-2.0
"""Tests of the runner: `interop/gossipsub/run --self-test`."""
