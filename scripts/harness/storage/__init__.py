"""Groups of cases of scripts/interop that need file systems on loop devices, and therefore root."""
