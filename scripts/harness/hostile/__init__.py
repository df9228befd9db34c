"""Groups of cases of scripts/interop: peers that send what they should not, or nothing."""
