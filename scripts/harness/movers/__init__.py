"""Group of cases of scripts/interop about the command lines and configurations of other volume movers."""
