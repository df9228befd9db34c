// Replaced by the relay program.
