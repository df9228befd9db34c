"""Daemons in single cases: how they are started, what they negotiate, what they refuse."""

import contextlib
import os
import socket
import struct
import subprocess
import time

from harness.cases import check
from harness.programs import peers
from harness.programs.processes import Server, free_port, run
from harness.serving.trees import listed


def _by_socket(_, directory):
    """Standard input is a connection (inetd), with a configuration in the working directory. Some give it as standard error, too:
    no line of the log reaches the client, even without a log."""
    os.makedirs(f"{directory}/mod")
    module = f"[m]\npath = {directory}/mod\ncomment = c\n"
    for text, takes_errors in ((f"log file = {directory}/log\n", False), (f"log file = {directory}/log\n", True),
                               (f"log file = {directory}/no/log\n", True), ("", True)):
        peers.write(f"{directory}/conf", f"use chroot = no\n{text}{module}")
        server = socket.create_server(("127.0.0.1", 0))
        port = server.getsockname()[1]
        client = subprocess.Popen([peers.STOCK_RSYNC, f"rsync://127.0.0.1:{port}/"], stdout=subprocess.PIPE)
        connection, _ = server.accept()
        with subprocess.Popen([peers.DVM_RSYNC, "--config=conf", "--daemon"], stdin=connection, cwd=directory,
                              stdout=connection, stderr=connection if takes_errors else None) as daemon:
            connection.close()
            out, _ = client.communicate(timeout=20)
            check(out == b"m              \tc\n", f"the list is {out!r}")
            check(daemon.wait(20) == 0, f"exit code {daemon.returncode}")
    with open(f"{directory}/log", encoding="utf-8") as log:
        check(log.read().count("connect from") == 2, "the log does not have both connections")


def _over_shell(_, directory):
    """A daemon that a remote shell starts reads rsyncd.conf as it is told."""
    os.makedirs(f"{directory}/mod")
    peers.write(f"{directory}/mod/f", "x\n")
    configuration = peers.write(f"{directory}/conf", f"use chroot = no\nlog file = {directory}/log\nuid = 0\ngid = 0\n"
                                f"[m]\npath = {directory}/mod\n")
    shell = peers.write(f"{directory}/shell", f"#!/bin/sh\nshift; shift\nexec {peers.DVM_RSYNC} --server --daemon "
                        f"--config={configuration} .\n", 0o755)
    for client in (peers.STOCK_RSYNC, peers.DVM_RSYNC):
        outcome = run([client, "-rt", "-e", shell, "h::m/", f"{directory}/out/"])
        check(outcome.code == 0, str(outcome))
        check(os.listdir(f"{directory}/out") == ["f"], "the file is missing")


def _start(directory, text, *options, label="d"):
    port = free_port()
    configuration = peers.write(f"{directory}/{label}.conf", f"address = 127.0.0.1\nport = {port}\nlog file = {directory}/log\n" + text)
    return Server([peers.DVM_RSYNC, "--daemon", "--no-detach", f"--config={configuration}", *options], port,
                  f"{directory}/{label}.out"), port, configuration


def _reread(_, directory):
    """The configuration is read for each connection; an error in it leaves the last good one; SIGHUP says so at once."""
    os.makedirs(f"{directory}/mod")
    server, port, configuration = _start(directory, f"[one]\npath = {directory}/mod\n")
    with server:
        def listed():
            return run([peers.STOCK_RSYNC, f"rsync://127.0.0.1:{port}/"]).out.split()
        check(listed() == [b"one"], "the first list")
        with open(configuration, "a", encoding="utf-8") as file:
            file.write(f"[two]\npath = {directory}/mod\n")
        check(listed() == [b"one", b"two"], "the list after a change")
        with open(configuration, "a", encoding="utf-8") as file:
            file.write("nonsense\n")
        server.process.send_signal(1)
        time.sleep(0.5)
        with open(f"{directory}/log", encoding="utf-8") as file:
            check("was not reloaded: line" in file.read(), "the log says nothing of the error")
        check(listed() == [b"one", b"two"], "the list after an error")


def _slots(_, directory):
    """`max connections` counts across daemons with one lock file, stock's among them."""
    os.makedirs(f"{directory}/mod")
    text = f"use chroot = no\nlock file = {directory}/lock\n[m]\npath = {directory}/mod\nmax connections = 1\n"
    ours, our_port, _ = _start(directory, text)
    stock_port = free_port()
    stock = peers.write(f"{directory}/s.conf", f"address = 127.0.0.1\nport = {stock_port}\nlog file = {directory}/slog\n" + text)
    with ours, Server([peers.STOCK_RSYNC, "--daemon", "--no-detach", f"--config={stock}"], stock_port, f"{directory}/s.out"):
        for holder, other in ((our_port, stock_port), (stock_port, our_port)):
            with socket.create_connection(("127.0.0.1", holder)) as held:
                held.sendall(b"@RSYNCD: 31.0 md5\nm\n")
                answer = b""
                held.settimeout(10)
                while b"OK\n" not in answer:
                    piece = held.recv(1000)
                    check(piece, f"no slot: {answer!r}")
                    answer += piece
                outcome = run([peers.STOCK_RSYNC, "-r", f"rsync://127.0.0.1:{other}/m/", f"{directory}/out"])
                check(b"max connections (1) reached -- try again later" in outcome.err, str(outcome))
            deadline = time.monotonic() + 10
            while run([peers.STOCK_RSYNC, "-r", f"rsync://127.0.0.1:{other}/m/", f"{directory}/out"]).code:
                check(time.monotonic() < deadline, "the slot is not released")


def _proxied(_, directory):
    """A PROXY header names the client, and only trusted proxies may send one."""
    os.makedirs(f"{directory}/mod")
    text = (f"proxy protocol = yes\nproxy protocol hosts = PROXY\nreverse lookup = no\n[m]\npath = {directory}/mod\n"
            "hosts allow = 10.1.2.3\n")
    version2 = bytes.fromhex("0d0a0d0a000d0a515549540a") + struct.pack(">BBH", 0x21, 0x11, 12) + bytes(
        [10, 1, 2, 3, 127, 0, 0, 1, 1, 1, 2, 2])

    def answer(port, header):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(header + b"@RSYNCD: 31.0 md5\nm\n")
            connection.settimeout(5)
            got = b""
            try:
                while b"OK\n" not in got and b"@ERROR" not in got:
                    piece = connection.recv(1000)
                    if not piece:
                        break
                    got += piece
            except ConnectionResetError:
                pass
            return got
    server, port, _ = _start(directory, text.replace("PROXY", "127.0.0.1", 1).replace("= PROXY", "= 127.0.0.1"), label="a")
    with server:
        check(b"OK" in answer(port, b"PROXY TCP4 10.1.2.3 127.0.0.1 4000 873\r\n"), "version 1")
        check(b"OK" in answer(port, version2), "version 2")
        check(b"access denied to m from UNDETERMINED (10.1.2.4)" in
              answer(port, b"PROXY TCP4 10.1.2.4 127.0.0.1 4000 873\r\n"), "another client")
        check(answer(port, b"") == b"", "no header")
    server, port, _ = _start(directory, text.replace("= PROXY", "= 10.0.0.1"), label="b")
    with server:
        check(answer(port, version2) == b"", "a proxy that is not trusted")


def _parameters(_, directory):
    """--dparam, -M, joined letters, and options before and after --daemon."""
    os.makedirs(f"{directory}/mod")
    configuration = peers.write(f"{directory}/conf", f"port = 1\n[m]\npath = {directory}/mod\n")
    port = free_port()
    argv = [peers.DVM_RSYNC, f"--config={configuration}", "--no-detach", "-vvv", "--daemon", "--dparam=address=127.0.0.1",
            f"-Mport = {port}", "-M", "comment=from the command line", "--log-file", f"{directory}/log", "-4", "--bwlimit=1m",
            "--sockopts=TCP_NODELAY,NONSENSE", "--log-file-format=%f"]
    with Server(argv, port, f"{directory}/out"):
        out = run([peers.STOCK_RSYNC, f"rsync://127.0.0.1:{port}/"]).out
        check(out == b"m              \tfrom the command line\n", f"the list is {out!r}")
        with open(f"{directory}/log", encoding="utf-8") as file:
            check("Unknown socket option NONSENSE" in file.read(), "the log says nothing of the unknown option")
    for words, expected in ((["-Mbogus=1"], 'Unknown parameter "bogus"'), (["-a"], "-a: unknown option (in daemon mode)"),
                            (["--dparam=x"], "missing an '='"), (["--bwlimit=bad"], "--bwlimit=bad")):
        outcome = run([peers.DVM_RSYNC, "--daemon", f"--config={configuration}", *words])
        check(outcome.code == 1 and expected in outcome.err.decode(), f"{words}: {outcome}")


def _high_descriptors(_, directory):
    """Descriptors above 1024 are as good as others."""
    os.makedirs(f"{directory}/mod")
    peers.write(f"{directory}/mod/f", "x\n")
    port = free_port()
    configuration = peers.write(f"{directory}/conf", f"address = 127.0.0.1\nport = {port}\nlog file = {directory}/log\n"
                                f"[m]\npath = {directory}/mod\n")
    script = ("import os,resource,sys; resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))\n"
              "for n in range(3, 1100): os.dup2(1, n, inheritable=True)\n"
              "os.execv(sys.argv[1], sys.argv[1:])")
    for argv in ([peers.DVM_RSYNC, "--daemon", "--no-detach", f"--config={configuration}"],):
        with Server(["python3", "-c", script, *argv], port, f"{directory}/out.log"):
            outcome = run(["python3", "-c", script, peers.DVM_RSYNC, "-rt", f"rsync://127.0.0.1:{port}/m/", f"{directory}/out/"])
            check(outcome.code == 0 and os.listdir(f"{directory}/out") == ["f"], str(outcome))


def _negotiation(_, directory):
    """RSYNC_CHECKSUM_LIST and RSYNC_COMPRESS_LIST limit what a daemon negotiates and accepts, as stock's."""
    os.makedirs(f"{directory}/mod")
    os.makedirs(f"{directory}/src")
    peers.write(f"{directory}/src/f", "text\n" * 1000)
    choices = [[], ["--cc=md5", "--zc=zlib"], ["--cc=xxh64"], ["--zc=zstd"]]
    for lists in (("md5", "zlib"), ("xxh64", "bogus"), ("bogus", "lz4"), ("md4 md5 & xxh3", "lz4 & zstd")):
        seen = []
        for daemon in (peers.STOCK_RSYNC, peers.DVM_RSYNC):
            port = free_port()
            configuration = peers.write(f"{directory}/conf", f"address = 127.0.0.1\nport = {port}\nuid = 0\ngid = 0\n"
                                        f"log file = {directory}/log\n[m]\npath = {directory}/mod\nread only = no\n")
            environment = ["env", f"RSYNC_CHECKSUM_LIST={lists[0]}", f"RSYNC_COMPRESS_LIST={lists[1]}"]
            with Server([*environment, daemon, "--daemon", "--no-detach", f"--config={configuration}"], port, f"{directory}/o"):
                for choice in choices:
                    outcome = run([peers.STOCK_RSYNC, "-rtzI", "--debug=NSTR", *choice, f"{directory}/src/",
                                   f"rsync://127.0.0.1:{port}/m/"])
                    lines = (outcome.out + outcome.err).decode().splitlines()
                    words = ("negotiated", "Server list")
                    # Why it failed reaches the client only if the connection is not reset before.
                    found = [line for line in lines if any(word in line for word in words)]
                    seen.append((daemon, lists, choice, outcome.code in (4, 12), found if outcome.code == 0 else []))
        for one, other in zip(seen[:len(choices)], seen[len(choices):]):
            check(one[1:] == other[1:], f"{other[1:3]}: {other[3:]}, stock {one[3:]}")


def _stopping(setting, directory):
    """A server stops at the time that it is given, and refuses a wrong one, as stock's does."""
    os.makedirs(f"{directory}/src")
    peers.write(f"{directory}/src/f", "x" * 10 ** 6)
    for value, code in (("--stop-after=5", 0), ("--stop-at=23:59", 0), ("--time-limit=1", 0), ("--stop-after=0", 12),
                        ("--stop-at=2001-01-01", 12), ("--stop-at=x", 12)):
        for server in (peers.STOCK_RSYNC, peers.DVM_RSYNC):
            outcome = run([peers.STOCK_RSYNC, "-r", f"-M{value}", "-e", setting.shell, f"--rsync-path={server}",
                           f"{directory}/src/", f"nowhere:{directory}/{value}/"])
            check(outcome.code == code, f"{server} {value}: {outcome}")
    started = time.monotonic()
    outcome = run([peers.STOCK_RSYNC, "-r", "-M--stop-after=1", "--bwlimit=10", "-e", setting.shell,
                   f"--rsync-path={peers.DVM_RSYNC}", f"nowhere:{directory}/src/", f"{directory}/out/"], timeout=100)
    seconds = time.monotonic() - started
    # Stock's client takes the code of what it sees first: the message, the end of the stream or of the server.
    check(outcome.code in (12, 30) and b"stopping at requested limit" in outcome.err and 58 < seconds < 75,
          f"after {seconds:.0f} s: {outcome}")


def _refused(_, directory):
    """What a target cannot need is refused by name: parameters at the start, the client's --iconv when it comes."""
    os.makedirs(f"{directory}/mod")
    for line in ("name converter = /bin/true", "charset = utf-8", "insecure links = yes"):
        configuration = peers.write(f"{directory}/conf", f"[m]\npath = {directory}/mod\n{line}\n")
        outcome = run([peers.DVM_RSYNC, "--daemon", "--no-detach", f"--config={configuration}", f"--port={free_port()}"], timeout=10)
        check(outcome.code == 1 and line.partition(" =")[0] in outcome.err.decode(), f"{line}: {outcome}")
    server, port, _ = _start(directory, f"[m]\npath = {directory}/mod\n")
    with server:
        outcome = run([peers.STOCK_RSYNC, "-r", "--iconv=utf-8", f"rsync://127.0.0.1:{port}/m/", f"{directory}/out"])
        check(outcome.code and b"The server is configured to refuse --iconv" in outcome.out + outcome.err, str(outcome))


def _access_times(_, directory):
    """`open noatime` keeps the time of access; ours keeps it in any case."""
    os.makedirs(f"{directory}/mod")
    for setting, options, keeps in (("yes", [], True), ("no", ["-M--open-noatime"], False), ("unset", ["-M--open-noatime"], True)):
        seen = []
        for daemon in (peers.STOCK_RSYNC, peers.DVM_RSYNC):
            path = peers.write(f"{directory}/mod/f", "x\n")
            os.utime(path, (10 ** 9, 10 ** 9 + 5))
            port = free_port()
            configuration = peers.write(f"{directory}/conf", f"address = 127.0.0.1\nport = {port}\nlog file = {directory}/log\n"
                                        f"uid = 0\ngid = 0\n[m]\npath = {directory}/mod\nopen noatime = {setting}\n")
            with Server([daemon, "--daemon", "--no-detach", f"--config={configuration}"], port, f"{directory}/o"):
                outcome = run([peers.STOCK_RSYNC, "-tI", *options, f"rsync://127.0.0.1:{port}/m/f", f"{directory}/out"])
            check(outcome.code == 0, str(outcome))
            seen.append(os.stat(path).st_atime == 10 ** 9)
        check(seen == [keeps, True], f"{setting} {options}: time kept {seen} (stock, ours), stock expected {keeps}")


# The whole file of a migration's target pod (MTC contract 2.1); without root there are no uid and gid.
POD = """syslog facility = local7
read only = no
list = yes
log file = /dev/stdout
max verbosity = 4
auth users = root
hosts allow = ::1, 127.0.0.1, localhost
IDENTITYuse chroot = no
munge symlinks = no

[0f1e]
    comment = archive for ns/claim
    path = DIRECTORY/mnt/ns/0f1e
    list = yes
    read only = false
    auth users = root
    secrets file = DIRECTORY/secrets
"""


def _pods(_, directory):
    """The daemon of a target pod as it is started there, as root and as user 1000, stock's and ours with both clients."""
    for user in (0, 1000):
        seen = []
        for daemon, client in ((peers.STOCK_RSYNC, peers.STOCK_RSYNC), (peers.DVM_RSYNC, peers.STOCK_RSYNC),
                               (peers.STOCK_RSYNC, peers.DVM_RSYNC)):
            place = f"{directory}/{user}-{len(seen)}"
            os.makedirs(f"{place}/mnt/ns/0f1e")
            os.makedirs(f"{place}/src/sub")
            os.symlink("/etc/x", f"{place}/src/absolute")
            peers.write(f"{place}/src/sub/f", "text\n")
            os.link(f"{place}/src/sub/f", f"{place}/src/g")
            peers.write(f"{place}/secrets", "root:pw\n", 0o600)
            text = POD.replace("IDENTITY", "" if user else "uid = root\ngid = root\n").replace("DIRECTORY", place)
            configuration = peers.write(f"{place}/conf", text)
            for path in (place, f"{place}/mnt/ns/0f1e", f"{place}/secrets"):
                os.chown(path, user, user)
            port = free_port()
            identity = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
            argv = [*identity, daemon, "--daemon", "--no-detach", f"--port={port}", "-vvv", f"--config={configuration}"]
            with Server(argv, port, f"{place}/log"):
                outcome = run([client, "--recursive", "--links", "--perms", "--devices", "--specials", "--times", "--owner",
                               "--group", "--hard-links", "--delete", "--partial", "--human-readable", "--omit-dir-times",
                               "--info=COPY2,DEL2,REMOVE2,SKIP2,FLIST2,PROGRESS2,STATS2", "--exclude=lost+found",
                               f"{place}/src/", f"rsync://root@127.0.0.1:{port}/0f1e"], env={"RSYNC_PASSWORD": "pw"})
            seen.append((outcome.code, listed(f"{place}/mnt")))
        check(seen[1] == seen[0], f"our daemon, user {user}: {seen[1]}, stock {seen[0]}")
        check(seen[2] == seen[0], f"our client, user {user}: {seen[2]}, stock {seen[0]}")


def _hidden_bases(_, directory):
    """What a module hides is not a basis for what a client sends: neither by a similar name nor in a directory of an option."""
    for path in ("mod/sub", "mod/new", "src"):
        os.makedirs(f"{directory}/{path}")
    text = "".join(f"{number}\n" for number in range(3000))
    peers.write(f"{directory}/mod/report1.secret", text)
    peers.write(f"{directory}/mod/sub/x", "hidden\n")
    port = free_port()
    configuration = peers.write(f"{directory}/conf", f"address = 127.0.0.1\nport = {port}\nlog file = {directory}/log\n[m]\n"
                                f"path = {directory}/mod\nread only = no\nuid = 0\nexclude = *.secret /sub\n")
    with Server([peers.DVM_RSYNC, "--daemon", "--no-detach", f"--config={configuration}"], port, f"{directory}/out.log"):
        def send(*words):
            return run([peers.STOCK_RSYNC, "-rt", "--stats", *words[:-1], f"{directory}/src/",
                        f"rsync://127.0.0.1:{port}/m/{words[-1]}"])
        peers.write(f"{directory}/src/report1.secreu", text)
        for words in (["--fuzzy", ""], ["-yy", "--compare-dest=/", "new/"]):
            outcome = send(*words)
            check(outcome.code == 0 and b"Matched data: 0 bytes" in outcome.out, f"{words}: {outcome}")
        os.makedirs(f"{directory}/src/sub")
        peers.write(f"{directory}/src/sub/x", "client\n")
        outcome = send("--size-only", "--copy-dest=/", "new/")
        with open(f"{directory}/mod/new/sub/x", encoding="utf-8") as file:
            check(file.read() == "client\n", f"the content of a hidden file was copied: {outcome}")


def _hidden_targets(_, directory):
    """Backups and partial files, whose directories and suffixes a client chooses, replace nothing that a module hides."""
    hidden = ("mod/f.secret", "mod/sub/x", "mod/one", "mod/new/sub/p/x")
    for path in (*hidden, "mod/f", "mod/new/sub/x"):
        os.makedirs(os.path.dirname(f"{directory}/{path}"), exist_ok=True)
        peers.write(f"{directory}/{path}", f"{path}\n")
    os.makedirs(f"{directory}/src/sub")
    server, port, _ = _start(directory, f"[m]\npath = {directory}/mod\nread only = no\nuid = 0\n"
                             "exclude = *.secret /sub /one /new/sub/p\n")
    with server:
        for number, (code, words) in enumerate((
                (23, ["-b", "--suffix=.secret", "--include=/f", "--exclude=*", "src/", ""]),
                (23, ["--backup-dir=/", "src/", "new/"]),
                (0, ["--delay-updates", "--partial-dir=/", "src/", "new/"]),
                (0, ["--delay-updates", "--partial-dir=p", "src/", "new/"]))):
            for path in ("f", "one", "sub/x"):
                peers.write(f"{directory}/src/{path}", f"sent {number}\n")
            outcome = run([peers.STOCK_RSYNC, "-rI", *words[:-1], f"rsync://127.0.0.1:{port}/m/{words[-1]}"], cwd=directory)
            check(outcome.code == code, f"{words}: {outcome}")
            for path in hidden:
                with open(f"{directory}/{path}", encoding="utf-8") as file:
                    check(file.read() == f"{path}\n", f"{words} changed {path}")
            outcome = run([peers.STOCK_RSYNC, "-r", "--files-from=:/sub/x", f"rsync://127.0.0.1:{port}/m/", f"{directory}/out/"])
            check(outcome.code != 0 and b"mod/sub" not in outcome.err, f"a hidden list of names was read: {outcome}")
            with open(f"{directory}/mod/new/sub/x", encoding="utf-8") as file:
                check(code != 0 or file.read() == f"sent {number}\n", f"{words}: the file is not in place")


def _many_arguments(_, directory):
    """A client that sends arguments without end is given up, with stock's words in the log."""
    os.makedirs(f"{directory}/mod")
    for program in (peers.STOCK_RSYNC, peers.DVM_RSYNC):
        port = free_port()
        configuration = peers.write(f"{directory}/conf", f"address = 127.0.0.1\nport = {port}\nlog file = {directory}/log\nuse chroot = no\n"
                                    f"[m]\npath = {directory}/mod\n")
        with Server([program, "--daemon", "--no-detach", f"--config={configuration}"], port, f"{directory}/out"):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection, connection.makefile("rb") as answers:
                answers.readline()
                connection.sendall(b"@RSYNCD: 31.0 md5 md4\nm\n")
                check(answers.readline() == b"@RSYNCD: OK\n", "the module was refused")
                with contextlib.suppress(ConnectionError):
                    connection.sendall(b"--server\0--sender\0-r\0.\0" + b"name\0" * 200_000 + b"\0")
                    check(not answers.read(), "the arguments were accepted")
        with open(f"{directory}/log", encoding="utf-8") as log:
            check("too many daemon arguments" in log.read(), f"{program}: the log does not say it")
        os.unlink(f"{directory}/log")


SINGLE = {
    "too many arguments": _many_arguments,
    "standard input is a connection": _by_socket, "over a remote shell": _over_shell, "read again": _reread,
    "slots of one lock file": _slots, "proxy header": _proxied, "command line": _parameters,
    "descriptors above 1024": _high_descriptors, "negotiation": _negotiation, "access times": _access_times,
    "whole target pod": _pods, "refused": _refused, "hidden bases": _hidden_bases,
    "hidden targets": _hidden_targets,
    "stopping": _stopping,
}
