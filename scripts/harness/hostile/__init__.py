"""Groups of cases of scripts/interop: hostile and silent peers."""
