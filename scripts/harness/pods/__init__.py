"""Group of cases of scripts/interop that runs programs in pods of podman."""
