"""What a daemon's case leaves."""

import os


def listed(root):
    """Names with type, permissions, owner, group, content or target."""
    found = []
    for parent, directories, files in os.walk(root):
        for name in directories + files:
            path = os.path.join(parent, name)
            status = os.lstat(path)
            content = os.readlink(path) if os.path.islink(path) else ""
            if os.path.isfile(path) and not content:
                with open(path, encoding="utf-8") as file:
                    content = file.read()
            found.append((os.path.relpath(path, root), oct(status.st_mode), status.st_uid, status.st_gid, content))
    return sorted(found)
