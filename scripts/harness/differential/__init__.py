"""Random runs of stock rsync with stock rsync, compared with runs in which one or both ends are ours."""
