"""Groups of cases of scripts/interop: transfers between our programs and stock ones."""
