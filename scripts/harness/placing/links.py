"""Links on the way of paths that a user names: whose are followed, and where they may lead (--insecure-links, --confine-root)."""

import os
import subprocess
import threading

from harness.cases import Case, Skipped, check
from harness.programs import peers
from harness.programs.processes import run
from harness.transfers.beside import OVER_SHELL, Set, body_of, cases_of

TREE = ("mkdir -p in/src in/dst in/alt out/alt; echo x > in/src/a; echo y > in/src/b; cp -p in/src/* in/alt; cp -p in/src/* out/alt; "
        "echo longer > in/dst/a; ln -s in/src in/dst .; ln -s ../out in/far; ln -s alt in/near; ln -s alt in/foreign; chown -h 1:1 in/foreign; "
        "echo a | tee out/list > in/list")
FOUND = TREE + "; rm in/dst/a"
LISTED = (TREE + "; mkdir in/src/d out/o; echo o > out/o/f; echo d > in/src/d/f; ln -s ../../out/o in/src/far; ln -s d in/src/near; "
          "ln -s ../alt in/src/up; ln -s d in/src/foreign; chown -h 1:1 in/src/foreign; printf '%s\\n' a far/f near/f up/a d/f far > names")
RULES = ("mkdir -p src/d dst/d; ln -s ../rules src/.r; ln -s ../rules dst/.r; ln -s ../../rules dst/d/.r; echo keep > rules; "
         "for d in dst dst/d; do echo x > $d/keep; echo x > $d/other; done")
MODULE = ("mkdir -p src dst real/d other; echo x > src/f; echo x > src/g; cp -p src/* other; ln -s ../real dst/near; ln -s other latest; "
          "mkdir dst/d; echo longer > dst/d/f")
# Links in place of directories that lead out of the destination.
FAR = ("mkdir -p src/a/s src/b src/c dst out/s out/t; for f in a/f a/s/g b/h c/i; do echo $f > src/$f; done; echo old > out/f; echo old > out/k; "
       "ln -s ../out dst/a; ln -s \"$PWD\"/out/t dst/b; ln -s ../out/none dst/c; chown -h 1:1 dst/a")
# Nothing is written; what is printed of that differs.
REFUSED = {"errors": False, "ignored": (rb"[<>].*",), "names": ("in/dst/a", "out/alt")}
CONFINED, LIMITED = "--confine-root=@PLACE@/in", "-M--confine-root=@PLACE@/in"


def _set(options, sources="in/src/", target="in/dst/", tree=TREE, **more):
    return Set(options, sources, target, tree, **{"roles": ("local",), "names": ("in", "out"), **more})


SETS = {
    "confine root, relative": _set("-ai --confine-root=in"),
    "confine root, empty": _set("-ai --confine-root="),
    "confine root, everything": _set("-ai --confine-root=/ -b --backup-dir=../../out/save"),
    "confine root, with insecure links": _set(f"-ai {CONFINED} --insecure-links"),
    "confine root, destination and source outside": _set(f"-ai {CONFINED}", "out/alt/", "out/new/"),
    "confine root, backup dir": _set(f"-aib {CONFINED} --backup-dir=../../in/save"),
    "confine root, backup dir outside": _set(f"-aib {CONFINED} --backup-dir=../../out/save --existing", **REFUSED),
    "confine root, backup dir over a link": _set(f"-aib {CONFINED} --backup-dir=../far/save --existing", **REFUSED),
    "confine root, temp dir": _set(f"-ai {CONFINED} --temp-dir=@PLACE@/in/near", names=("in/dst",)),
    "confine root, temp dir outside": _set(f"-ai {CONFINED} --temp-dir=@PLACE@/in/far", **REFUSED),
    "confine root, partial dir outside": _set(f"-ai {CONFINED} --partial-dir=@PLACE@/out/alt"),
    "confine root, link dest": _set(f"-ai {CONFINED} --link-dest=../near", tree=FOUND),
    "confine root, link dest outside": _set(f"-ai {CONFINED} --link-dest=../../out/alt", tree=FOUND, errors=False),
    "confine root, copy dest over a link": _set(f"-ai {CONFINED} --copy-dest=@PLACE@/in/far/alt", tree=FOUND, errors=False),
    "confine root, listed names": _set(f"-ai {CONFINED} --files-from=names", tree=LISTED),
    "confine root, listed names, not relative": _set(f"-ai {CONFINED} --no-R --files-from=names", tree=LISTED),
    "confine root, listed names, following links": _set(f"-aiL {CONFINED} --files-from=names", tree=LISTED),
    "confine root, list and patterns outside": _set(f"-ai {CONFINED} --files-from=out/list --exclude-from=out/list"),
    "confine root, log outside": _set(f"-ai {CONFINED} --log-file=out/log ", names=("in",)),
    "confine root, of a server": Set(f"-aib {LIMITED} --backup-dir=../../out/save --existing", "in/src/", "in/dst/", TREE, ("server",),
                                     ("push",), **REFUSED),
    "confine root, of a server, relative": Set("-ai -M--confine-root=in", "in/src/", "in/dst/", TREE, ("server",), ("push",), errors=False),
    "confine root, of a server, listed names": Set(f"-ai {LIMITED} --files-from=names", "in/src/", "in/dst/", LISTED, ("server",),
                                                   ("pull",), names=("in",)),
    "foreign link, destination": _set("-ai", target="in/foreign"),
    "foreign link, destination below": _set("-ai", target="in/foreign/"),
    "foreign link, a file below": _set("-ai", "in/src/a", "in/foreign/new"),
    "foreign link to a file, for a file": _set("-ai", "in/src/a", "in/link", tree=TREE + "; ln -s dst/a in/link; chown -h 1:1 in/link"),
    "foreign link to nothing, for a file": _set("-ai", "in/src/a", "in/link", tree=TREE + "; ln -s none in/link; chown -h 1:1 in/link"),
    "foreign link to a file, for a file, in place": _set("-ai --inplace", "in/src/a", "in/link",
                                                         tree=TREE + "; ln -s dst/a in/link; chown -h 1:1 in/link"),
    "foreign link to nothing, with a slash": _set("-ai", "in/src/a", "in/link/", tree=TREE + "; ln -s none in/link; chown -h 1:1 in/link"),
    "foreign link to a file, for a tree": _set("-ai", target="in/link", tree=TREE + "; ln -s dst/a in/link; chown -h 1:1 in/link"),
    "foreign link to nothing, mkpath": _set("-ai --mkpath", target="in/link/x/", tree=TREE + "; ln -s none in/link; chown -h 1:1 in/link"),
    "links in place of directories, insecure": Set("-aiKO --insecure-links", tree=FAR, roles=OVER_SHELL[:2], names=("dst", "out")),
    "links in place of directories, insecure, deleting": Set("-rlpiK --insecure-links --delete", tree=FAR, roles=OVER_SHELL[:2],
                                                             names=("dst", "out")),
    "links in place of directories, insecure, of a server": Set("-aiKO -M--insecure-links", tree=FAR, roles=("server",), names=("dst", "out")),
    "foreign link, destination, insecure": _set("-ai --insecure-links", target="in/foreign/"),
    "foreign link, source": _set("-ai", "in/foreign/"),
    "foreign link, backup dir": _set("-aib --backup-dir=../foreign --existing", **REFUSED),
    "foreign link, backup dir, insecure": _set("-aib --backup-dir=../foreign/save --insecure-links"),
    "dangling link, backup dir": _set("-aib --backup-dir=../gone --existing", tree=TREE + "; ln -s ../out/none/here in/gone", **REFUSED),
    "foreign link, link dest": _set("-ai --link-dest=../foreign", tree=FOUND, errors=False),
    "foreign link, listed names": _set("-ai --files-from=names", tree=LISTED + "; echo foreign/f >> names"),
    "foreign link, patterns": _set("-ai --exclude-from=in/foreign/a"),
    "foreign link, list": _set("-ai --files-from=in/foreign/a"),
    "foreign link, log": _set("-ai --log-file=in/foreign/log"),
    "rules behind links": Set("-ri --delete --filter=:-_.r", tree=RULES, roles=OVER_SHELL),
    "rules behind foreign links": Set("-ri --delete --filter=:-_.r", tree=RULES + "; chown -h 1:1 dst/.r dst/d/.r src/.r", roles=OVER_SHELL,
                                      errors=False),
    "rules behind links out of a module": Set("-ri --delete --filter=:-_.r", tree=RULES.replace("../rules", "/etc/hostname"),
                                              roles=("client-of-daemon", "daemon")),
    "link in a module, destination": Set("-ai", target="dst/near/", tree=MODULE),
    "link in a module, new destination": Set("-ai", target="dst/near/new/", tree=MODULE),
    "link in a module, link dest": Set("-ai --link-dest=../../latest", target="dst/new/", tree=MODULE),
    "link in a module, backup dir": Set("-aib --backup-dir=../near", target="dst/d/", tree=MODULE),
    "link in a module, source": Set("-ai", "dst/near/../near/", "src/", tree=MODULE),
}


def _from_closed_directory(setting, directory):
    """Absolute paths need no working directory that the user can enter, as when root's cron starts a user's job."""
    if os.geteuid() != 0:
        raise Skipped("needs root to become another user")
    os.makedirs(f"{directory}/closed", mode=0o700)
    os.makedirs(f"{directory}/src")
    peers.write(f"{directory}/src/f", "text")
    peers.write(f"{directory}/patterns", "nothing")
    subprocess.run(["chown", "-R", "1000:1000", directory], check=True)
    os.chown(f"{directory}/closed", 0, 0)
    outcome = run(["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", peers.DVM_RSYNC, "-a", f"--exclude-from={directory}/patterns",
                   f"--log-file={directory}/log", f"{directory}/src/", f"{directory}/dst/"], cwd=f"{directory}/closed")
    check(outcome.code == 0, str(outcome))
    check(os.path.exists(f"{directory}/dst/f") and os.path.getsize(f"{directory}/log") > 0, "the file or the log is missing")


UPWARD = ("mkdir -p src/e up/d dst; echo x > up/d/f; ln -s ../d up/d/l; "
          "for n in $(seq 300); do ln -s ../../up/d/$(printf 'l/%.0s' $(seq 30))f src/e/l$n; done")


def _while_renaming(body):
    """A case during which a file elsewhere is renamed all the time: the kernel then refuses some paths with `..` below a directory
    (openat2(2), EAGAIN)."""
    def renaming(setting, directory):
        names, has_ended = (f"{directory}/old", f"{directory}/new"), threading.Event()
        peers.write(names[0], "")

        def rename():
            while not has_ended.is_set():
                os.rename(*names)
                os.rename(*reversed(names))
        thread = threading.Thread(target=rename)
        thread.start()
        try:
            return body(setting, directory)
        finally:
            has_ended.set()
            thread.join()
    return renaming


def link_cases():
    """Each set in each of its roles, in both directions."""
    upward = body_of(Set("-rLi", tree=UPWARD), "daemon", "pull")
    return [*cases_of(SETS), Case("beside/from a closed directory", _from_closed_directory),
            Case("beside/links that lead up while files are renamed", _while_renaming(upward))]
