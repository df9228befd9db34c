"""Daemons by their rsyncd.conf: ours beside stock's with the same configuration, client and tree. Each scenario compares exit
codes, what the client prints, and what is on both sides afterwards."""

import os
import re
import time

from harness.cases import Case, Failure, Skipped, check
from harness.programs import peers
from harness.programs.processes import Server, free_port, run
from harness.serving import features, whole_daemon
from harness.serving.trees import listed

SECRETS = "me:pw\n@users:grp\n@root:pw\nempty:\n"
# Directories beside a destination that are given from a directory above it.
PARENTS = [["-rt", "src/", "MOD/new/"], ["-rtIb", "--backup-dir=../sub", "src/", "MOD/new/"],
           ["-rtIb", "--backup-dir=sub/../..", "--suffix=.b", "src/", "MOD/new/"], ["-rtI", "--temp-dir=../sub", "src/f", "MOD/new/"],
           ["-rtI", "--temp-dir=/sub/../sub", "src/f", "MOD/new/"], ["-rtIb", "--backup-dir=..", "src/sub/", "MOD/new/"],
           ["-rt", "--link-dest=../sub", "src/", "MOD/newer/"]]
# Each scenario: the module's lines, and the commands; MOD is the module's URL, AUTH the same with user me.
SCENARIOS = {
    "nobody by default": ("read only = no", [["-rt", "src/", "MOD/"], ["-rt", "MOD/", "out/"]]),
    "root by choice": ("read only = no\nuid = 0\ngid = *", [["-a", "src/", "MOD/"], ["-a", "--delete", "src/sub/", "MOD/"]]),
    "other user and groups": ("read only = no\nuid = 1234\ngid = 5, adm", [["-rt", "src/", "MOD/"]]),
    "no such user": ("uid = nosuchuser", [["-r", "MOD/", "out/"]]),
    "no such group": ("gid = nosuchgroup", [["-r", "MOD/", "out/"]]),
    "missing path": ("path = DIRECTORY/none", [["-r", "MOD/", "out/"]]),
    "missing path without chroot": ("path = DIRECTORY/none\nuse chroot = no", [["-r", "MOD/", "out/"]]),
    "inner directory": ("path = DIRECTORY/./mod\nread only = no", [["-rt", "src/", "MOD/"], ["-rt", "MOD/", "out/"]]),
    "read only": ("", [["-r", "src/", "MOD/"]]),
    "write only": ("read only = no\nwrite only = yes", [["-r", "MOD/", "out/"], ["-rt", "src/", "MOD/"]]),
    "deep destination": ("read only = no", [["-r", "src/", "MOD/no/such/deep/"]]),
    "denied by address": ("hosts deny = 127.0.0.1", [["-r", "MOD/", "out/"]]),
    "denied by pattern": ("hosts deny = *host*", [["-r", "MOD/", "out/"]]),
    "denied and not listed": ("hosts deny = *\nlist = no", [["-r", "MOD/", "out/"]]),
    "allowed by name": ("hosts allow = localhost", [["-rt", "MOD/", "out/"]]),
    "allowed by network": ("hosts allow = 127.0.0.0/255.0.0.0 ::1/128\nhosts deny = *", [["-rt", "MOD/", "out/"]]),
    "denied by a name without address": ("hosts deny = none.invalid", [["-rt", "MOD/", "out/"]]),
    "login": ("auth users = me:rw other:deny\nsecrets file = DIRECTORY/secrets",
              [["-rt", "src/", "AUTH/"], ["-rt", "AUTH/", "out/"]]),
    "login denied": ("auth users = me:deny *\nsecrets file = DIRECTORY/secrets", [["-r", "AUTH/", "out/"]]),
    "login without a rule": ("auth users = you\nsecrets file = DIRECTORY/secrets", [["-r", "AUTH/", "out/"]]),
    "login by pattern": ("auth users = m?\nsecrets file = DIRECTORY/secrets", [["-rt", "AUTH/", "out/"]]),
    "login read only": ("read only = no\nauth users = me:ro\nsecrets file = DIRECTORY/secrets", [["-r", "src/", "AUTH/"]]),
    "secrets open to others": ("auth users = me\nsecrets file = DIRECTORY/open", [["-r", "AUTH/", "out/"]]),
    "lax modes": ("auth users = me\nsecrets file = DIRECTORY/open\nstrict modes = no", [["-rt", "AUTH/", "out/"]]),
    "no secrets": ("auth users = me\nsecrets file = DIRECTORY/none", [["-r", "AUTH/", "out/"]]),
    "strong digest": ("auth users = me\nsecrets file = DIRECTORY/secrets\nauth digest = sha256", [["-rt", "AUTH/", "out/"]]),
    "no connections": ("max connections = -1", [["-r", "MOD/", "out/"]]),
    "lock file of no directory": ("max connections = 1\nlock file = DIRECTORY/no/lock", [["-r", "MOD/", "out/"]]),
    "refused options": ("read only = no\nrefuse options = c delete",
                        [["-rc", "src/", "MOD/"], ["-r", "--delete", "src/", "MOD/"], ["-rt", "src/", "MOD/"]]),
    "accepted options": ("read only = no\nrefuse options = * !a !v !compress*",
                         [["-rltzv", "src/", "MOD/"], ["-rH", "src/", "MOD/"], ["-r", "--partial", "src/", "MOD/"]]),
    "hidden names": ("read only = no\nexclude = f /sub/",
                     [["-rt", "MOD/", "out/"], ["-rt", "MOD/f", "out/"], ["-rt", "src/", "MOD/"],
                      ["-rt", "--delete", "empty/", "MOD/"]]),
    "hidden destination": ("read only = no\nuid = 0\nexclude = sub\nuse chroot = no",
                           [["-r", "src/f", "MOD/sub"], ["-r", "src/", "MOD/sub/"]]),
    "hidden destination in a chroot": ("read only = no\nuid = 0\nexclude = sub", [["-r", "src/f", "MOD/sub"]]),
    "hidden side directories": ("read only = no\nuid = 0\nexclude = sub",
                                [["-r", option, "src/", "MOD/new/"] for option in
                                 ("--copy-dest=/sub", "--link-dest=../sub", "--compare-dest=/new/../sub", "--partial-dir=/sub",
                                  "--backup-dir=/sub", "--temp-dir=../sub", "--copy-dest=/")]),
    # In a chroot the same paths lead to other directories of the module.
    "parents of side directories": ("read only = no\nuid = 0\nuse chroot = no", PARENTS),
    "parents of side directories, in a chroot": ("read only = no\nuid = 0", PARENTS),
    "parents of side directories, inner directory": ("path = DIRECTORY/./mod\nread only = no\nuid = 0", PARENTS),
    "hidden names of a list": ("exclude = sub", [["-rt", "--no-R", "--files-from=names", "MOD/", "out/"],
                                                 ["-rt", "--files-from=names", "MOD/", "out/"]]),
    "hidden merge file": ("exclude = rules", [["-rt", "-f", ":- rules", "MOD/", "out/"]]),
    "hidden but for": ("filter = + /sub/ + /sub/** - *", [["-rt", "MOD/", "out/"]]),
    "hidden by files": ("exclude from = DIRECTORY/patterns\ninclude = keep.o", [["-rt", "MOD/", "out/"]]),
    "wildcards": ("", [["-rt", "MOD/s*", "out/"], ["-rt", "MOD/*/?", "MOD/f", "out/"], ["-rt", "MOD/none*", "out/"]]),
    "links in a chroot": ("read only = no", [["-rl", "src/", "MOD/"], ["-rl", "MOD/", "out/"]]),
    "links without a chroot": ("read only = no\nuse chroot = no",
                               [["-rl", "src/", "MOD/"], ["-rl", "MOD/", "out/"], ["-rli", "src/", "MOD/"]]),
    "links confined": ("read only = no\nuse chroot = no\nmunge symlinks = no",
                       [["-rl", "src/", "MOD/"], ["-rl", "MOD/", "out/"], ["-rli", "src/", "MOD/"]]),
    "links munged in a chroot": ("read only = no\nmunge symlinks = yes", [["-rl", "src/", "MOD/"], ["-rl", "MOD/", "out/"]]),
    "links of an inner directory": ("path = DIRECTORY/./mod\nread only = no", [["-rl", "src/", "MOD/"], ["-rl", "MOD/", "out/"]]),
    "links munged where they lead somewhere": ("path = DIRECTORY/bad\nmunge symlinks = yes", [["-rl", "MOD/", "out/"]]),
    "temporary files": ("read only = no\nuid = 0\ntemp dir = /sub", [["-rt", "src/", "MOD/"]]),
    "temporary files nowhere": ("read only = no\nuid = 0\ntemp dir = /none", [["-rt", "src/", "MOD/"]]),
    "paths of errors": ("use chroot = no", [["-r", "MOD/none", "MOD/none/x", "MOD/sub/none", "MOD/f", "out/"],
                                             ["-r", "MOD/closed", "out/"], ["-r", "src/", "MOD/none/such/"]]),
    "modes of what arrives": ("read only = no\nincoming chmod = D750,F640", [["-rtp", "src/", "MOD/"]]),
    "modes that are sent": ("outgoing chmod = D710,F604", [["-rtp", "MOD/", "out/"]]),
    "unreadable files": ("ignore nonreadable = yes", [["-rt", "MOD/", "out/"]]),
    "early command fails": ("early exec = exit 4", [["-r", "MOD/", "out/"]]),
    "command before fails": ("read only = no\npre-xfer exec = echo told; echo twice; exit 3", [["-r", "src/", "MOD/"]]),
    "commands": ("read only = no\nauth users = me\nsecrets file = DIRECTORY/secrets\n"
                 "early exec = env | grep ^RSYNC_ | grep -v _PID= | sort > DIRECTORY/env.early\n"
                 "pre-xfer exec = env | grep ^RSYNC_ | grep -v _PID= | sort > DIRECTORY/env.before\n"
                 "post-xfer exec = env | grep ^RSYNC_ | grep -v _PID= | sort > DIRECTORY/t; mv DIRECTORY/t DIRECTORY/env.after",
                 [["-rt", "src/", "AUTH/"]]),
    "variables": ("path = DIRECTORY/%RSYNC_USER_NAME%\nauth users = *\nsecrets file = DIRECTORY/secrets",
                  [["-rt", "AUTH/", "out/"]]),
    "timeout": ("timeout = 30", [["-rt", "MOD/", "out/"]]),
    "no module": ("", [["-r", "MOD2/", "out/"]]),
    "list": ("comment = some words", [["HOST/"]]),
    "logged files": ("read only = no\ntransfer logging = yes\nlog format = LINE %o %m (%u) %n %l", [["-rt", "src/", "MOD/"]]),
    "logged changes": ("read only = no\ntransfer logging = yes\nlog format = LINE %i %f %B%L %U %P %h [%a] %%",
                       [["-rlt", "src/", "MOD/"], ["-rt", "MOD/sub", "out/"]]),
    "logged bytes": ("read only = no\ntransfer logging = yes\nlog format = LINE %o %n %l %b %c",
                     [["-rt", "src/", "MOD/"], ["-rtI", "src/sub/", "MOD/sub/"]]),
    # A destination that is such a link is refused; stock writes into what it hides.
    "links to hidden names": ("read only = no\nuid = 0\nuse chroot = no\nexclude = sub hid",
                              [["-rtL", "MOD/", "out/"], ["-rt", "MOD/tosub/", "out/"], ["-rt", "MOD/tosub/old", "out/"],
                               ["-rtk", "MOD/", "out/k/"]]),
    "logged deletions": ("read only = no\ntransfer logging = yes\nlog format = LINE %o %n %l", [["-rlt", "--delete", "src/", "MOD/"]]),
    "message of the day": ("\n[global]\nmotd file = DIRECTORY/motd", [["HOST/"], ["-r", "MOD/f", "out/"]]),
    "owners by name": ("read only = no\nuid = 0\ngid = 0\nnumeric ids = no\nuse chroot = no", [["-a", "src/", "MOD/"]]),
    "owners by number": ("read only = no\nuid = 0\ngid = 0\nnumeric ids = yes",
                         [["-a", "src/", "MOD/"], ["-a", "MOD/", "out/"]]),
    "owners in attributes": ("read only = no\nfake super = yes", [["-a", "src/", "MOD/new/"], ["-a", "MOD/new/", "out/"]]),
    "owners not in attributes": ("read only = no\nfake super = no", [["-rlt", "-M--fake-super", "src/", "MOD/"]]),
    "nothing compressed": ("dont compress = *", [["-rtz", "MOD/", "out/"], ["-rtz", "--zc=zlib", "MOD/", "out/"]]),
    "no reverse lookup": ("reverse lookup = no\nhosts deny = 127.0.0.1", [["-r", "MOD/", "out/"]]),
    "no reverse lookup at all": ("\n[global]\nreverse lookup = no\n[n]\nhosts deny = 127.0.0.1\npath = DIRECTORY/mod",
                                 [["-r", "MOD2/", "out/"], ["-r", "MOD/f", "out/"]]),
    "no lookup of names": ("reverse lookup = no\nforward lookup = no\nhosts allow = localhost", [["-r", "MOD/", "out/"]]),
    "verbosity limited": ("max verbosity = 0", [["-rtv", "MOD/f", "out/"]]),
    "verbosity of two": ("read only = no\nmax verbosity = 2", [["-rt", "--info=name2", "src/f", "MOD/"]] * 2),
    "verbosity of one": ("read only = no\nmax verbosity = 1", [["-rt", "--info=name2", "src/f", "MOD/"]] * 2),
    "verbosity above the client's": ("read only = no\nmax verbosity = 4", [["-rtv", "MOD/f", "out/"], ["-rt", "src/", "MOD/"]]),
    "deletions despite errors": ("read only = no\nignore errors = yes", [["-r", "--delete", "src/", "none", "MOD/"]]),
    "no deletions after errors": ("read only = no\nignore errors = no", [["-r", "--delete", "src/", "none", "MOD/"]]),
    "verbosity by default": ("", [["-rtv", "MOD/f", "out/"]]),
    "verbosity of groups": ("max verbosity = 1\nread only = no", [
        ["-a", "src/", "MOD/"], ["-ai", "--info=name2,skip2,backup", "-b", "--ignore-existing", "src/", "MOD/"],
        ["-a", "--info=remove,name2", "--remove-source-files", "MOD/", "out/"]]),
    "users of a group": ("auth users = @root:rw\nsecrets file = DIRECTORY/secrets", [["-rt", "src/", "ROOT/"], ["-r", "AUTH/", "out/"]]),
    "wrong user": ("auth users = root\nsecrets file = DIRECTORY/open\nstrict modes = no", [["-r", "ROOT/", "out/"]]),
    "included files": ("&merge DIRECTORY/more\n&include DIRECTORY/whole", [["HOST/"], ["-r", "MOD2/f", "out/"]]),
    "spellings": ("Read  Only = FALSE\nun known = 1\ncom\\\nment = a b\n# x\n; y\nLIST=1", [["HOST/"], ["-rt", "src/", "MOD/"]]),
    "daemon of a named user": ("read only = no\n[global]\ndaemon uid = games\ndaemon gid = games", [["-rt", "src/", "MOD/"]]),
    "root directory of the daemon": ("path = /mod\nread only = no\nuid = 1234\ngid = 1234\ntransfer logging = yes\n"
                                     "log format = LINE %o %n %l\n[global]\ndaemon chroot = DIRECTORY",
                                     [["-rt", "src/", "MOD/"], ["-rt", "MOD/", "out/"]]),
    "daemon of another user": ("read only = no\n[global]\ndaemon uid = 1234\ndaemon gid = 1234", [["-rt", "src/", "MOD/"]]),
}
# A directory that stock and our daemon print differently, or a line that depends on when a connection closes.
DROPPED = re.compile(r"Connection reset by peer|connection unexpectedly closed|error in rsync protocol data stream")
FIGURES = re.compile(r"^(sent |total size|Total bytes|File list|Literal|Matched|.*(/s|xfr#))")
PLACE = re.compile(r" at [\w.-]+(\.c\(\d+\))? \[\w+=.*\]$|\[\w+\] ")


def _make(directory, daemon, lines):
    """The trees and files of a scenario; returns the configuration's path and the port."""
    for path in ("src/sub/deep", "mod/sub", "me/sub", "empty", "out", "bad/rsyncd-munged"):
        os.makedirs(f"{directory}/{path}")
    for path in ("src/f", "src/sub/g", "src/sub/deep/h", "mod/f", "mod/sub/old", "mod/keep.o", "mod/drop.o", "me/mine", "mod/rules"):
        peers.write(f"{directory}/{path}", "keep.o\n" if path == "mod/rules" else path + "\n")
        os.utime(f"{directory}/{path}", (10 ** 9, 10 ** 9))
    peers.write(f"{directory}/mod/closed", "x\n", 0o600)
    for name, target in (("link", "sub/g"), ("absolute", "/etc/x"), ("sub/up", "../../../x"), ("sub/deep/up", "../../../x")):
        os.symlink(target, f"{directory}/src/{name}")
    os.symlink("/rsyncd-munged//etc/y", f"{directory}/mod/munged")
    if "hid" in lines:
        os.symlink("sub", f"{directory}/mod/tosub")
    peers.write(f"{directory}/secrets", SECRETS, 0o600)
    peers.write(f"{directory}/open", SECRETS, 0o644)
    peers.write(f"{directory}/names", "sub/old\nsub/\nsub/./old\nsub/.\nf\n./sub/old\n")
    peers.write(f"{directory}/motd", "Welcome\nhere\n")
    peers.write(f"{directory}/more", "comment = merged\n")
    peers.write(f"{directory}/whole", f"[n]\npath = {directory}/mod\ncomment = included\n")
    peers.write(f"{directory}/patterns", "*.o\n; comment\nold\n")
    for path in (directory, f"{directory}/mod", f"{directory}/mod/sub"):
        os.chmod(path, 0o777)
    # Equal times everywhere: whether a directory's time is set must not depend on when it was made.
    for path in ("src/sub/deep", "src/sub", "src", "mod/sub", "mod", "me/sub", "me", "empty"):
        os.utime(f"{directory}/{path}", (10 ** 9, 10 ** 9))
    port = free_port()
    path = "" if "path =" in lines else f"path = {directory}/mod\n"
    text = (f"address = 127.0.0.1\nport = {port}\nlog file = {directory}/log\npid file = {directory}/pid\n"
            f"lock file = {directory}/lock\n[m]\n{path}{lines}\n")
    return peers.write(f"{directory}/conf", text.replace("DIRECTORY", directory)), port


def _lines(outcome, directory, port):
    """What the client printed, without names of programs, places in sources, figures and times."""
    text = (outcome.out + b"\n" + outcome.err).decode(errors="replace").replace("\r", "\n")
    lines = [PLACE.sub("", line).replace(directory, "DIRECTORY").replace(str(port), "PORT") for line in text.split("\n")]
    return sorted(line for line in lines if line.strip() and not DROPPED.search(line) and not FIGURES.match(line))


def _play(directory, daemon, client, lines, commands):
    """Runs a scenario: the outcome of each command, and the trees at the end."""
    os.makedirs(directory)
    configuration, port = _make(directory, daemon, lines)
    host = f"127.0.0.1:{port}"
    urls = {"MOD": f"rsync://{host}/m", "MOD2": f"rsync://{host}/n", "AUTH": f"rsync://me@{host}/m",
            "ROOT": f"rsync://root@{host}/m", "HOST": f"rsync://{host}"}
    outcomes = []
    with Server([daemon, "--daemon", "--no-detach", f"--config={configuration}"], port, f"{directory}/out.log"):
        for command in commands:
            argv = [client]
            for word in command:
                head, slash, rest = word.partition("/")
                argv.append(urls[head] + slash + rest if head in urls else word)
            outcome = run(argv, cwd=directory, env={"RSYNC_PASSWORD": "pw"})
            outcomes.append((outcome.code, _lines(outcome, directory, port)))
        # Stock runs this command after the client has gone.
        deadline = time.monotonic() + 5
        while "env.after" in lines and not os.path.exists(f"{directory}/env.after") and time.monotonic() < deadline:
            time.sleep(0.05)
    kept = {name: listed(f"{directory}/{name}") for name in ("mod", "out")}
    for name in ("env.early", "env.before", "env.after"):
        if os.path.exists(f"{directory}/{name}"):
            with open(f"{directory}/{name}", encoding="utf-8") as file:
                kept[name] = sorted(file.read().replace(directory, "DIRECTORY").splitlines())
    with open(f"{directory}/log", encoding="utf-8") as file:
        kept["log"] = sorted(line.partition("LINE ")[2].replace(directory, "DIRECTORY") for line in file if "LINE " in line)
    return outcomes, kept


def _scenario(lines, commands, daemon, client):
    def body(_, directory):
        if os.geteuid() != 0:
            raise Skipped("needs root")
        stock = _play(f"{directory}/s", peers.STOCK_RSYNC, peers.STOCK_RSYNC, lines, commands)
        ours = _play(f"{directory}/o", daemon, client, lines, commands)
        findings = []
        for command, one, other in zip(commands, stock[0], ours[0]):
            if one[0] != other[0]:
                findings.append(f"{command}: exit code {other[0]}, stock {one[0]}; {other[1]}, stock {one[1]}")
            elif (client == peers.STOCK_RSYNC or command == ["HOST/"]) and one[1] != other[1]:
                findings.append(f"{command}: printed {other[1]}, stock {one[1]}")
        for name in sorted(set(stock[1]) | set(ours[1])):
            one, other = (kept.get(name, ["none"]) for kept in (stock[1], ours[1]))
            if one != other:
                findings.append(f"{name}: {sorted(set(other) - set(one))[:6]}, stock {sorted(set(one) - set(other))[:6]}")
        if findings:
            raise Failure(*findings)
    return body


def daemon_cases():
    """Each scenario with our daemon and stock's client, and the other way round."""
    cases = []
    for name, (lines, commands) in SCENARIOS.items():
        for who, daemon, client in (("daemon", peers.DVM_RSYNC, peers.STOCK_RSYNC), ("client", peers.STOCK_RSYNC, peers.DVM_RSYNC)):
            cases.append(Case(f"daemons/{name}/{who}", _scenario(lines, commands, daemon, client), cost=2))
    costs = {"stopping": 65, "negotiation": 5}
    return cases + [Case(f"daemons/{name}", body, cost=costs.get(name, 1)) for name, body in {**features.SINGLE, **whole_daemon.SINGLE}.items()]
