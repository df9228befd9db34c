"""How the list of files is made (transfer 3) and which attributes and names it holds (transfer 8, 14.8, 21)."""

import os
import struct
import subprocess

from facts.lab import OWNER, expect, expect_in, expect_not_in, fact


@fact("transfer 3.10", "of files of one name the one sent first is kept, directories of one name are merged")
def duplicates(lab):
    lab.write("a/n", "first")
    lab.write("b/n", "second")
    lab.write("a/d/x")
    lab.write("b/d/y")
    expect("exit code", lab.remote("-a", "a/", "b/", "h:to/").code, 0)
    expect("content", lab.read("to/n"), b"first")
    expect("names", lab.tree("to"), ["d/", "d/x", "d/y", "n"])


@fact("transfer 3.10", "of a directory and a file of one name the directory is kept")
def directory_wins(lab):
    for order in (["a/", "b/"], ["b/", "a/"]):
        lab.clear("a", "b", "to")
        lab.write("a/n", "file")
        lab.write("b/n/inside", "in the directory")
        lab.remote("-a", "--no-inc-recursive", *order, "h:to/")
        expect(f"names after {order}", lab.tree("to"), ["n/", "n/inside"])


@fact("transfer 3.11", "a/ and a/. mean the contents of a, a/sub means sub")
def contents(lab):
    lab.write("a/sub/f")
    for argument, names in (("a/", ["sub/", "sub/f"]), ("a/.", ["sub/", "sub/f"]), ("a/sub", ["sub/", "sub/f"]),
                            ("a/sub/..", ["sub/", "sub/f"]), ("a", ["a/", "a/sub/", "a/sub/f"])):
        lab.clear("to")
        lab.run("-a", argument, "to")
        expect(argument, lab.tree("to"), names)


@fact("transfer 3.11", "with --relative a /./ starts the name, and .. in it is a syntax error (exit code 1)")
def relative(lab):
    lab.write("a/b/c/f")
    lab.run("-aR", "a/./b/c/f", "to")
    expect("names", lab.tree("to"), ["b/", "b/c/", "b/c/f"])
    expect("exit code", lab.run("-aR", "a/./b/../b/c/f", "to").code, 1)


@fact("transfer 3.11", "a missing argument gives exit code 23 and does not keep the receiver from deleting")
def missing_argument(lab):
    lab.write("a/f")
    lab.write("to/old")
    answer = lab.remote("-r", "--delete", "a/", "missing", "h:to/")
    expect("exit code", answer.code, 23)
    expect("names", lab.tree("to"), ["f"])


@fact("transfer 3.11", "a dangling link under -L is an error that keeps the receiver from deleting")
def dangling(lab):
    lab.write("a/f")
    lab.link("a/l", "nowhere")
    lab.write("to/old")
    answer = lab.remote("-rL", "--delete", "a/", "h:to/")
    expect("exit code", answer.code, 23)
    expect_in("text", "symlink has no referent", answer.text)
    expect_in("text", "IO error encountered -- skipping file deletion", answer.text)
    expect("names", lab.tree("to"), ["f", "old"])


@fact("transfer 3.11", "-x sends a mount point without its contents, -xx leaves it out")
def mounts(lab):
    lab.write("a/f")
    mounted = lab.directory("a/m")
    subprocess.run(["mount", "-t", "tmpfs", "none", mounted], check=True)
    try:
        lab.write("a/m/inside")
        lab.run("-ax", "a/", "x/")
        lab.run("-axx", "a/", "xx/")
    finally:
        subprocess.run(["umount", mounted], check=True)
    expect("-x", lab.tree("x"), ["f", "m/"])
    expect("-xx", lab.tree("xx"), ["f"])


@fact("transfer 3.11", "-k follows links to directories only; --copy-unsafe-links those that lead out")
def followed(lab):
    lab.write("out/f", "outside")
    lab.write("a/d/f")
    for name, target in (("in", "d"), ("away", "../out"), ("file", "d/f")):
        lab.link(f"a/{name}", target)
    lab.run("-ak", "a/", "k/")
    expect("-k", [name for name in ("in", "away", "file") if os.path.islink(lab.path(f"k/{name}"))], ["file"])
    lab.run("-a", "--copy-unsafe-links", "a/", "u/")
    expect("--copy-unsafe-links", [name for name in ("in", "away", "file") if os.path.islink(lab.path(f"u/{name}"))],
           ["in", "file"])


@fact("transfer 3.11", "--chmod is applied by the client: to what it sends, and to what it receives")
def chmod_side(lab):
    lab.write("a/f", mode=0o644)
    lab.remote("-a", "--chmod=F600", "a/", "h:push/")
    lab.remote("-a", "--chmod=F600", "h:a/", "pull/")
    for name in ("push/f", "pull/f"):
        expect(name, os.stat(lab.path(name)).st_mode & 0o777, 0o600)


@fact("transfer 3.11", "a name that is gone when it is looked at is a warning and exit code 24, and deletion goes on")
def vanished(lab):
    lab.write("a/f")
    lab.write("a/gone")
    lab.write("to/old")
    for name, call, text in (("gone", "newfstatat,lstat,lstat64,statx", 'file has vanished: "'),):
        answer = lab.run("-r", "--delete", lab.path("a") + "/", "to/", under=(
            "strace", "-f", "-qq", "-o", "/dev/null", "-P", name, "-P", lab.path(f"a/{name}"), "-e", f"inject={call}:error=ENOENT"))
        expect_in("text", text, answer.text)
        expect("code and names", (answer.code, lab.tree("to")), (24, ["f"]))


@fact("transfer 3.11", "--copy-devices sends a device as a regular file with its permission bits and its size")
def copied_device(lab):
    image = lab.write("image", b"device" * 1000 + bytes(2192))
    device = subprocess.run(["losetup", "-f", "--show", image], capture_output=True, text=True, check=True).stdout.strip()
    try:
        answer = lab.remote("-rp", "--copy-devices", device, "h:to/")
        expect("exit code", answer.code, 0)
        expect("content", lab.read("to/" + os.path.basename(device)), lab.read("image"))
        expect("mode", os.stat(lab.path("to/" + os.path.basename(device))).st_mode, 0o100000 | os.stat(device).st_mode & 0o777)
    finally:
        subprocess.run(["losetup", "-d", device], check=True)


@fact("transfer 3.12", "-m leaves out directories without files below them, but not those that a rule protects")
def pruned(lab):
    lab.write("a/full/f")
    lab.directory("a/empty/deeper")
    lab.directory("a/kept")
    lab.remote("-am", "--filter=P kept/", "a/", "h:to/")
    expect("names", [name for name in lab.tree("to") if name != "kept/"], ["full/", "full/f"])
    expect("empty", lab.has("to/empty"), False)


# rw- for the owner, r-- for user 1234, the group and others, with a mask of r--.
ACL = struct.pack("<I" + "HHI" * 5, 2, 1, 6, 2**32 - 1, 2, 4, 1234, 4, 4, 2**32 - 1, 16, 4, 2**32 - 1, 32, 4, 2**32 - 1)


def attributes(path):
    done = subprocess.run(["getfattr", "-h", "-m", "-", "--absolute-names", path], capture_output=True, text=True)
    return sorted(line for line in done.stdout.splitlines() if line and not line.startswith("#"))


@fact("transfer 8.3", "root carries every namespace but system.; another user gets only user.")
def namespaces(lab):
    lab.write("a/f")
    for name in ("user.u", "trusted.t", "security.s"):
        subprocess.run(["setfattr", "-n", name, "-v", "1", lab.path("a/f")], check=True)
    os.setxattr(lab.path("a/f"), "system.posix_acl_access", ACL)
    lab.remote("-rX", "a/", "h:root/")
    expect("root", attributes(lab.path("root/f")), ["security.s", "trusted.t", "user.u"])
    os.chmod(lab.directory("other"), 0o777)
    lab.remote("-rX", "a/", "h:other/", user=OWNER)
    expect("another user", attributes(lab.path("other/f")), ["user.u"])


@fact("transfer 8.3",
      "attributes of the destination that the source lacks are removed; user.rsync.% names travel only with -XX")
def removed_attributes(lab):
    lab.write("a/f")
    lab.write("to/f")
    subprocess.run(["setfattr", "-n", "user.old", "-v", "1", lab.path("to/f")], check=True)
    subprocess.run(["setfattr", "-n", "user.rsync.%x", "-v", "1", lab.path("a/f")], check=True)
    lab.remote("-rtX", "a/", "h:to/")
    expect("-X", attributes(lab.path("to/f")), [])
    lab.remote("-rtXX", "a/", "h:to2/")
    expect("-XX", attributes(lab.path("to2/f")), ["user.rsync.%x"])


@fact("transfer 8.3", "fake-super stores another namespace behind user.rsync., and its sender takes that off again")
def fake_attributes(lab):
    lab.write("a/f")
    subprocess.run(["setfattr", "-n", "trusted.t", "-v", "1", lab.path("a/f")], check=True)
    lab.remote("-aX", "-M--fake-super", "a/", "h:kept/")
    expect_in("stored", "user.rsync.trusted.t", " ".join(attributes(lab.path("kept/f"))))
    lab.remote("-aX", "-M--fake-super", "h:kept/", "back/")
    expect("restored", attributes(lab.path("back/f")), ["trusted.t"])


UNSAFE = ["/etc", "../../out", "../..", "d/../x", "d/..", "../a/../x", "./../x"]
SAFE = ["x", "../x", "d/x", "./x", "..", "../s/x", "d/..x"]


@fact("transfer 14.8", "--safe-links leaves out the links that the rule calls unsafe, and only those")
def unsafe_links(lab):
    for number, target in enumerate(SAFE + UNSAFE):
        lab.link(f"a/s/{number}", target)
    answer = lab.run("-a", "--safe-links", "a/", "to/")
    kept = [target for number, target in enumerate(SAFE + UNSAFE) if lab.has(f"to/s/{number}")]
    expect("kept", kept, SAFE)
    expect("exit code", answer.code, 0)


MATCHES = [  # rule, name, whether the rule excludes it
    ("*.o", "a.o", True), ("*.o", "d/a.o", True), ("/a.o", "d/a.o", False), ("/a.o", "a.o", True),
    ("d/a.o", "x/d/a.o", True), ("/d/a.o", "x/d/a.o", False), ("d*o", "d/a.o", False), ("/d**o", "d/a.o", True),
    ("a?o", "a.o", True), ("?/a.o", "d/a.o", True), ("[ab].o", "a.o", True), ("d/", "d/a.o", True),
    ("a.o/", "a.o", False), ("d/***", "d/a.o", True), ("**/a.o", "x/d/a.o", True), ("x*a.o", "x/d/a.o", False)]


@fact("transfer 21", "patterns match as the table of the specification says")
def patterns(lab):
    for rule, name, excluded in MATCHES:
        lab.clear("a", "to")
        lab.write(f"a/{name}")
        lab.run("-r", f"--exclude={rule}", "a/", "to/")
        expect(f"{rule} on {name}", lab.has(f"to/{name}"), not excluded)


@fact("transfer 21", "the first rule that matches decides, and what no rule matches is included")
def first_rule(lab):
    for name in ("a.c", "a.o", "b.o"):
        lab.write(f"a/{name}")
    lab.run("-r", "--include=a.o", "--exclude=*.o", "a/", "to/")
    expect("names", lab.tree("to"), ["a.c", "a.o"])


@fact("transfer 21", "a backslash quotes only in patterns that contain wildcards")
def quoting(lab):
    lab.write("a/x*y")
    lab.write("a/x\\y")
    lab.run("-r", "--exclude=x\\*y", "a/", "to/")
    expect("with a wildcard", lab.tree("to"), ["x\\y"])
    lab.clear("to")
    lab.run("-r", "--exclude=x\\y", "a/", "to/")
    expect("without", lab.tree("to"), ["x*y"])


@fact("transfer 21", "unmarked rules bind only the sender under --delete-excluded; rules without x ignore attributes")
def delete_excluded(lab):
    lab.write("a/f")
    lab.write("to/f.o")
    subprocess.run(["setfattr", "-n", "user.skip", "-v", "1", lab.path("a/f")], check=True)
    lab.remote("-rX", "--delete", "--exclude=*.o", "--exclude=user.*", "a/", "h:to/")
    expect("protected", lab.tree("to"), ["f", "f.o"])
    expect("attributes", attributes(lab.path("to/f")), ["user.skip"])
    lab.remote("-rX", "--delete-excluded", "--exclude=*.o", "--filter=-x user.skip", "a/", "h:to2/")
    lab.remote("-rX", "--delete-excluded", "--exclude=*.o", "a/", "h:to/")
    expect("deleted", lab.tree("to"), ["f"])
    expect("attributes", attributes(lab.path("to2/f")), [])


@fact("transfer 21", "-C leaves out what the built-in list names")
def cvs(lab):
    for name in ("RCS/f", "x.o", "x~", "core", ".git/f", "x.c", "tags", "a.orig"):
        lab.write(f"a/{name}")
    lab.run("-rC", "a/", "to/", environment={"HOME": lab.root})
    expect("names", lab.tree("to"), ["x.c"])


@fact("transfer 16.3", "backups: the suffix, and --backup-dir keeps the path")
def backups(lab):
    for extra, kept in (([], "to/d/f~"), (["--suffix=.old"], "to/d/f.old"), (["--backup-dir=../kept"], "kept/d/f")):
        lab.clear("a", "to", "kept")
        lab.write("a/d/f", "new", 1e9)
        lab.write("to/d/f", "old content", 2e9)
        lab.remote("-rtb", *extra, "a/", "h:to/")
        expect(kept, lab.read(kept), b"old content")
    expect_not_in("suffix", "f~", lab.tree("to"))


@fact("transfer 16.3",
      "with --delete and no backup directory what carries the suffix is protected; deleted files are backed up")
def backup_protection(lab):
    lab.write("a/f")
    lab.write("to/old", "x")
    lab.write("to/kept~", "x")
    lab.remote("-rb", "--delete", "a/", "h:to/")
    expect("names", lab.tree("to"), ["f", "kept~", "old~"])


@fact("transfer 16.3",
      "an older backup is replaced; what carries the suffix is deleted without one; unsafe links get none",
      "3.5.0")
def backup_limits(lab):
    lab.write("a/f", "new", 1e9)
    lab.link("a/l", "x")
    lab.write("to/f", "previous", 2e9)
    lab.write("to/f~", "older")
    lab.write("to/gone~", "x")
    lab.link("to/l", "/etc")
    lab.remote("-rltb", "--safe-links", "--delete", "--filter=R gone~", "a/", "h:to/")
    expect("backup", lab.read("to/f~"), b"previous")
    expect("names", lab.tree("to"), ["f", "f~", "l"])
