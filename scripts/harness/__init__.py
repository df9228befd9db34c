"""Shared by scripts/interop, scripts/bench and scripts/demo: trees, comparison, peers and the case runner."""
