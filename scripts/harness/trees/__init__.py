"""Trees and volumes for tests, how they are compared, and their required state after a failure."""
