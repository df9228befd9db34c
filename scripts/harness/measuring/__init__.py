"""What scripts/bench measures besides whole transfers, and how its samples are compared."""
