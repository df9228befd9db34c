"""Failures that pass: a source tries again and completes, and its record says how often. (What never passes, and every class at a connection's
begin: BrokenConnectionTests, RetryTests.)"""

import contextlib
import json
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import threading

from harness.cases import Case, check, check_equal_trees
from harness.programs import peers, schema
from harness.programs.background import Relay
from harness.programs.processes import Outcome, run
from harness.programs.pushing import Pushing, said, source, tree, wait_for
from harness.transfers.tls import Ends
from harness.trees import compare

LARGE = 5 << 20
SLOW = "--bwlimit=2500"
FAULTY = 2  # how many connections fail
SILENCE = 10
FAILED = re.compile(r"attempt (\d+) of 10 failed: (DVM-\d{4})")


class Faulty(Relay):
    """A relay whose first connections break, or fall silent in both directions, when this much has gone towards the target."""

    def __init__(self, to_port, how, faulty=FAULTY, after=1 << 20):
        super().__init__(to_port)
        self.how, self.left, self.after, self.silent = how, faulty, after, set()

    def carry(self, near, far, towards):
        if towards == "client":
            return self._answer(near, far)
        if self.left <= 0:
            return self.forward(near, far)
        self.left -= 1
        done = 0
        while done < self.after and (data := near.recv(1 << 14)):
            far.sendall(data)
            done += len(data)
        if self.how == "silent":
            return self.silent.add(near)
        for end in (near, far):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.close()

    def _answer(self, near, far):
        while (data := near.recv(1 << 16)) and far not in self.silent:
            far.sendall(data)
        if far not in self.silent:
            far.shutdown(socket.SHUT_WR)


class ProxyWithoutRoute(Relay):
    """A proxy that does not find the target at first: HTTP 503, as for a Route that has not been admitted."""

    def __init__(self, to_port):
        super().__init__(to_port)
        self.left, self.lock = FAULTY, threading.Lock()

    def serve(self, connection):
        while not connection.recv(1 << 14).endswith(b"\r\n\r\n"):
            pass
        with self.lock:
            faulty, self.left = self.left > 0, self.left - 1
        if faulty:
            connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
            return connection.close()
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        return super().serve(connection)


class Router(Relay):
    """A router that answers with its own certificate until the route is there."""

    def __init__(self, to_port, directory):
        super().__init__(to_port)
        self.left, self.lock = FAULTY, threading.Lock()
        files = [f"{directory}/router.pem", f"{directory}/router.key"]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
                        "/O=Acme Co/CN=Kubernetes Ingress Controller Fake Certificate", "-out", files[0], "-keyout", files[1]],
                       check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*files)

    def serve(self, connection):
        with self.lock:
            faulty, self.left = self.left > 0, self.left - 1
        if not faulty:
            return super().serve(connection)
        with contextlib.suppress(ssl.SSLError), self.context.wrap_socket(connection, server_side=True) as tunnel:
            tunnel.recv(1)


def _patient(directory, *options):
    return ("--attempts", "10", "--record", f"{directory}/record.json", "--job-name", "patient", *options)


def _check_completed(directory, outcome, source_path, target, codes, tries=FAULTY + 1):
    """The pass completed after failures of these classes, each said; `tries` None for any number above one."""
    check(outcome.code == 0, str(outcome))
    check_equal_trees(compare.compare(source_path, target))
    failed = FAILED.findall(said(outcome))
    with open(f"{directory}/record.json", encoding="utf-8") as handle:
        record = json.load(handle)
    check(not schema.faults("pass-record", record), *schema.faults("pass-record", record))
    attempts = record["volumes"][0]["attempts"]
    check(attempts == (tries or max(attempts, 2)) == len(failed) + 1, f"{attempts} attempts by the record, said: {failed}: {said(outcome)}")
    check([int(number) for number, _ in failed] == list(range(1, attempts)) and {code for _, code in failed} <= set(codes),
          f"wanted {codes}: {failed}")
    return f"{attempts} attempts"


def _through(relay, *codes, options=(), tries=FAULTY + 1):
    """A push through something that is faulty at first."""
    def body(setting, directory):
        path = tree(f"{directory}/source", "one", LARGE)
        with Ends(setting, directory) as ends, relay(ends.port, directory) as between:
            more = ("--proxy", f"http://127.0.0.1:{between.port}") if isinstance(between, ProxyWithoutRoute) else ()
            port = ends.port if more else between.port
            outcome = run(source(ends, path, *_patient(directory, *options, *more), port=port), 90)
            return _check_completed(directory, outcome, path, ends.target, codes, tries)
    return body


def _until_there(setting, directory):
    """A target that starts after its source."""
    path, target = tree(f"{directory}/source", "one"), f"{directory}/target"
    os.makedirs(target)
    server = peers.dvm_target(directory, setting.keys, {"data": target})
    argv = peers.dvm_source(setting.keys, path, server.port, *_patient(directory))
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=open(f"{directory}/err", "wb")) as push:
        def refused():
            with open(f"{directory}/err", encoding="utf-8") as lines:
                return FAILED.findall(lines.read())[FAULTY - 1:]
        wait_for(lambda: push.poll() is not None or refused(), "two failures")
        with server:
            push.wait(timeout=60)
    with open(f"{directory}/err", "rb") as lines:
        return _check_completed(directory, Outcome(push.returncode, b"", lines.read(), 0), path, target, ["DVM-1002"], None)


def _restarted(setting, directory):
    """A target that is stopped in the middle of a pass, and is there again."""
    path = tree(f"{directory}/source", "one", LARGE)
    with Ends(setting, directory) as ends:
        with Pushing(source(ends, path, SLOW, *_patient(directory)), f"{ends.target}/a000 one") as push:
            ends.servers[0].stop(signal.SIGTERM)
            with ends.servers[0]:
                outcome = push.end(90)
    codes = {code for _, code in FAILED.findall(said(outcome))}
    check("DVM-4002" in codes and codes <= {"DVM-4002", "DVM-1002"}, f"{codes}: {outcome}")
    check(outcome.code == 0, str(outcome))
    check_equal_trees(compare.compare(path, ends.target))


def _busy(setting, directory):
    """A volume that another job writes to for a while."""
    path, other = tree(f"{directory}/source", "one"), tree(f"{directory}/other", "two", 4 * LARGE)
    with Ends(setting, directory) as ends:
        with Pushing(source(ends, other, SLOW), f"{ends.target}/a000 two") as push:
            outcome = run(source(ends, path, *_patient(directory, "--delete-limit", "100")), 90)
            check(push.end().code == 0, "the other job")
        return _check_completed(directory, outcome, path, ends.target, ["DVM-2010"], None)


def retrying_cases():
    """One case per class of failure."""
    cases = {
        # A reset may come as the end of the tunnel.
        "reset": _through(lambda port, _: Faulty(port, "reset"), "DVM-1005", "DVM-1211"),
        "silence": _through(lambda port, _: Faulty(port, "silent", 1), "DVM-4003", options=("--silence-limit", str(SILENCE)), tries=2),
        "proxy without a route": _through(lambda port, _: ProxyWithoutRoute(port), "DVM-1103"),
        # A look at what else the router answers takes connections, too.
        "router without a route": _through(Router, "DVM-1215", tries=None),
        "target that starts later": _until_there,
        "target that is restarted": _restarted,
        "busy volume": _busy,
    }
    return [Case(f"retry/{name}", body, 5) for name, body in cases.items()]
