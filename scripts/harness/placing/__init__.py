"""Groups of cases of scripts/interop: where and how files are placed at the destination."""
