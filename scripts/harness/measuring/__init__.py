"""Measurements of scripts/bench other than whole transfers, and the comparison of samples."""
