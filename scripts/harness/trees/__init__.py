"""Trees and volumes for tests, how they are compared, and what must hold for them after a failure."""
