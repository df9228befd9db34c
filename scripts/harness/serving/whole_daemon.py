"""Parameters of a whole daemon, ours beside stock's: pid file, socket options, syslog."""

import os
import re
import signal
import socket
import stat
import subprocess
import time

from harness.cases import Skipped, check
from harness.programs import peers
from harness.programs.processes import Server, free_port, run

PROGRAMS = (peers.STOCK_RSYNC, peers.DVM_RSYNC)


def _configured(directory, text, label="conf"):
    """A configuration with one module; its path, the port, and the log's path."""
    os.makedirs(f"{directory}/mod", exist_ok=True)
    port = free_port()
    log = f"{directory}/{label}.log"
    path = peers.write(f"{directory}/{label}", f"address = 127.0.0.1\nport = {port}\n{text}\n"
                       f"[m]\npath = {directory}/mod\nuid = 0\ngid = 0\n")
    return path, port, log


def _daemon(program, configuration, port, directory):
    return Server([program, "--daemon", "--no-detach", f"--config={configuration}"], port, f"{directory}/out")


def _pid_file(_, directory):
    """A pid file names the daemon while it runs; a second daemon with it does not start, whichever of the two is stock."""
    first, port, _ = _configured(directory, f"pid file = {directory}/pid", "first")
    second, _, _ = _configured(directory, f"pid file = {directory}/pid\nlog file = {directory}/log", "second")
    for program in PROGRAMS:
        peers.write(f"{directory}/pid", "99999\nof an older daemon\n")
        with _daemon(program, first, port, directory) as server:
            with open(f"{directory}/pid", encoding="utf-8") as file:
                text = file.read()
            check(text == f"{server.process.pid}\n", f"{program}: the pid file holds {text!r}")
            for other in PROGRAMS:
                outcome = run([other, "--daemon", "--no-detach", f"--config={second}"])
                check(outcome.code == 11, f"{other} beside {program}: {outcome}")
                check(b"failed to lock pid file" in outcome.err, f"{other} beside {program}: {outcome}")
            server.stop(signal.SIGTERM)
        check(not os.path.exists(f"{directory}/pid"), f"{program} left its pid file")
    lost, _, _ = _configured(directory, f"pid file = {directory}/no/pid", "lost")
    codes = [run([program, "--daemon", "--no-detach", f"--config={lost}"]).code for program in PROGRAMS]
    check(codes == [11, 11], f"exit codes without a directory (stock, ours): {codes}")


def _socket_options(_, directory):
    """Options are set on the sockets; one of an unknown name is named in the log and left out."""
    for program in PROGRAMS:
        configuration, port, log = _configured(
            directory, f"log file = {directory}/conf.log\n"
            "socket options = TCP_NODELAY, SO_KEEPALIVE=0 SO_KEEPALIVE,BOGUS,SO_RCVBUF=12345")
        with _daemon(program, configuration, port, directory):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.recv(8)
            memory = subprocess.run(["ss", "-Htnmo", "state", "established", f"( sport = :{port} )"], capture_output=True,
                                    text=True, check=True).stdout
            connection.close()
        with open(log, encoding="utf-8") as file:
            check("Unknown socket option BOGUS" in file.read(), f"{program}: no complaint in the log")
        os.unlink(log)
        check("rb24690," in memory, f"{program}: the receive buffer is not 2 * 12345: {memory}")
        check("keepalive" in memory, f"{program}: no keepalive timer: {memory}")


def _syslog(_, directory):
    """Lines for syslog have the module's facility and tag."""
    if os.geteuid() != 0:
        raise Skipped("needs root")
    found = []
    for program in PROGRAMS:
        devices = f"{directory}/dev-{os.path.basename(program)}"
        os.makedirs(f"{devices}/shm")
        for name, minor in (("null", 3), ("zero", 5), ("urandom", 9), ("random", 8)):
            os.mknod(f"{devices}/{name}", stat.S_IFCHR | 0o666, os.makedev(1, minor))
        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        log.bind(f"{devices}/log")
        os.chmod(f"{devices}/log", 0o666)
        log.settimeout(2)
        configuration, port, _ = _configured(directory, "syslog facility = local3\nsyslog tag = mover")
        with open(configuration, "a", encoding="utf-8") as file:
            file.write(f"[n]\npath = {directory}/mod\nsyslog facility = daemon\nsyslog tag = %RSYNC_MODULE_NAME%-tag\n"
                       "uid = 0\ngid = 0\n")
        mounted = f"mount --bind /dev/shm {devices}/shm && mount --rbind {devices} /dev && exec {program} --daemon --no-detach --config={configuration}"
        with Server(["unshare", "-m", "--propagation", "private", "sh", "-c", mounted], port, f"{directory}/out"):
            for module in "mn":
                outcome = run([peers.STOCK_RSYNC, f"rsync://127.0.0.1:{port}/{module}/"])
                check(outcome.code == 0, f"{program}: {outcome}")
            time.sleep(0.3)
        lines = []
        log.setblocking(False)
        while True:
            try:
                lines.append(log.recv(4096).decode().rstrip("\0\n"))
            except BlockingIOError:
                break
        # Priority, then a time, a tag and a process ID.
        heads = [re.match(r"<(\d+)>(?:\w{3} [ \d]\d [\d:]{8} )?([^\[:]+)\[\d+\]: (.*)", line) for line in lines]
        check(heads and all(heads), f"{program}: {lines}")
        found.append({(int(head.group(1)), head.group(2)) for head in heads
                      if head.group(3).startswith(("connect from", "rsync on"))})
    check(found[0] == found[1], f"priority and tag: stock {found[0]}, ours {found[1]}")


def _ended(_, directory):
    """SIGTERM, by which a container is stopped, ends a daemon with 0, SIGINT with 20."""
    for number in (signal.SIGTERM, signal.SIGINT):
        codes = []
        for program in PROGRAMS:
            configuration, port, _ = _configured(directory, f"log file = {directory}/log")
            with _daemon(program, configuration, port, directory) as server:
                server.stop(number)
            codes.append(server.process.returncode)
        check(codes == [0, 0] if number == signal.SIGTERM else codes == [20, 20], f"{number.name}: exit codes (stock, ours) {codes}")


SINGLE = {"ended by a signal": _ended, "pid file": _pid_file, "socket options": _socket_options, "syslog": _syslog}
