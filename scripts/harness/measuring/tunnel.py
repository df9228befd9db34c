"""One connection through two relays, and a file through a tunnel in process: what `scripts/bench` measures of TLS alone."""

import contextlib
import os
import socket
import subprocess
import threading
import time

from harness.measuring import versus
from harness.programs import peers
from harness.programs.processes import MemoryWatch

PIECE = 1 << 20
# The write size of the sender in the relay cases: it stays in the cache.
SENT_AT_ONCE = 256 << 10


def _cpu(usages):
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _sink(listener, count, outcome):
    """Reads everything from one connection and discards it in the kernel."""
    connection, _ = listener.accept()
    buffer, taken = bytearray(PIECE), 0
    with connection:
        while got := connection.recv_into(buffer, PIECE, socket.MSG_TRUNC):
            taken += got
    outcome.append(taken == count)


def relay_run(bench, program, version, size):
    """Sends `size` bytes from memory through a client relay and a server relay of one program to a sink."""
    outcome = []
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        piece = os.urandom(SENT_AT_ONCE)
        text = f"syslog = no\ndebug = 4\nsslVersion = {version}"
        far = stack.enter_context(peers.stunnel_server(
            bench.root, bench.keys, listener.getsockname()[1], text=text, program=program))
        near = stack.enter_context(peers.stunnel_client(bench.root, bench.keys, far.port, text=text, program=program))
        sink = threading.Thread(target=_sink, args=(listener, size, outcome))
        sink.start()
        with MemoryWatch([far.process.pid, near.process.pid], interval=0.1) as memory:
            begin = time.monotonic()
            with socket.socket() as caller:
                # BBR, where it is the default, would pace by timers, whose interrupts cost the relay its time; and once a
                # socket is connected with it, the timers stay.
                caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
                caller.connect(("127.0.0.1", near.port))
                for _ in range(size // SENT_AT_ONCE):
                    caller.sendall(piece)
                caller.shutdown(socket.SHUT_WR)
                while caller.recv(4096):
                    pass
            sink.join()
            seconds = time.monotonic() - begin
    if outcome != [True]:
        raise SystemExit(f"{program} lost bytes: {far.log_text()[-400:]} {near.log_text()[-400:]}")
    return {"seconds": seconds, "cpu": _cpu([far.rusage, near.rusage]), "peak_kib": memory.peak_sum,
            "largest_kib": max(memory.peak_each.values(), default=0)}


def openssl_copy(bench):
    """Compiles the C loop that our tunnel is compared with."""
    program = f"{bench.root}/openssl-copy"
    if not os.path.exists(program):
        source = os.path.join(peers.REPOSITORY, "Benchmarks", "openssl-copy", "openssl-copy.c")
        subprocess.run(["cc", "-O2", "-o", program, source, "-lssl", "-lcrypto"], check=True)
    return [program]


def copy_run(bench, program, source):
    """Copies a file to another on /dev/shm: one process reads and encrypts, the other decrypts and writes."""
    target = f"{bench.root}/copied"
    pem, key = bench.keys.good
    receiver = subprocess.Popen([*program, "receive", target, pem, key], stdout=subprocess.PIPE, text=True)
    port = receiver.stdout.readline().strip()
    with MemoryWatch([receiver.pid], interval=0.1) as memory:
        begin = time.monotonic()
        sender = subprocess.Popen([*program, "send", source, port])
        _, first, near = os.wait4(sender.pid, 0)
        _, second, far = os.wait4(receiver.pid, 0)
        seconds = time.monotonic() - begin
    sender.returncode = receiver.returncode = first or second
    receiver.stdout.close()
    if first or second or subprocess.run(["cmp", source, target]).returncode:
        raise SystemExit(f"{program[0]} did not copy the file")
    os.unlink(target)
    return {"seconds": seconds, "cpu": _cpu([near, far]), "peak_kib": memory.peak_sum,
            "largest_kib": max(near.ru_maxrss, far.ru_maxrss)}


def _relay(program, version):
    return lambda bench: relay_run(bench, program, version, bench.large_size)


def _copy(program):
    return lambda bench: copy_run(bench, program(bench), _one_file(bench))


def _one_file(bench):
    path = f"{bench.root}/one-file"
    if not os.path.exists(path):
        piece = os.urandom(PIECE)
        with open(path, "wb") as out:
            for _ in range(bench.large_size >> 21):
                out.write(piece)
    return path


# name: what is run, by contender; "stock" is what ours is compared with
CASES = {
    "relay-tls13": {"dvm": _relay(peers.DVM_STUNNEL, "TLSv1.3"), "stock": _relay("stunnel4", "TLSv1.3")},
    "relay-tls12": {"dvm": _relay(peers.DVM_STUNNEL, "TLSv1.2"), "stock": _relay("stunnel4", "TLSv1.2")},
    "tunnel-file-copy": {"dvm": _copy(lambda bench: [peers.DVM_BENCH, "tunnel"]), "stock": _copy(openssl_copy)},
}
GOALS = {"relay-tls13": 2.0, "relay-tls12": 2.0, "tunnel-file-copy": 1.0}


def run_case(bench, name, names, runs):
    """Alternates the contenders `runs` times and returns every sample of each."""
    contenders = {who: body for who, body in versus.rivals(CASES[name], bench.switch).items()
                  if who in names}
    samples = {who: [] for who in contenders}
    for turn in range(runs):
        for who in (list(contenders) if turn % 2 == 0 else list(reversed(contenders))):
            samples[who].append(contenders[who](bench))
            print(f"  {name} {who}: {samples[who][-1]['seconds']:.2f} s", flush=True)
    return samples
