# SPDX-License-Identifier: Apache-2.0
"""Plays the scenarios of gossipsub-interop in network namespaces."""
