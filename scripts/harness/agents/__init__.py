"""What only the agents do: concurrent writers, the final pass, guards against accidental deletions."""
