"""Symlink swaps (transfer 19.4): while a program works, another process of the volume's user exchanges directories and a
file of the volume with links that lead out of it. Nothing outside may be created, changed, removed or read."""

import contextlib
import ctypes
import os
import shutil
import signal
import stat
import subprocess
import sys
import time

from harness.cases import Case, Failure, check
from harness.programs import peers
from harness.programs.processes import run
from harness.trees import damage

SECRET = b"this file is not part of the volume\n"
# The names in the volume that are swapped, each with its counterpart outside.
SWAPPED = {"mid": "outside", "deep/er": "outside/sub", "leaf": "outside/leaf"}
FILES = 24
SECONDS, REDUCED = 30, 2  # of a role
EXCHANGE = 2  # of renameat2(2)
HERE = -100  # AT_FDCWD


# MARK: the attacker

def swap(volume, outside, spare):
    """Exchanges the names in SWAPPED with links until the process is ended. Runs as a process of its own."""
    renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    pairs = []
    for number, (name, to) in enumerate(SWAPPED.items()):
        target = os.path.join(os.path.dirname(outside), to)
        pairs.append((f"{volume}/{name}".encode(), f"{spare}/{number}".encode(), target))
    while True:
        for name, held, target in pairs:
            _arm(name, held, target)
        for _ in range(200):
            for name, held, _ in pairs:
                renameat2(HERE, name, HERE, held, EXCHANGE)


def _arm(name, held, target):
    """Makes exactly one of a pair a link again, after the program under attack has removed or replaced one."""
    with contextlib.suppress(OSError):
        if os.path.islink(name):
            if not os.path.lexists(held):
                os.mkdir(held)
        elif not os.path.islink(held):
            if os.path.isdir(held):
                shutil.rmtree(held)
            elif os.path.lexists(held):
                os.unlink(held)
            os.symlink(target, held)


@contextlib.contextmanager
def _swapping(directory):
    """Runs the attacker during the `with`."""
    code = ("import sys; sys.dont_write_bytecode = True; sys.path.insert(0, sys.argv[1]); "
            "from harness.hostile.races import swap; swap(*sys.argv[2:])")
    argv = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-c", code, os.path.join(peers.REPOSITORY, "scripts"),
            f"{directory}/volume", f"{directory}/outside", f"{directory}/spare"]
    with subprocess.Popen(argv, stderr=subprocess.PIPE) as attacker:
        try:
            yield
            if attacker.poll() is not None:
                raise Failure(f"the attacker ended: {attacker.stderr.read().decode()}")
        finally:
            attacker.send_signal(signal.SIGKILL)


# MARK: the trees

def _fill(directory, number):
    """A directory with files whose content, modes and times depend on the number."""
    for name in ("", "sub"):
        os.makedirs(f"{directory}/{name}", exist_ok=True)
        for index in range(FILES // 2):
            path = f"{directory}/{name}/f{index}"
            with open(path, "wb") as file:
                file.write(f"version {number} of {index}\n".encode() * (1 + index * 40))
            os.chmod(path, 0o640 + number)
            os.utime(path, (10**9 + number, 10**9 + number))
        os.chmod(f"{directory}/{name}", 0o750 + number)


def _version(path, number):
    """One version of the source: another content of everything; in the second, some names are missing."""
    _fill(f"{path}/mid", number)
    _fill(f"{path}/deep/er", number)
    with open(f"{path}/leaf", "wb") as file:
        file.write(b"leaf %d\n" % number * 1000)
    if number:
        shutil.rmtree(path + "/mid/sub")
        os.unlink(path + "/deep/er/f3")
    return path


def _outside(path):
    """What must stay as it is: it has the volume's names, and more."""
    _fill(path, 5)
    for directory, _, names in os.walk(path):
        for name in [*names, "more"]:
            with open(f"{directory}/{name}", "wb") as file:
                file.write(SECRET)
            os.chmod(f"{directory}/{name}", 0o604)
    with open(path + "/leaf", "wb") as file:
        file.write(SECRET)
    # With times of access before those of change, each reading sets a new one (relatime).
    for directory, _, names in os.walk(path, topdown=False):
        for name in [*names, ""]:
            os.utime(f"{directory}/{name}", (5, 10**9))


def _look(path):
    """Everything that a change or a reading would alter; looking itself must not, so that content is compared at the end."""
    found = {}
    for directory in (path, path + "/sub"):
        status = os.lstat(directory)
        # The listing of this function is the only one: directories are compared without their time of access.
        found[directory] = (status.st_mode, status.st_mtime_ns, status.st_ctime_ns, status.st_nlink)
        for name in os.listdir(directory):
            info = os.lstat(f"{directory}/{name}")
            if not stat.S_ISDIR(info.st_mode):
                found[f"{directory}/{name}"] = (info.st_mode, info.st_uid, info.st_gid, info.st_size, info.st_mtime_ns,
                                                info.st_ctime_ns, info.st_nlink, info.st_atime_ns)
    return found


# MARK: the roles

def _shell(directory, name, command):
    """A remote shell that starts `command` with the arguments for a server, or, with `@`, as it is."""
    words = command.replace("@", "") if "@" in command else command + ' "$@"'
    return peers.write(f"{directory}/{name}", "#!/bin/sh\n# drops the host and the program's name\nshift 2\n"
                       f"exec {words}\n", 0o755)


def _daemon_shell(directory):
    configuration = peers.write(f"{directory}/rsyncd.conf", f"log file = {directory}/log\n[m]\npath = {directory}/volume\n"
                                "read only = no\nuse chroot = no\nuid = root\ngid = root\nmunge symlinks = no\n")
    return _shell(directory, "daemon", f"{peers.DVM_RSYNC} --server --daemon --config={configuration} . @")


def _receivers(options):
    """The command of each receiving role: from the source's path."""
    def client(setting, directory, stack):
        shell = _shell(directory, "shell", peers.STOCK_RSYNC)
        return lambda source: [peers.DVM_RSYNC, *options, "-e", shell, f"host:{source}/", f"{directory}/volume/"]

    def server(setting, directory, stack):
        shell = _shell(directory, "shell", peers.DVM_RSYNC)
        return lambda source: [peers.STOCK_RSYNC, *options, "-e", shell, source + "/", f"host:{directory}/volume/"]

    def daemon(setting, directory, stack):
        shell = _daemon_shell(directory)
        return lambda source: [peers.STOCK_RSYNC, *options, "-e", shell, source + "/", "host::m/"]

    def local(setting, directory, stack):
        return lambda source: [peers.DVM_RSYNC, *options, source + "/", f"{directory}/volume/"]

    def target(setting, directory, stack):
        agent = stack.enter_context(peers.dvm_target(directory, setting.keys, {"m": f"{directory}/volume"},
                                                     options=("--no-sandbox",)))
        return lambda source: peers.dvm_source(setting.keys, source, agent.port, "--delete", "--check", "none", volume="m")
    return {"receiver client": client, "receiver server": server, "daemon receiver": daemon, "local copy": local,
            "dvm-target": target}


def _senders(options):
    """The command of each sending role, to a directory."""
    def client(setting, directory, stack):
        shell = _shell(directory, "shell", peers.STOCK_RSYNC)
        return lambda to: [peers.DVM_RSYNC, *options, "-e", shell, f"{directory}/volume/", f"host:{to}/"]

    def server(setting, directory, stack):
        shell = _shell(directory, "shell", peers.DVM_RSYNC)
        return lambda to: [peers.STOCK_RSYNC, *options, "-e", shell, f"host:{directory}/volume/", to + "/"]

    def daemon(setting, directory, stack):
        shell = _daemon_shell(directory)
        return lambda to: [peers.STOCK_RSYNC, *options, "-e", shell, "host::m/", to + "/"]

    def source(setting, directory, stack):
        agent = stack.enter_context(peers.dvm_target(directory, setting.keys, {"m": f"{directory}/arrived"}))
        return lambda to: peers.dvm_source(setting.keys, f"{directory}/volume", agent.port, "--delete", "--check", "none",
                                           "--no-sandbox", volume="m")
    return {"sender client": client, "sender server": server, "daemon sender": daemon, "dvm-source": source}


def _race(role, full, sends, whole=False, refills=False):
    """Repeats a role's command while names are swapped. With `whole`, every second version has none of the directories,
    so that all of their content is removed; with `refills`, what a sender removes is there again in the next pass."""
    def body(setting, directory):
        seconds, passes, codes = SECONDS if full else REDUCED, 0, set()
        volume, outside, arrived = f"{directory}/volume", f"{directory}/outside", f"{directory}/arrived"
        sources = [_version(f"{directory}/source{number}", number) for number in (0, 1)]
        if whole:
            for name in ("mid", "deep/er"):
                shutil.rmtree(f"{sources[1]}/{name}")
        shutil.copytree(sources[0], volume)
        for path in (directory + "/spare", arrived):
            os.makedirs(path)
        _outside(outside)
        before = _look(outside)
        with contextlib.ExitStack() as stack:
            command = role(setting, directory, stack)
            with _swapping(directory):
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    _empty(arrived)
                    if refills:
                        run([peers.DVM_RSYNC, "-aH", sources[0] + "/", volume + "/"], 60)
                    outcome = run(command(arrived if sends else sources[passes % 2]), 60)
                    # It may fail file by file, on as many lines, or give up, but it ends by itself.
                    check(outcome.code in damage.RSYNC_CODES | {0}, f"pass {passes}: {outcome}")
                    codes.add(outcome.code)
                    passes += 1
                    if sends:
                        _check_arrived(arrived, passes)
                    check(_look(outside) == before, f"pass {passes}: something outside is not as it was",
                          *_differences(before, _look(outside)), str(outcome))
        for path, facts in before.items():
            if stat.S_ISREG(facts[0]):
                with open(path, "rb") as file:
                    check(file.read() == SECRET, f"{path} has another content")
        return f"{passes} passes, exit codes {sorted(codes)}"
    return body


def _empty(path):
    for name in os.listdir(path):
        whole = f"{path}/{name}"
        shutil.rmtree(whole) if os.path.isdir(whole) and not os.path.islink(whole) else os.unlink(whole)


def _differences(before, after):
    return [f"{path}: {before.get(path)} -> {after.get(path)}" for path in sorted(before.keys() | after.keys())
            if before.get(path) != after.get(path)][:6]


def _check_arrived(path, number):
    """Nothing from outside may have arrived: neither a name nor content."""
    for directory, _, names in os.walk(path):
        check("more" not in names, f"pass {number}: {directory} has a name from outside")
        for name in names:
            if os.path.islink(f"{directory}/{name}"):
                continue
            with open(f"{directory}/{name}", "rb") as file:
                check(SECRET not in file.read(), f"pass {number}: {directory}/{name} has content from outside")


def race_cases(full):
    """Each role; a receiver also in place and where whole directories go."""
    usual = ("-aH", "--delete")
    cases = [(name, role, False, False) for name, role in _receivers(usual).items()]
    cases += [("deleter", _receivers(usual)["receiver server"], False, True),
              ("local deleter", _receivers(usual)["local copy"], False, True),
              ("receiver in place", _receivers((*usual, "--inplace"))["receiver server"], False, False),
              ("receiver with sums", _receivers((*usual, "-c", "--no-W"))["receiver client"], False, False)]
    cases += [(name, role, True, False) for name, role in _senders(("-aH", "-c")).items()]
    bodies = {name: _race(role, full, sends, whole) for name, role, sends, whole in cases}
    removing = _senders((*usual, "--remove-source-files"))
    bodies |= {f"{name}, removing": _race(removing[name], full, True, refills=True)
               for name in ("sender client", "daemon sender")}
    return [Case(f"races/{name}", body, SECONDS if full else REDUCED) for name, body in bodies.items()]
