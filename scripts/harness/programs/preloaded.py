"""Programs whose system calls are slow, or fail."""

import os
import subprocess
import threading

from harness.programs import peers


def slow(setting, **speeds):
    """The environment that makes a program's system calls slow, or fail; see slow.c."""
    library = f"{setting.root}/slow.so"
    if not os.path.exists(library):
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", f"{library}.{os.getpid()}.{threading.get_ident()}",
                        f"{peers.REPOSITORY}/scripts/harness/programs/slow.c", "-ldl"], check=True)
        os.rename(f"{library}.{os.getpid()}.{threading.get_ident()}", library)
    return {"LD_PRELOAD": library, **{name: str(value) for name, value in speeds.items()}}
