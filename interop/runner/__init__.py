# SPDX-License-Identifier: Apache-2.0
"""Puts implementations of gossipsub together, two and more at a time, and says what holds.

`agent` drives one process, `scene` several of them, `cases/` says what is tried, `plan` with
whom, `execute` runs it in bounded time, `table` and `document` show the outcome.
"""
