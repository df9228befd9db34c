"""The environment of an experiment with stock rsync: a directory, runs of the program, a daemon, and the registry of facts."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time

FACTS = []
OWNER = 65534


class Unexpected(Exception):
    """rsync's behaviour differs from the specification."""


def fact(section, claim, since="3.2.7"):
    """Adds an experiment: a section of the specification and the sentence that it verifies."""
    def add(function):
        FACTS.append((section, claim, since, function))
        return function
    return add


def expect(what, seen, wanted):
    if seen != wanted:
        raise Unexpected(f"{what}: {seen!r}, not {wanted!r}")


def expect_in(what, part, text):
    if part not in text:
        raise Unexpected(f"{what}: no {part!r} in {text!r}")


def expect_not_in(what, part, text):
    if part in text:
        raise Unexpected(f"{what}: {part!r} in {text!r}")


class Answer:
    """What a run printed, and its exit code."""

    def __init__(self, code, text):
        self.code, self.text = code, text

    @property
    def literal(self):
        return self.figure("Literal data")

    def figure(self, name):
        return int(re.search(name + r": ([\d,]+)", self.text)[1].replace(",", ""))

    def lines(self, pattern):
        return [line for line in self.text.splitlines() if re.search(pattern, line)]


class Lab:
    """A directory of one experiment and the program that is examined."""

    def __init__(self, program, root):
        self.program, self.root = program, root
        self.shell = self.write("shell", '#!/bin/sh\nshift\nexec sh -c "$*"\n')
        os.chmod(self.shell, 0o755)
        os.chmod(root, 0o755)

    def path(self, name):
        return os.path.join(self.root, name)

    def write(self, name, content="", when=None, mode=None):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as handle:
            handle.write(content.encode() if isinstance(content, str) else content)
        if mode is not None:
            os.chmod(path, mode)
        if when is not None:
            os.utime(path, ns=(round(when * 1000) * 10**6, round(when * 1000) * 10**6))
        return path

    def link(self, name, target):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        os.symlink(target, self.path(name))

    def directory(self, name, mode=0o755):
        os.makedirs(self.path(name), exist_ok=True)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as handle:
            return handle.read()

    def has(self, name):
        return os.path.lexists(self.path(name))

    def tree(self, name):
        """All names below a directory, directories with a slash."""
        found = []
        for directory, directories, files in os.walk(self.path(name)):
            inside = os.path.relpath(directory, self.path(name))
            links = [each for each in directories if os.path.islink(os.path.join(directory, each))]
            for each in directories:
                found.append(os.path.normpath(os.path.join(inside, each)) + ("" if each in links else "/"))
            found += [os.path.normpath(os.path.join(inside, each)) for each in files]
        return sorted(found)

    def clear(self, *names):
        for name in names:
            shutil.rmtree(self.path(name), ignore_errors=True)

    def run(self, *words, user=None, under=(), environment=None, limit=60):
        """Runs rsync in the directory; `under` is a program before it, `user` a number."""
        command = [*under, self.program, *words]
        done = subprocess.run(command, cwd=self.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit,
                              stdin=subprocess.DEVNULL, text=True, errors="surrogateescape", user=user, group=user,
                              extra_groups=None if user is None else [],
                              env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})})
        return Answer(done.returncode, done.stdout)

    def remote(self, *words, **more):
        """A run through a local remote shell, so that both ends speak the wire protocol."""
        return self.run("-e", self.shell, f"--rsync-path={self.program}", *words, **more)

    def traced(self, calls, *words):
        """The system calls of a run, one line each, and its result."""
        log = self.path("trace")
        answer = self.run(*words, under=("strace", "-f", "-qq", "-s", "80", "-e", f"trace={calls}", "-o", log))
        return answer, self.read("trace").decode(errors="replace").splitlines()

    @contextlib.contextmanager
    def daemon(self, text, environment=None):
        """A daemon on a free port of 127.0.0.1 with this configuration; gives the start of its URL."""
        import socket
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        configuration = self.write("rsyncd.conf", f"use chroot = no\nlog file = {self.path('log')}\nuid = 0\ngid = 0\n" + text)
        process = subprocess.Popen([self.program, "--daemon", "--no-detach", f"--config={configuration}",
                                    "--address=127.0.0.1", f"--port={port}"], cwd=self.root,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={**os.environ, **(environment or {})})
        try:
            for _ in range(500):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.01)
            yield f"rsync://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait()


@contextlib.contextmanager
def lab(program):
    root = tempfile.mkdtemp(prefix="facts.", dir="/dev/shm")
    try:
        yield Lab(program, root)
    finally:
        shutil.rmtree(root, ignore_errors=True)
