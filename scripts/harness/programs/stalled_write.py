"""A write(2) that is blocked on a page of its buffer (userfaultfd(2))."""

import contextlib
import ctypes
import fcntl
import os
import select
import struct
import threading
import time

from harness.cases import Skipped

_USERFAULTFD = {"x86_64": 323, "aarch64": 282}
_API, _REGISTER, _COPY = 0xC018AA3F, 0xC020AA00, 0xC028AA03
_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p


class StalledWrite:
    """Writes a page to a file, when `release` is called.

    The kernel sets a file's modification time when a write begins, and holds the file's lock to its end.
    """
    PAGE = 4096
    _released = threading.Event()

    def __init__(self, path):
        self.path = path
        StalledWrite._released.clear()

    @staticmethod
    def release():
        """Lets the write continue."""
        StalledWrite._released.set()

    def __enter__(self):
        page = self.PAGE
        number = _libc.syscall(_USERFAULTFD[os.uname().machine], os.O_CLOEXEC | os.O_NONBLOCK)
        if number < 0:
            raise Skipped(f"userfaultfd: {os.strerror(ctypes.get_errno())}")
        self.faults = number
        fcntl.ioctl(number, _API, struct.pack("QQQ", 0xAA, 0, 0))
        self.buffer = _libc.mmap(None, ctypes.c_size_t(page), 3, 0x22, -1, ctypes.c_long(0))
        fcntl.ioctl(number, _REGISTER, struct.pack("QQQQ", self.buffer, page, 1, 0))
        before = os.stat(self.path).st_mtime_ns
        self.threads = [threading.Thread(target=work) for work in (self._serve, self._write)]
        for thread in self.threads:
            thread.start()
        while os.stat(self.path).st_mtime_ns == before:
            time.sleep(0.001)
        return self

    def __exit__(self, *_):
        self.release()
        for thread in self.threads:
            thread.join()
        os.close(self.faults)

    def _serve(self):
        select.select([self.faults], [], [], 10)
        StalledWrite._released.wait()
        content = ctypes.create_string_buffer(b"n" * self.PAGE, self.PAGE)
        request = struct.pack("QQQQq", self.buffer, ctypes.addressof(content), self.PAGE, 0, 0)
        with contextlib.suppress(FileExistsError):
            fcntl.ioctl(self.faults, _COPY, request)

    def _write(self):
        handle = os.open(self.path, os.O_WRONLY)
        _libc.pwrite(handle, ctypes.c_void_p(self.buffer), ctypes.c_size_t(self.PAGE), ctypes.c_long(0))
        os.close(handle)
