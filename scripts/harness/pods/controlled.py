"""The shipped manifests (scripts/kubernetes) in pods of podman, driven by the reference controller (scripts/controller) over exec
alone: passes whose streams break, that are limited and stopped, a cutover, a verification."""

import contextlib
import os
import signal
import subprocess
import uuid

from harness.cases import Case, check
from harness.pods.migration import Migration, await_that
from harness.pods.podman import Network, insist_on_images, podman
from harness.programs.processes import descendants
from harness.transfers import unprivileged

LARGE = 40 << 20


def _execs(process):
    """The running `podman exec … attach` below a controller."""
    found = []
    for pid in descendants(process.pid)[1:]:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as handle:
            if b"\0attach\0" in handle.read():
                found.append(pid)
    return found


def _monitors(container):
    """The conmon of each exec in a container: what stands between the exec's program and whoever reads it."""
    number, found = podman("container", "inspect", "--format", "{{.Id}}", container).stdout.strip().encode(), []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as handle:
            words = handle.read().split(b"\0")
            if words[0].endswith(b"conmon") and number in words and b"--exec-attach" in words:
                found.append(int(pid))
    return found


def _broken_and_stopped(migration):
    """A stage pass whose exec is killed at either end of its stream, which the controller then shows again; limited, freed, and stopped."""
    migration.control("limit", "2M")
    with subprocess.Popen([*migration.controller, "stage"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as stage:
        try:
            await_that("the pass is shown", lambda: _execs(stage) and migration.status()["state"] == "running")
            first = _execs(stage)
            for pid in first:
                os.kill(pid, signal.SIGKILL)
            await_that("the pass is shown again", lambda: set(_execs(stage)) - set(first))
            second = _execs(stage)
            monitors = _monitors(f"{migration.source.pod['metadata']['name']}-dvm-source")
            check(monitors, "no conmon of an exec was found")
            for pid in monitors:
                os.kill(pid, signal.SIGKILL)
            await_that("the pass is shown again after the end of conmon", lambda: set(_execs(stage)) - set(first) - set(second))
            check(migration.status()["pass"] == 1, f"not the first pass any more: {migration.status()}")
            migration.control("stop")
            output = stage.communicate(timeout=30)[0]
        finally:
            stage.kill()
    check(stage.returncode == 1 and "DVM-4004" in output, f"the stopped stage ended with {stage.returncode}: {output[-1500:]}")
    check(migration.status()["state"] == "idle", f"the agent is not idle: {migration.status()}")
    migration.control("limit", "0")


def _body(setting, directory):
    insist_on_images()
    os.chmod(directory, 0o755)
    label = uuid.uuid4().hex[:8]
    first, second = unprivileged.own_trees(setting)
    with Network(f"dvm-{label}") as network:
        migration = Migration(network, directory, label)
        migration.fill(first)
        migration.fill_with(LARGE)
        migration.begin(migration.target)
        migration.begin(migration.source)
        migration.control("check")
        advice = migration.control("advise")
        check("enough" in advice and "rule of today's controller" in advice, advice)
        _broken_and_stopped(migration)
        migration.control("stage")
        migration.check_equal("after the first stage")
        migration.fill(second)
        migration.control("stage")
        # Where the application is stopped, it makes its last change.
        marker = f"'{migration.volumes['source']}/last words'"
        migration.control("cutover", "--quiesce", f"echo end >{marker} && chown {migration.source.user}:{migration.source.user} {marker}")
        migration.check_equal("after the cutover")
        migration.control("verify")
        _check_verification(migration)


def _check_verification(migration):
    """A file of the same size and time, but other content, is found, and put right."""
    path = f"{migration.volumes['target']}/large"
    times = os.stat(path)
    with open(path, "r+b") as handle:
        handle.seek(LARGE // 2)
        handle.write(b"damage")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    check("1 files differed" in migration.control("verify", code=1), "the damage was not found")
    migration.control("verify")
    migration.check_equal("after the verification")


def controlled_cases():
    """One migration from nothing to a verified cutover."""
    return [Case("pods/manifests and controller", _body, cost=40)]
