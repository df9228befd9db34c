"""What the receiving side does where entries cannot be placed: this entry is named, and the rest arrives. Stock rsync is no
model here: it hangs, sends what cannot be stored, or prints less."""

import os
import re
import signal
import subprocess
import time

from harness.cases import Case, check
from harness.programs import peers
from harness.programs.preloaded import slow
from harness.programs.processes import run
from harness.placing.placement import plant
from harness.placing.placement_sets import TREES

USER = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"]


def _pushes(setting, directory, *options, user=False, client=None, after=()):
    """The same push locally, from our client to our server, and from a stock client to our server."""
    def push(name, tree, *argv):
        place = f"{directory}/{name}"
        plant(place, tree)
        for words in after:
            subprocess.run([word.replace("{}", place) for word in words], check=True)
        return place, run((USER if user else []) + [*argv, *options], timeout=20)
    def each(tree):
        yield push("local", tree, peers.DVM_RSYNC, f"{directory}/local/source/", f"{directory}/local/target/")
        for name, program in (("ours", peers.DVM_RSYNC), ("stock", peers.STOCK_RSYNC)):
            yield push(name, tree, program, "-e", setting.shell, f"--rsync-path={peers.DVM_RSYNC}",
                       f"{directory}/{name}/source/", f"nowhere:{directory}/{name}/target/")
    return each


def _blocked_link(*options):
    """A full directory at the first name of a group of hard links: the others arrive, and are one file."""
    def body(setting, directory):
        for place, outcome in _pushes(setting, directory, "-aH", *options)(TREES["blocked link"]):
            check(outcome.code == 23, str(outcome))
            check(outcome.seconds < 5, f"took {outcome.seconds} s")
            check("regular file: a" in outcome.err.decode(), f"a is not named: {outcome}")
            check(os.stat(place + "/target/b").st_ino == os.stat(place + "/target/c").st_ino, "b and c are not one file")
            check(os.listdir(place + "/target/a") == ["full"], "the directory was changed")
    return body


def _backups_in_place(setting, directory):
    """Backups that would have the names of what they are of: nothing is replaced, since there would be no backup."""
    for place, outcome in _pushes(setting, directory, "-rbI", "--backup-dir=../target")("source/f | new\ntarget/f | old"):
        check(outcome.code == 1 and "--suffix cannot be empty when --backup-dir is the same" in outcome.err.decode(), str(outcome))
        check("copy" not in outcome.err.decode(), f"an error without meaning: {outcome}")
        with open(place + "/target/f", encoding="utf-8") as file:
            check(file.read().strip() == "old", "the file was replaced")


def _unwritable(setting, directory):
    """A directory in which nothing can be created: nothing is sent for it, and the rest arrives."""
    tree = """
        source/d/big | *9000000
        source/d | / | | 755
        source/ok | text
        target/d | / | | 755
    """
    given = [["chown", "-R", "1000:1000", "{}/source", "{}/target"], ["chown", "0:0", "{}/target/d"]]
    pushes = _pushes(setting, directory, "-rlpgo", "--bwlimit=3M", "--stats", user=True, after=given)
    for place, outcome in pushes(tree):
        check(outcome.code == 23, str(outcome))
        check("d/big" in outcome.err.decode(), f"d/big is not named: {outcome}")
        check(b"Literal data: 5 bytes" in outcome.out or b"Literal data: 4 bytes" in outcome.out,
              f"data was sent for it: {outcome.out}")
        check(outcome.seconds < 2, f"took {outcome.seconds} s")
        check(os.path.exists(place + "/target/ok"), "the rest did not arrive")


def _no_inode(setting, directory):
    """No free inode: a file that has to be replaced is named, the metadata of the others is corrected."""
    for name, program in (("local", None), ("ours", peers.DVM_RSYNC), ("stock", peers.STOCK_RSYNC)):
        place, target = f"{directory}/{name}", f"{directory}/{name}/target"
        os.makedirs(target)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=9m,nr_inodes=9", "dvm-test", target], check=True)
        try:
            plant(place, "\n".join(f"source/f{at} | *20 | | 600" for at in range(8)))
            plant(place, "\n".join(f"target/f{at} | {'*20' if at != 3 else 'old'} | | 644" for at in range(8)))
            remote = ["-e", setting.shell, f"--rsync-path={peers.DVM_RSYNC}", place + "/source/", f"nowhere:{target}/"]
            outcome = run([program, "-a", *remote] if program else
                          [peers.DVM_RSYNC, "-a", place + "/source/", target + "/"], timeout=20)
            check(outcome.code == 23, str(outcome))
            check('f3"' in outcome.err.decode(), f"f3 is not named: {outcome}")
            modes = [os.stat(f"{target}/f{at}").st_mode & 0o777 for at in range(8)]
            check(modes == [0o600] * 3 + [0o644] + [0o600] * 4, f"the rest was not done: {modes}")
        finally:
            subprocess.run(["umount", "-l", target], check=True)


def _foreign_root(setting, directory):
    """A volume whose top belongs to root, as user 1000: one line that names it, and the contents arrive."""
    given = [["chown", "-R", "1000:1000", "{}/source"], ["chmod", "2777", "{}/target"], ["chmod", "2775", "{}/source"]]
    pushes = _pushes(setting, directory, "-a", user=True, after=given)
    for place, outcome in pushes("source/f | text\nsource/d/f | text\ntarget/ | / | 1000\n"):
        check(outcome.code == 23, str(outcome))
        lines = [line for line in outcome.lines() if "rsync error" not in line]
        check(len(lines) == 1 and re.search(r'failed to set group, times and permissions on "/.*/target/\.":', lines[0]), str(outcome))
        check(os.path.exists(place + "/target/d/f"), "the contents did not arrive")


def _copied_backup(*options, kept):
    """Backups that are copies have what the originals had. (rsync 3.5.0 loses the ACL.)"""
    def body(setting, directory):
        given = [["setfattr", "-n", "user.kept", "-v", "old", "{}/target/f"], ["setfacl", "-m", "u:7:r", "{}/target/f"]]
        for place, _ in _pushes(setting, directory, "-aAX", *options, after=given)("source/f | new text\ntarget/f | text\n"):
            path = place + kept
            check(os.getxattr(path, "user.kept") == b"old", "the attribute is lost")
            check("system.posix_acl_access" in os.listxattr(path), "the ACL is lost")
    return body


def _alternate_values(kind):
    """Values of extended attributes that are too long for the list come from the alternate directory, or from the sender."""
    def body(setting, directory):
        tree = "source/same | text\nalt/same | text\nsource/differ | text\nalt/differ | text\n"
        given = [["setfattr", "-n", "user.long", "-v", value * 100, "{}/" + path]
                 for path, value in (("source/same", "x"), ("alt/same", "x"), ("source/differ", "x"), ("alt/differ", "y"))]
        for place, outcome in _pushes(setting, directory, "-aX", f"--{kind}-dest=../alt", after=given)(tree):
            check(outcome.code == 0, str(outcome))
            for name in ("differ",) if kind == "compare" else ("same", "differ"):
                check(os.getxattr(f"{place}/target/{name}", "user.long") == b"x" * 100, f"{name} has another value")
    return body


def _unflushed(*options):
    """A disk that loses everything: the sources of `--fsync --remove-source-files` stay."""
    def body(setting, directory):
        lossy = slow(setting, FAIL_SYNC=1)
        words = ["-a", "--fsync", "--remove-source-files", *options]
        for name in ("local", "push", "pull"):
            place = f"{directory}/{name}"
            plant(place, "source/f | text\nsource/d/g | *300000\nsource/same | text\ntarget/same | text\n")
            source, target = f"{place}/source/", f"{place}/target/"
            # The receiving side has the lossy disk; a sender does not flush.
            argv = {"local": [source, target], "pull": ["nowhere:" + source, target], "push": [source, "nowhere:" + target]}
            shell = ["-e", setting.shell, f"--rsync-path={peers.DVM_RSYNC}"]
            outcome = run([peers.DVM_RSYNC, *words, *shell, *argv[name]], timeout=20, env=lossy)
            check(outcome.code != 0, f"{name}: {outcome}")
            left = [path for path in ("f", "d/g", "same") if os.path.exists(source + path)]
            check(left == ["f", "d/g", "same"], f"{name}: only {left} are left: {outcome}")
    return body


def _one_inode(setting, directory):
    """One free inode, and files that replace others: each is given its name before the next one is begun."""
    for program in (peers.STOCK_RSYNC, peers.DVM_RSYNC):
        target = f"{directory}/target"
        os.makedirs(target, exist_ok=True)
        plant(directory, "\n".join(f"source/f{at} | *3000000" for at in range(8)))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60m,nr_inodes=10", "dvm-test", target], check=True)
        try:
            plant(directory, "\n".join(f"target/f{at} | older" for at in range(8)))
            outcome = run([program, "-rI", directory + "/source/", target + "/"], timeout=20)
            sizes = [os.stat(f"{target}/f{at}").st_size for at in range(8)]
            check(outcome.code == 0 and sizes == [3000000] * 8, f"{program}: {sizes}, {outcome}")
        finally:
            subprocess.run(["umount", "-l", target], check=True)


def _foreign_owner(setting, directory):
    """With --fake-super, permissions of what another user owns are stored where that is possible, and not set; an attribute
    that cannot be set is named."""
    for program in (peers.STOCK_RSYNC, peers.DVM_RSYNC):
        place = f"{directory}/{os.path.basename(program)}"
        plant(place, """
            source/f | text | | 600
            target/f | text | | 666
            closed/f | text | | 644
        """)
        os.setxattr(f"{place}/source/f", "user.name", b"value")
        for path in (f"{place}/target", f"{place}/closed", f"{place}/source", f"{place}/source/f"):
            os.chown(path, 1000, 1000)
        outcome = run([*USER, program, "-rpo", "--fake-super", f"{place}/source/", f"{place}/target/"])
        check(outcome.code == 0, f"{program}: {outcome}")
        mode = os.stat(f"{place}/target/f").st_mode & 0o777
        stored = os.getxattr(f"{place}/target/f", "user.rsync.%stat")
        check((mode, stored) == (0o666, b"100600 0,0 1000:0"), f"{program}: {mode:o}, {stored}")
        outcome = run([*USER, program, "-rX", f"{place}/source/", f"{place}/closed/"])
        text = re.sub(r"\[\w+\] rsync_xal_set: [fl]", "[] rsync_xal_set: ", outcome.err.decode())
        check(f'[] rsync_xal_set: setxattr("{place}/closed/f","user.name") failed: Permission' in text, f"{program}: {outcome}")


def _signalled(setting, directory):
    """A stock client that fails sends SIGUSR1 to its child: the server keeps the partial file."""
    os.makedirs(f"{directory}/source")
    with open(f"{directory}/source/f", "wb") as file:
        file.write(os.urandom(30 << 20))
    shell = peers.write(f"{directory}/shell", '#!/bin/sh\nshift\nexec "$@"\n', 0o755)
    for program in (peers.STOCK_RSYNC, peers.DVM_RSYNC):
        target = f"{directory}/{os.path.basename(program)}"
        os.makedirs(target)
        argv = [peers.STOCK_RSYNC, "-r", "--partial", "--bwlimit=4000", "-e", shell, f"--rsync-path={program}", f"{directory}/source/",
                f"nowhere:{target}/"]
        with subprocess.Popen(argv, stderr=subprocess.PIPE) as client:
            # A temporary file has no name with ours; all of it would take 7 s.
            time.sleep(1.5)
            found = run(["pgrep", "-P", str(client.pid)])
            os.kill(int(found.out.split()[0]), signal.SIGUSR1)
            client.communicate(timeout=20)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and os.listdir(target) != ["f"]:
            time.sleep(0.05)
        check(os.listdir(target) == ["f"], f"{program}: {os.listdir(target)}")
        # 10 where the client notices first that it cannot write.
        check(client.returncode in (10, 12, 19), f"{program}: exit code {client.returncode}")


def _slow_links(setting, folder):
    """Many names are linked to a file that has arrived, for several times the client's limit: it is told that we are alive."""
    os.makedirs(f"{folder}/source")
    first = peers.write(f"{folder}/source/f00", "text")
    for number in range(1, 80):
        os.link(first, f"{folder}/source/f{number:02}")
    argv = [peers.STOCK_RSYNC, "-aH", "--timeout=3", "-e", setting.shell, f"--rsync-path={peers.DVM_RSYNC}", f"{folder}/source/",
            f"nowhere:{folder}/target/"]
    outcome = run(argv, timeout=60, env=slow(setting, SLOW_LINK=100))
    check(outcome.code == 0, str(outcome))
    check(outcome.seconds > 6, f"too fast for this test: {outcome.seconds:.1f} s")
    check(os.stat(f"{folder}/target/f79").st_nlink == 80, "not all names are links")


def receiver_fault_cases():
    cases = {
        "blocked hard link": _blocked_link(),
        "blocked hard link, one list": _blocked_link("--no-inc-recursive"),
        "blocked hard link, in place": _blocked_link("--inplace"),
        "directory that cannot be written": _unwritable,
        "backups that are the files themselves": _backups_in_place,
        "no free inode": _no_inode,
        "one free inode": _one_inode,
        "owner that is another user": _foreign_owner,
        "client that fails": _signalled,
        "many slow links": _slow_links,
        "top that belongs to root": _foreign_root,
        "backup of a file in place": _copied_backup("-b", "--inplace", kept="/target/f~"),
        **{f"long attributes and --{kind}-dest": _alternate_values(kind) for kind in ("copy", "link", "compare")},
        "disk that loses what was sent": _unflushed(),
        "disk that loses what was sent, one list": _unflushed("--no-inc-recursive"),
        "disk that loses what was sent, held updates": _unflushed("--delay-updates"),
        "disk that loses what was sent, old protocol": _unflushed("--protocol=29"),
    }
    return [Case(f"placement/fault/{name}", body) for name, body in cases.items()]
