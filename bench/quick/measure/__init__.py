# SPDX-License-Identifier: Apache-2.0
"""The quick benchmark: the same script for every implementation, in turns, in one sitting.

`throughput` measures a pair of agents, `idle` a hub with many peers, `limits` what the machine
itself can do; `report` shows them. The agents are driven by the runner of `interop`.
"""
