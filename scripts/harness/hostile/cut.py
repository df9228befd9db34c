"""A peer that closes at every byte position: a relay forwards N bytes in one direction, then closes both sides."""

import contextlib
import os
import shutil
import socket

from harness.cases import Case
from harness.programs import peers
from harness.programs.background import Relay
from harness.programs.processes import run
from harness.transfers.tls import Ends
from harness.trees import damage

POSITIONS = 4096
WAYS = ("tls push", "plain push", "plain pull")
TOWARDS = ("server", "client")


class Cutter(Relay):
    """Relays one connection at a time to a port; `limit` bytes towards one side, then it closes both."""

    def __init__(self, to_port, towards):
        super().__init__(to_port)
        self.towards, self.limit = towards, 0

    def carry(self, near, far, towards):
        if towards != self.towards:
            self.forward(near, far)
            return
        left = self.limit
        with contextlib.suppress(OSError):
            while left > 0 and (data := near.recv(min(left, 65536))):
                far.sendall(data)
                left -= len(data)
        for side in (near, far):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)


def positions(full):
    """Every position of the first 4 KiB, or the first 40 and every 131st."""
    return list(range(POSITIONS)) if full else [*range(0, 40, 3), *range(40, POSITIONS, 131)]


def _body(way, towards, limits):
    def body(setting, directory):
        old_path, new_path, old, new = damage.two_versions(directory)
        target, served = directory + "/target", directory + "/served"
        os.makedirs(served)
        with contextlib.ExitStack() as stack:
            if way == "tls push":
                ends = stack.enter_context(Ends(setting, directory, path=served))
                port = ends.port
            else:
                server = peers.STOCK_RSYNC if "pull" in way else peers.DVM_RSYNC
                port = stack.enter_context(peers.rsync_daemon(
                    server, directory, {"data": (served, "")}, setting.keys.credentials)).port
            cutter = stack.enter_context(Cutter(port, towards))
            for limit in limits:
                cutter.limit = limit
                here, start = (target, new_path) if "pull" in way else (served, old_path)
                _refill(served, new_path if "pull" in way else old_path)
                if "pull" in way:
                    _refill(target, old_path)
                outcome = ends.push(new_path, port=cutter.port, timeout=30) if way == "tls push" else run(
                    _plain(setting, way, cutter.port, new_path, target), 30)
                name = f"{way}, cut after {limit} bytes to the {towards}"
                damage.check_outcome(outcome, damage.CONNECTION_LOST | {0}, name)
                damage.check_target(old, new, here, what=name)
    return body


def _refill(path, model):
    """Empties a directory that a daemon serves and fills it again, without replacing it."""
    os.makedirs(path, exist_ok=True)
    for name in os.listdir(path):
        whole = os.path.join(path, name)
        shutil.rmtree(whole) if os.path.isdir(whole) else os.unlink(whole)
    shutil.copytree(model, path, dirs_exist_ok=True)


def _plain(setting, way, port, source, target):
    remote = f"rsync://{peers.USER}@127.0.0.1:{port}/data/"
    argv = [peers.DVM_RSYNC, "-aH", "--delete", f"--password-file={setting.keys.password}"]
    return argv + ([remote, target + "/"] if "pull" in way else [source + "/", remote])


def cut_cases(full):
    """Each connection type and direction, in cases of 32 positions."""
    cases, places = [], positions(full)
    for way in WAYS:
        for towards in TOWARDS:
            for at in range(0, len(places), 32):
                limits = places[at:at + 32]
                cases.append(Case(f"cut/{way}/to {towards}/{limits[0]}-{limits[-1]}", _body(way, towards, limits)))
    return cases
