"""How a client reaches the other end: the words of a remote shell, what a daemon gets, proxies, programs and addresses; and what
it says when a command line or an answer is wrong, on standard error and in --log-file. Each with stock rsync beside ours."""

import os
import re
import shutil

from harness.cases import Case, check, check_equal_trees, check_same_exit, check_same_lines
from harness.programs import peers
from harness.programs.background import Listening
from harness.programs.processes import run
from harness.trees import compare

# What a client is given; HOST stands for a path at the other end. The environment comes first.
WORDS = {
    "remote options": ({}, ["-av", "-M--log-file=a b*", "-M", "--fake-super", "s/", "HOST/d d*"]),
    "old arguments": ({}, ["-av", "--old-args", "-M", "--log-file=a b*", "--usermap=*:x", "s/", "HOST/d d*"]),
    "older arguments": ({}, ["-av", "--old-args", "--old-args", "-M--log-file=a b*", "--usermap=*:x", "s/", "HOST/d d*"]),
    "old arguments of a pull": ({}, ["-av", "--old-args", "HOST/d d*", "s"]),
    "secluded": ({}, ["-a", "-s", "--usermap=*:x", "-M", "--log-file=a b*", "--partial-dir=pp", "s/", "HOST/d d*"]),
    "secluded and old": ({}, ["-a", "-s", "--old-args", "s/", "HOST/d"]),
    "old in the environment": ({"RSYNC_OLD_ARGS": "1"}, ["-a", "s/", "HOST/d d*"]),
    "older in the environment": ({"RSYNC_OLD_ARGS": "2", "RSYNC_PROTECT_ARGS": "1"}, ["-a", "--usermap=*:x", "s/", "HOST/d d*"]),
    "secluded in the environment": ({"RSYNC_PROTECT_ARGS": "1"}, ["-a", "s/", "HOST/d d*"]),
    "not old": ({"RSYNC_OLD_ARGS": "1"}, ["-a", "--no-old-args", "s/", "HOST/d d*"]),
    "secluded in spite of the environment": ({"RSYNC_OLD_ARGS": "1"}, ["-a", "-s", "s/", "HOST/d d*"]),
    "no dash": ({}, ["-a", "-M", "foo", "s/", "HOST/d"]),
    "IPv4": ({}, ["-a4", "s/", "HOST/d"]),
    "IPv6": ({}, ["-a6", "HOST/d", "s/"]),
    "blocking": ({}, ["-a", "--blocking-io", "--trust-sender", "s/", "HOST/d"]),
}
# How a shell is named in RSYNC_RSH or after -e; SSH and OTHER stand for programs that record their arguments.
SHELLS = {
    "ssh": ({}, ["-a4", "-e", "SSH -p 5", "s/", "u@host:x"]),
    "another shell": ({}, ["-a4", "-e", "OTHER -p 5", "s/", "u@host:x"]),
    "environment": ({"RSYNC_RSH": "SSH -o 'a b'"}, ["-a", "s/", "host:x"]),
    "quotes": ({}, ["-a", "-e", "SSH 'a''b' \"c\"\"d\" 'e f'\"g\"h", "s/", "host:x"]),
    "daemon": ({}, ["-a", "-e", "SSH", "s/", "u@host::m/x"]),
    "daemon with a port": ({}, ["-a", "-e", "SSH", "--port=55", "s/", "host::m/x"]),
    "daemon with a URL's port": ({"RSYNC_PORT": "1"}, ["-a6", "-e", "SSH", "s/", "rsync://u@host:77/m/x"]),
}
# What a proxy answers that does not connect, and the words that scripts look for.
ANSWERS = {
    "forbidden": (b"HTTP/1.0 403 Forbidden\r\n\r\n", "bad response from proxy -- "),
    "no HTTP": (b"hello there\r\n\r\n", "bad response from proxy -- "),
    "endless line": (b"HTTP/1.0 200 OK" + b"y" * 100_000 + b"\r\n\r\n", "proxy response line too long"),
    "nothing": (b"", "failed to read from proxy"),
}
# Command lines that are wrong, between the program and `src dst`; the log is opened with what stands before the mistake.
MISTAKES = {
    "unknown option": ["-a", "--log-file=log", "--bogus"],
    "unknown option before the log": ["-a", "--bogus", "--log-file=log"],
    "options that exclude each other": ["-a", "--log-file=log", "--inplace", "--partial-dir=x"],
    "two kinds of alternates": ["-a", "--log-file=log", "--compare-dest=a", "--link-dest=b"],
    "no number": ["-a", "--log-file=log", "--modify-window=x"],
    "no size": ["-a", "--log-file=log", "--max-size=abc"],
    "no mode": ["-a", "--log-file=log", "--chmod=foo"],
    "no checksum": ["-a", "--log-file=log", "--cc=foo"],
    "no list of names": ["-a", "--log-file=log", "--files-from=nothing"],
    "no file of rules": ["-a", "--log-file=log", "--exclude-from=nothing"],
    "two machines": ["-a", "--log-file=log", "h:a", "i:b"],
    "from machine to machine": ["-a", "--log-file=log", "h:a", "h:b"],
    **{f"rule {rule}": ["-a", "--log-file=log", f"--filter={rule}"] for rule in (
        "bogus", "+", "-q foo", "merge", ". nothing", ":+- x", "-/", "merge,zz x", "!x", ".C nothing", "hide", "- ", "clear x", "_ x")},
    "rule in a file": ["-a", "--log-file=log", "--filter=. rules"],
}
# What a server's program prints in place of the protocol, and a daemon in place of its greeting (shell's printf).
TALK = {"words": r"hello world this is a shell\n", "an older version": r"\023\0\0\0", "a newer version": r"\051\0\0\0"}
GREETINGS = {"words": r"hello\n", "no subprotocol": r"@RSYNCD: 31\n", "no digests": r"@RSYNCD: 99.0\n"}
PLACE = re.compile(rb"( \(code \d+\)) at .*")
STAMP = re.compile(rb"^[0-9/]+ [0-9:]+ \[\d+\] ")
TOTALS = re.compile(rb"^sent \d+ bytes ")
RECORDER = """#!/bin/sh
for word in "$@"; do echo "[$word]"; done > "$RECORD"
echo "port=$RSYNC_PORT" >> "$RECORD"
timeout 1 head -c 1 > /dev/null
exit 1
"""


def _programs():
    return ("stock", peers.STOCK_RSYNC), ("ours", peers.DVM_RSYNC)


def _source(directory):
    os.makedirs(f"{directory}/s", exist_ok=True)
    peers.write(f"{directory}/s/file", "content")
    os.utime(f"{directory}/s", (10 ** 9, 10 ** 9))
    return f"{directory}/s"


def _shell_body(environment, words):
    """The remote shell's arguments are the same."""
    def body(_setting, directory):
        _source(directory)
        outcomes, records = [], []
        for who, program in _programs():
            shells = {"SSH": f"{directory}/{who}/ssh", "OTHER": f"{directory}/{who}/other"}
            os.makedirs(f"{directory}/{who}")
            for path in shells.values():
                peers.write(path, RECORDER, 0o755)

            def filled(text, shells=shells):
                for name, path in shells.items():
                    text = text.replace(name, path)
                return text.replace("HOST/", "host:")
            argv = [filled(word) for word in words]
            env = {name: filled(value) for name, value in environment.items()}
            if "-e" not in argv and "RSYNC_RSH" not in env:
                env["RSYNC_RSH"] = shells["SSH"]
            record = f"{directory}/{who}/record"
            outcomes.append(run([program, *argv], cwd=directory, env={**env, "RECORD": record}))
            records.append(open(record, encoding="utf-8").read() if os.path.exists(record) else "")
        check_same_exit(*outcomes)
        check(records[0] == records[1], f"stock's shell gets {records[0]!r}", f"ours gets {records[1]!r}")
    return body


class _RecordingDaemon(Listening):
    """Greets, admits to any module, and keeps what the client sends until it is silent."""

    def __init__(self):
        super().__init__()
        self.received = []

    def serve(self, connection):
        connection.settimeout(2)
        lines, received = connection.makefile("rb"), b""
        try:
            connection.sendall(b"@RSYNCD: 32.0 sha512 sha256 sha1 md5 md4\n")
            lines.readline()
            received = lines.readline()
            connection.sendall(b"@RSYNCD: OK\n")
            while not received.endswith(b"\0\0") or (b"\0-s" in received and received.count(b"\0\0") < 2):
                received += lines.read(1) or b"\0\0\0\0"
        except OSError:
            pass
        self.received.append(received)


def _daemon_body(environment, words):
    """What a daemon receives is the same."""
    def body(_setting, directory):
        _source(directory)
        outcomes = []
        with _RecordingDaemon() as daemon:
            for _, program in _programs():
                argv = [word.replace("HOST/", f"rsync://127.0.0.1:{daemon.port}/m/") for word in words
                        if word not in ("-a6", "-a4")]
                outcomes.append(run([program, *argv], cwd=directory, env=environment, timeout=10))
        check_same_exit(*outcomes)
        check(len(set(daemon.received)) <= 1, *[f"a daemon gets {text!r}" for text in daemon.received])
    return body


def _push(setting, program, source, port, *options, env=None, cwd=None):
    return run([program, "-a", f"--password-file={setting.keys.password}", *options, f"{source}/",
                f"rsync://{peers.USER}@127.0.0.1:{port}/data/"], env=env, cwd=cwd)


def _proxy_body(start):
    """Through a real proxy with a password, and refused with a wrong one."""
    def body(setting, directory):
        source = _source(directory)
        os.mkdir(f"{directory}/t")
        with peers.rsync_daemon(peers.STOCK_RSYNC, directory, {"data": (f"{directory}/t", "")}, setting.keys.credentials) as daemon, \
                start(directory) as proxy:
            for password, code in (("proxy-secret", 0), ("wrong", 10)):
                env = {"RSYNC_PROXY": f"{peers.USER}:{password}@127.0.0.1:{proxy.port}"}
                for who, program in _programs():
                    outcome = _push(setting, program, source, daemon.port, env=env)
                    check(outcome.code == code, f"{who}, {password}: {outcome}")
                    check(code == 0 or "bad response from proxy -- " in str(outcome), f"{who}: {outcome}")
        check_equal_trees(compare.compare(source, f"{directory}/t"))
    return body


class _AnsweringProxy(Listening):
    """Answers each request with the same bytes, and closes."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def serve(self, connection):
        connection.settimeout(5)
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(1000) or b"\r\n\r\n"
        connection.sendall(self.answer)
        connection.shutdown(1)
        connection.recv(1)


def _answer_body(answer, words):
    def body(setting, directory):
        with _AnsweringProxy(answer) as proxy:
            for who, program in _programs():
                outcome = _push(setting, program, _source(directory), 873, env={"RSYNC_PROXY": f"127.0.0.1:{proxy.port}"})
                check(outcome.code == 10 and words in str(outcome), f"{who}: {outcome}")
    return body


def _program_body(daemon):
    """A daemon on a socket as standard input, started by RSYNC_CONNECT_PROG."""
    def body(setting, directory):
        source = _source(directory)
        for who, program in _programs():
            target = f"{directory}/{who}"
            os.mkdir(target)
            configuration = peers.write(f"{directory}/{who}.conf", f"use chroot = no\nlog file = {directory}/log\n[data]\n"
                                        f"path = {target}\nread only = no\nuid = root\ngid = root\n")
            command = f'test "$(echo %%H)" = %%H && test %H = 127.0.0.1 && exec {daemon} --daemon --config={configuration}'
            outcome = _push(setting, program, source, 1, env={"RSYNC_CONNECT_PROG": command})
            check(outcome.code == 0, f"{who}: {outcome}")
            check_equal_trees(compare.compare(source, target), who)
            unsafe = run([program, "-a", f"{source}/", "a;b::data"], env={"RSYNC_CONNECT_PROG": command})
            check(unsafe.code == 10 and "unsafe host characters" in str(unsafe), f"{who}: {unsafe}")
    return body


def _address(setting, directory):
    """A daemon admits one address of this machine."""
    source = _source(directory)
    os.mkdir(f"{directory}/t")
    modules = {"data": (f"{directory}/t", "hosts allow = 127.0.0.9")}
    with peers.rsync_daemon(peers.STOCK_RSYNC, directory, modules, setting.keys.credentials) as daemon:
        for who, program in _programs():
            for options, code in (([], 5), (["--address=127.0.0.9"], 0), (["-4", "--address=127.0.0.9"], 0), (["-6"], 10),
                                  (["--address=192.0.2.1"], 10), (["--address=no.such.host.invalid"], 10)):
                outcome = _push(setting, program, source, daemon.port, *options)
                check(outcome.code == code, f"{who} {options}: {outcome}")
            outcome = _push(setting, program, source, daemon.port, "--address=127.0.0.9", "--sockopts=SO_SNDBUF=65536,BLA")
            check(outcome.code == 0 and "Unknown socket option BLA" in str(outcome), f"{who}: {outcome}")


def _early_body(daemon_program):
    """What `early exec` reads from its standard input."""
    def body(setting, directory):
        source = _source(directory)
        os.mkdir(f"{directory}/t")
        secret = peers.write(f"{directory}/secret", "first line\nsecond\n")
        large = peers.write(f"{directory}/large", "x" * 5121)
        modules = {"data": (f"{directory}/t", f"early exec = cat > {directory}/got")}
        with peers.rsync_daemon(daemon_program, directory, modules, setting.keys.credentials) as daemon:
            for who, program in _programs():
                for name, code in ((secret, 0), ("/dev/null", 0), (large, 5), (f"{directory}/missing", 5)):
                    outcome = _push(setting, program, source, daemon.port, f"--early-input={name}")
                    check(outcome.code == code, f"{who} {name}: {outcome}")
                    if name == secret:
                        got = open(f"{directory}/got", encoding="utf-8").read()
                        check(got == "first line\nsecond\n", f"{who}: early exec read {got!r}")
    return body


def _local_remote_option(_setting, directory):
    """In a local transfer the receiving end has further options."""
    source = _source(directory)
    for who, program in _programs():
        outcome = run([program, "-a", "-i", "-M--chmod=F600", f"{source}/", f"{directory}/{who}/"])
        check(outcome.code == 0, f"{who}: {outcome}")
        mode = os.stat(f"{directory}/{who}/file").st_mode & 0o7777
        check(mode == 0o600, f"{who}: mode {mode:o}")
        refused = run([program, "-a", "-M--bogus", f"{source}/", f"{directory}/{who}/"])
        check(refused.code == 12 and "--bogus: unknown option" in str(refused), f"{who}: {refused}")
        refused = run([program, "-aXX", "-M--fake-super", f"{source}/", f"{directory}/{who}/"])
        check(refused.code == 12 and "--fake-super conflicts with -XX" in str(refused), f"{who}: {refused}")


def _server_log(setting, directory):
    """A client asks a server for a log (`-M--log-file`), a daemon refuses it; the lines are stock's but for time and process."""
    source = _source(directory)
    for direction in ("push", "pull"):
        for options in ([], ["-M--log-file-format=%o %n %l"], ["-s"], ["--delete"]):
            lines = []
            for who, server in _programs():
                log, target = f"{directory}/{who}.log", f"{directory}/{who}/target"
                shutil.rmtree(target, ignore_errors=True)
                os.makedirs(target)
                peers.write(f"{target}/stray", "x")
                ends = [f"{source}/", f"x:{target}/"] if direction == "push" else [f"x:{source}/", f"{target}/"]
                outcome = run([peers.STOCK_RSYNC, "-a", "-e", setting.shell, f"--rsync-path={server}", f"-M--log-file={log}",
                               *options, *ends])
                check(outcome.code == 0, f"{who}: {outcome}")
                with open(log, encoding="utf-8") as file:
                    lines.append([line.split("] ", 1)[1] for line in file if "] sent " not in line])
                os.unlink(log)
            check(lines[0] == lines[1], f"{direction} {options}: stock logs {lines[0]}", f"ours logs {lines[1]}")
    for who, program in _programs():
        daemon = setting.stock_daemon if who == "stock" else setting.our_daemon
        outcome = run([peers.STOCK_RSYNC, "-a", f"-M--log-file={directory}/log", f"--password-file={setting.keys.password}",
                       f"{source}/", f"rsync://{peers.USER}@127.0.0.1:{daemon.port}/trees/new"])
        check(outcome.code == 4 and "configured to refuse --log-file" in str(outcome), f"{who}: {outcome}")
        check(not os.path.exists(f"{directory}/log"), f"{who}: a client has made a log on a daemon's machine")


def _lines(text):
    """Lines without what names a program or a process."""
    lines = (PLACE.sub(rb"\1", STAMP.sub(b"", line)) for line in text.splitlines())
    return [line for line in lines if line and not TOTALS.match(line)]


def _compare(directory, argv, env=None):
    outcomes = []
    for program in (peers.STOCK_RSYNC, peers.DVM_RSYNC):
        outcome = run([program, *argv], cwd=directory, env=env)
        log = b""
        if os.path.exists(f"{directory}/log"):
            with open(f"{directory}/log", "rb") as file:
                log = file.read()
            os.unlink(f"{directory}/log")
        outcomes.append((outcome, _lines(outcome.err), _lines(log)))
    (stock, said, logged), (ours, our_said, our_logged) = outcomes
    check_same_exit(stock, ours)
    check_same_lines(said, our_said, "standard error: ")
    check_same_lines(logged, our_logged, "log: ")


def _line(arguments):
    def body(_, directory):
        os.makedirs(f"{directory}/src")
        peers.write(f"{directory}/src/f", "x\n")
        peers.write(f"{directory}/rules", "bogus rule\n")
        _compare(directory, [*arguments, "src", "dst"])
    return body


def _talk(text):
    def body(_, directory):
        shell = peers.write(f"{directory}/shell", f"#!/bin/sh\nprintf '{text}'\ntimeout 5 cat > /dev/null\n", 0o755)
        _compare(directory, ["-a", "-e", shell, "h:src/", "dst/"])
    return body


def _greeting(text):
    def body(_, directory):
        program = f"printf '{text}'; timeout 5 cat > /dev/null"
        _compare(directory, ["-a", "rsync://h/m/", "dst/"], env={"RSYNC_CONNECT_PROG": program})
    return body


def _mistake_cases():
    return [Case(f"mistakes/{name}", _line(arguments)) for name, arguments in MISTAKES.items()] + [
        Case(f"mistakes/shell prints {name}", _talk(text)) for name, text in TALK.items()] + [
        Case(f"mistakes/daemon prints {name}", _greeting(text)) for name, text in GREETINGS.items()]


def connecting_cases():
    """Each set of words over a remote shell and with a daemon; proxies, programs and addresses."""
    cases = [Case(f"connecting/shell/{name}", _shell_body(*words)) for name, words in {**WORDS, **SHELLS}.items()]
    cases += [Case(f"connecting/daemon/{name}", _daemon_body(*words), 3) for name, words in WORDS.items()]
    cases += [Case("connecting/proxy/tinyproxy", _proxy_body(peers.tinyproxy), 2),
              Case("connecting/proxy/squid", _proxy_body(peers.squid), 2)]
    cases += [Case(f"connecting/proxy/{name}", _answer_body(*answer)) for name, answer in ANSWERS.items()]
    for name, program in _programs():
        cases += [Case(f"connecting/program/{name} daemon", _program_body(program)),
                  Case(f"connecting/early input/{name} daemon", _early_body(program), 2)]
    cases.append(Case("connecting/log of a server", _server_log, 3))
    cases += _mistake_cases()
    return cases + [Case("connecting/address", _address, 2), Case("connecting/remote option, locally", _local_remote_option)]
