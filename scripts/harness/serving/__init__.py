"""Groups of cases of scripts/interop about daemons and their configuration."""
