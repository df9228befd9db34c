"""Small runs with our program in each role beside stock: same exit code, same lines on both outputs, same tree."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass

from harness.cases import Case, check_equal_trees, check_same_exit, check_same_lines
from harness.differential import trees
from harness.programs import peers
from harness.programs.processes import run
from harness.transfers.filters import with_stock

# What all trees are set to: before protocol 31, lists have whole seconds.
MOMENT = 10 ** 18 + 5 * 10 ** 8
SMALL = "mkdir -p src/d src/e dst; echo x > src/f; echo y > src/d/g; echo z > dst/h"
ALTERNATES = "mkdir src dst other; echo x > src/f; cp src/f src/g; cp src/f other/g; echo longer > other/f; chmod 4755 other/*"
NAMES = "mkdir src dst; echo longer > src/a; ln src/a src/m; ln src/a src/z; "
ATTRIBUTES = ("mkdir src dst; for f in src/a src/b dst/a; do echo x > $f; setfattr -n user.a -v $f $f; setfattr -n user.b -v $f $f; "
              "setfattr -n trusted.t -v $f $f; done; setfattr -n user.old -v 1 dst/a; setfattr -n trusted.old -v 1 dst/a")
KINDS = ("mkdir -p src/d dst; mkfifo src/p; ln -s q src/l; mknod src/c c 1 3; mknod src/b b 7 9; mknod src/d/c c 1 3; echo xx > src/f; "
         "chmod 4751 src/f; head -c 123456 /dev/zero > src/d/big; chmod 1777 src/d; touch -d @5 src/f")
UNREADABLE = SMALL + "; mkdir -m 0 src/x; chmod 0 src/f; chown -R daemon dst"
LOOP = SMALL + "; ln -s . src/d/l"
NAMED = SMALL + "; printf '%s\\n' d/. f/ d/ f/. > names"
MARKED = SMALL + "; touch 'src/#a' 'src/;b'; printf '%s\\n' f '#a' ';b' > names"
BEHIND = SMALL + "; printf '%s\\n' ./no ./d/no > names"
OTHERS = ("mkdir -p src/d dst/d dst/.kept; echo newer > src/d/f; chmod 600 src/d/f; ln -s a src/d/l; ln -s b dst/d/l; echo old > dst/d/f; "
          "chown -h 5:6 dst/d dst/d/*; chmod 2771 dst/d; chmod 4751 dst/d/f")
KEPT = ("mkdir src dst other; for d in src dst other; do ln -s q $d/l; mkfifo $d/p; mkdir $d/d; done; ln -s r src/m; ln -s q other/m; "
        "ln -s r dst/m; mkfifo src/n other/n; echo x > dst/n; ln -s s src/o; ln -s t other/o; mkdir src/e other/e; chmod 700 other/e; "
        "ln -s u src/u; ln -s u other/u; chown -h 5:6 other/u")
SNAPSHOT = ("mkdir src dst other kept; echo new > src/f; ln src/f src/g; cp -p src/f other/f; ln other/f dst/f; ln other/f dst/g; "
            "echo precious > kept/f; echo precious > kept/g")
NOWHERE = ("mkdir -p src/a/b src/c src/d src/e/g src/h dst; ln -s nothing dst/a; ln -s ../f dst/c; ln -s d dst/d; ln -s k/l dst/e; echo x > dst/k; "
           "ln -s i dst/h; mkdir dst/i; echo x > f")
SHARED = ("mkdir -p src/u dst/u; echo x > src/l; ln src/l src/u/c; cp -p src/l dst/l; ln dst/l dst/u/c; setfattr -n user.n0 -v abc dst/l; "
          "setfacl -m u:1:r dst/l")
AGED = "mkdir src dst; for d in src dst; do ln -s a $d/a; ln -s $d $d/b; done; ln -s c src/c; touch -h -d @5 dst/*"
# Figures of --stats that depend on how lists are sent.
NUMBERS = rb"(?m)^(File list|Total bytes|sent |total size).*$"
# One name of a linked file is at the destination, all are in the other directory.
LINKED = ("mkdir src dst other; echo x > src/a; ln src/a src/b; ln src/a src/c; for n in a b c; do cp src/a other/$n; done; "
          "cp src/a dst/c; echo y > src/e; cp src/e other/e")
# rsync removes the sources of linked names before they are linked, and once more then.
TOO_EARLY = rb"(?m)^sender file already removed: .*$"
# Names of one file in several directories, which the destination has not, and all of which are in the other directory.
SPREAD = ("mkdir -p src/d dst other; echo x > src/f; ln src/f src/g; ln src/f src/d/h; echo y > src/d/n; cp -a src/. other/")
# Links, FIFOs, files and devices, single and linked; some of the other directory's and some at the destination are not equal.
EQUALS = ("mkdir -p src/d dst other; ln -s q src/k; ln -s a src/la; ln src/la src/lb; mkfifo src/p src/pa; ln src/pa src/pb; mknod src/c c 1 3; "
          "echo 1 > src/f; echo 2 > src/ha; ln src/ha src/hb; for n in l2 l3; do ln -s z src/d/$n; done; mkfifo src/d/p2 src/d/p3; cp -a src/. other/; "
          "chmod 600 other/d/p2; ln -snf y other/d/l2; mkdir dst/d; cp -a src/d/l3 dst/d/; ln -s y dst/p; echo x > dst/c")
# Modes that --fake-super stores, and modes that it does not, on both sides.
STORED = ("mkdir -p src/d dst; for m in 644 755 444 4755 2644 1600 000; do echo x > src/$m; chmod $m src/$m; done; chmod 2550 src/d; "
          "cp -a src/. dst/; ln -s x src/l")
# Where directories belong there are files and links; one of those directories has contents.
IN_PLACE = ("mkdir -p src/d src/k src/m/n dst/m; touch src/m/x dst/m/n; echo old > dst/d; ln -s nothing dst/k; touch -d @5 src/d src/k src/m/n")
# Directories of which a second alternate directory has equal ones, the first others.
SECOND = ("mkdir -p src/d src/e src/g dst other/d other/e other/g more/d; chmod 700 other/d; setfattr -n user.a -v 1 other/e; "
          "setfacl -m u:1:rwx other/g")
# Links and pipes where other entries are.
PLACES = ("mkdir src dst; for n in 1 2 3 4; do ln -s q src/l$n; done; for n in 1 2; do mkfifo -m 666 src/p$n; done; ln -s r dst/l1; "
          "ln -s q dst/l2; mkfifo -m 660 dst/l3; mkdir -m 750 dst/l4; echo x > dst/p1; mkdir -m 750 dst/p2; chmod 640 dst/p1")
# More names than files may be requested at once, each of which waits for one that comes later.
PAIRS = "mkdir -p src/a dst; cd src; touch $(seq -f a/%05g 10500); cp -al a b"
EVERYWHERE = ("local", "client-of-shell", "server", "client-of-daemon", "daemon")
OVER_SHELL = ("local", "client-of-shell", "server")


@dataclass
class Set:
    """Options, sources (`SRC` stands for one without a remote part) and a target, over a tree that shell commands make."""
    options: str
    sources: str = "src/"
    target: str = "dst/"
    tree: str = SMALL
    roles: tuple = EVERYWHERE
    directions: tuple = ("push", "pull")
    # Whether standard error is compared, too.
    errors: bool = True
    # What is left out of the output before it is compared: patterns.
    ignored: tuple = ()
    # The trees that are compared.
    names: tuple = ("src", "dst")
    # Whether it is run by user 1000.
    user: bool = False


SETS = {
    # the destination that an argument names
    "one directory to a new name": Set("-ai", "src/e", "dst/new"),
    "one directory with a slash to a new name": Set("-ai", "src/e/", "dst/new"),
    "one directory to a new name with a slash": Set("-ai", "src/e", "dst/new/"),
    "one directory to a new name, whole list": Set("-ai --no-i-r", "src/e", "dst/new"),
    "one directory to a new name, one level": Set("-dti", "src/d", "dst/new"),
    "one directory to a new name, deleting": Set("-ai --delete", "src/e", "dst/new"),
    "one directory over a file": Set("-ai", "src/e", "dst/h"),
    "nothing to a new name": Set("-ai", "src/nothing", "dst/new", roles=OVER_SHELL),
    "nothing below a missing directory": Set("-ai", "src/nothing", "dst/no/new", roles=OVER_SHELL),
    "a file below a missing directory": Set("-ai", "src/f", "dst/no/new", roles=OVER_SHELL),
    "a tree below a missing directory": Set("-ai", "src/", "dst/no/new"),
    "a tree below a file": Set("-ai", "src/", "dst/h/new", roles=OVER_SHELL),
    "two files over a file": Set("-ai", "src/f src/d", "dst/h"),
    "a file over a file with a slash": Set("-ai", "src/f", "dst/h/", roles=OVER_SHELL),
    "dry run to a new name": Set("-ain", "src/", "dst/new"),
    "dry run below a missing directory": Set("-ain", "src/", "dst/no/new"),
    "dry run of one directory to a new name": Set("-ain", "src/e", "dst/new"),
    "mkpath": Set("-ri --mkpath", "src/", "dst/a/b/c"),
    "mkpath for one directory": Set("-ri --mkpath", "src/", "dst/new"),
    "mkpath for a file": Set("-ai --mkpath", "src/f", "dst/a/b/c"),
    "mkpath for a file, with a slash": Set("-ai --mkpath", "src/f", "dst/a/b/"),
    "mkpath for nothing": Set("-ai --mkpath", "src/nothing", "dst/a/b", roles=OVER_SHELL),
    "mkpath, dry run": Set("-ain --mkpath", "src/", "dst/a/b"),
    "mkpath for a file, dry run": Set("-ain --mkpath", "src/f", "dst/a/b", roles=OVER_SHELL),
    "list only, new destination": Set("-ai --list-only", "src/", "dst/no/there/"),
    "existing, one directory to a new name": Set("-ri --existing", "src/e", "dst/new"),
    "existing, to a new name": Set("-ri --existing", "src/", "dst/new"),
    "existing, to a new name, dry run": Set("-rin --existing", "src/", "dst/new"),
    "contents by a dot": Set("-ai", "src/.", "dst/."),
    "contents by a dot, to a new name": Set("-ai", "src/d/.", "dst/new/.", roles=OVER_SHELL),
    "contents by a dot, one level": Set("-di", "src/./d/.", "dst/new"),
    "format without names, new destination": Set("-a --out-format=%l", "src/", "dst/new"),
    "mkpath below a link to nothing": Set("-ai --mkpath", target="link/x/", tree=SMALL + "; ln -s nothing link", roles=OVER_SHELL),
    "mkpath below a link to nothing, for a file": Set("-ai --mkpath", "src/f", "link/x", tree=SMALL + "; ln -s nothing link", roles=OVER_SHELL),
    "mkpath below a file": Set("-ai --mkpath", target="dst/h/x/", roles=OVER_SHELL),
    "mkpath below a file, for a file": Set("-ai --mkpath", "src/f", "dst/h/x", roles=OVER_SHELL),
    "mkpath over a file": Set("-ai --mkpath", target="dst/h/", roles=OVER_SHELL),
    "mkpath over a file, without a slash": Set("-ai --mkpath", target="dst/h", roles=OVER_SHELL),
    "value of an option that is another one": Set("-ai --exclude --server", tree=SMALL + "; touch src/--server src/--daemon"),
    # directories in whose place there is something else
    "ignore existing, no directories": Set("-aivv --ignore-existing", tree=IN_PLACE, ignored=(NUMBERS, rb"total: .*")),
    "ignore existing, no directories, following links": Set("-aiK --ignore-existing", tree=IN_PLACE),
    "ignore existing, contents of no directory, dry run": Set("-ain --ignore-existing", tree=IN_PLACE + "; touch src/d/f", errors=False),
    # what is there already, besides
    **{f"directories of a second {use}": Set(f"-aiXA --{use}=../other --{use}=../more", tree=SECOND)
       for use in ("link-dest", "copy-dest", "compare-dest")},
    "many names that wait for later ones": Set("-aH --stats --no-i-r", tree=PAIRS, roles=("client-of-shell",), directions=("pull",),
                                                  ignored=(NUMBERS,)),
    "links and pipes in place of others, no permissions": Set("-rltDi", tree=PLACES),
    "links and pipes in place of others, stored, no permissions": Set("-rltDi --fake-super", tree=PLACES),
    # sources that are missing or no directories
    "missing directory, deleting": Set("-ri --delete", "src/no/ src/d"),
    "missing directory, deleting before": Set("-ri --delete-before --ignore-missing-args", "src/no/x src/d"),
    "missing directory, deleting late": Set("-ri --delete-delay --delete-missing-args", "src/no/ src/d"),
    "missing directory, deleting after, nothing to send": Set("-ri --delete-after", "src/no/ src/none", errors=False),
    "missing directory, deleting in a new one": Set("-ri --delete", "src/no/ src/d", "dst/new"),
    "missing directory, deleting, ignoring errors": Set("-ri --delete --ignore-errors", "src/no/ src/d"),
    "missing name, deleting": Set("-ri --delete", "src/no src/d"),
    "relative, missing directory, deleting": Set("-riR --delete", "src/./no/x src/./d", errors=False),
    "relative, a file with a slash": Set("-aiR", "src/./f/"),
    "relative, a link to nothing with a slash": Set("-aiR", "src/./l/", tree=SMALL + "; ln -s nothing src/l"),
    "relative, a link to nothing with a slash, followed": Set("-aiRL", "src/./l/", tree=SMALL + "; ln -s nothing src/l", errors=False),
    "files from, with slashes and dots": Set("-ai --files-from=names", tree=NAMED, directions=("push",)),
    "files from, with slashes and dots, not relative": Set("-ai --no-R --files-from=names", tree=NAMED, directions=("push",), errors=False),
    "files from, names with a comment's first character": Set("-ai --files-from=names", tree=MARKED),
    "files from, missing names behind a dot, no implied directories": Set("-ai --no-implied-dirs --files-from=names", target="dst/new", tree=BEHIND),
    "files from, names behind a dot that are below a file": Set("-ai --files-from=names", target="dst/new", tree=SMALL + "; echo ./f/no > names"),
    "listed without implied directories": Set("-rR --no-implied-dirs --list-only", "src/d src/no src/f", errors=False),
    "sources removed, before protocol 31": Set("-ri --protocol=30 --remove-source-files"),
    "sources removed, before protocol 30": Set("-ri --protocol=29 --remove-source-files", roles=OVER_SHELL),
    "relative, missing name, no implied directories": Set("-riR --no-implied-dirs --delete-missing-args", "src/d/no", errors=False),
    "excluded directory, not recursive": Set("-lti --exclude=*/", "src/d src/f"),
    "empty directories, counted": Set("-am --stats", tree=SMALL + "; mkdir -p src/n/e src/d/e", ignored=(NUMBERS,)),
    "deleting before, dry run, into nothing": Set("-rin --delete-before", target="dst/no/x/"),
    "deleting after, dry run, into nothing": Set("-rin --delete-after", target="dst/new"),
    "remote options, what only a client prints": Set(
        "-ai -M-ii -M-h -M-8 -M-P -M--progress -M--out-format=%n -M--outbuf=N -M--blocking-io -M--no-motd -M--contimeout=9", roles=OVER_SHELL),
    "files from below nothing, deleting first": Set("-ri --delete-before --files-from=names", "src/no", tree=NAMED, directions=("push",), errors=False),
    "list, all to standard error": Set("-r --list-only --stderr=all"),
    "files from below a missing directory, deleting it": Set(
        "-rt --delete-missing-args --files-from=names", tree=BEHIND.replace("./d/no", "n/o") + "; mkdir dst/n; touch dst/n/o dst/n/p",
        directions=("push",), roles=("server", "daemon"), errors=False, names=("src",)),
    "owners mapped, but not preserved": Set("-a --usermap=0:1000 --no-o", target="dst/new/"),
    "groups mapped, but not preserved": Set("-a --groupmap=0:1000 --no-g", target="dst/new/"),
    "compression level alone": Set("-avv --zl=9", roles=("client-of-shell",), ignored=(NUMBERS, rb"total: .*")),
    "compression and level": Set("-avv --zl=9 -z", roles=("client-of-shell",), ignored=(NUMBERS, rb"total: .*")),
    "an empty directory, pruned": Set("-dtm", "src/e", target="dst/new", roles=("client-of-shell", "server", "client-of-daemon", "daemon")),
    "list, quiet": Set("-rq --list-only"),
    "links that lead into their own directory": Set("-rik", tree=LOOP, roles=("local", "client-of-shell", "server"), errors=False),
    "contents of links that lead into their own directory": Set("-riL", tree=LOOP, errors=False),
    "backups in place": Set("-aib --backup-dir=."),
    "backups in place, with a slash": Set("-aib --backup-dir=./"),
    "backup dir below the destination": Set("-aivvb --backup-dir=././bak/", tree=SMALL + "; echo old > dst/f", ignored=(NUMBERS, rb"total: .*")),
    "backups in place, with a suffix": Set("-aib --backup-dir=. --suffix=.old", tree=SMALL + "; echo old > dst/f"),
    # backups of what others own
    "backups of others' files": Set("-rltpib --backup-dir=.kept", tree=OTHERS),
    "backups of others' files, in place": Set("-rltib --inplace", tree=OTHERS.replace("4751", "751")),
    # directories beside the destination
    "links to nowhere in place of directories": Set("-riK", tree=NOWHERE, roles=OVER_SHELL),
    "links in place of directories, one level": Set("-rt -O --old-dirs --no-r -K -i", tree=NOWHERE, roles=OVER_SHELL),
    "times of links, protocol 28": Set("-ai --protocol=28", tree=AGED, roles=("client-of-shell", "server")),
    "times of links, protocol 29": Set("-ai --protocol=29", tree=AGED, roles=OVER_SHELL),
    "statistics, protocol 28": Set("-a --delete --stats --protocol=28", roles=OVER_SHELL, ignored=(NUMBERS,)),
    "statistics, protocol 29": Set("-a --delete --stats --protocol=29", roles=OVER_SHELL, ignored=(NUMBERS,)),
    "statistics, protocol 30": Set("-a --delete --stats --protocol=30", roles=OVER_SHELL, ignored=(NUMBERS,)),
    "skip compress, told to a sender": Set("-azvv --skip-compress=gz/d[ei]", roles=("client-of-shell",)),
    # a server on the same machine is told what concerns both sides
    "remote option, copy as": Set("-a --copy-as=daemon -M-S", target="dst/new/", roles=("local",)),
    "remote option, fake super": Set("-ai --fake-super -M-S", tree=SMALL + "; chown 5:6 src/f", roles=("local",)),
    "remote option, drop devices": Set("-ai --drop-D -M-S", tree=KINDS, roles=("local",)),
    "attributes of a file that gets a copy of its own": Set("-rltH -g --groupmap=0:1000", tree=SHARED, roles=OVER_SHELL),
    "relative, missing directory, deleting it": Set("-aiR --delete-missing-args", "src/./no/ src/./d", tree=SMALL + "; mkdir dst/no"),
    "relative, a missing name behind a dot": Set("-rtpiR", "src/././no src/./d", tree=SMALL, errors=False),
    "relative, a missing directory behind a dot": Set("-rtpiR", "src/././no/x src/./d", tree=SMALL, errors=False),
    "relative, an excluded name behind a dot": Set("-rtpiR --exclude=f", "src/././f src/./d"),
    "files from, a missing name behind a dot": Set("-rtpi --files-from=names", tree=SMALL + "; printf '%s\\n' ./no d/g > names",
                                                   directions=("push",)),
    "existing, without implied directories": Set("-riR --no-implied-dirs --existing", "src/d/g src/e"),
    "existing, without implied directories, some there": Set("-riR --no-implied-dirs --existing", "src/d/g src/f",
                                                             tree=SMALL + "; mkdir dst/src; echo old > dst/src/f"),
    "one level and recursive, told to a server": Set("-drvv", roles=("client-of-shell",)),
    "remote option, no super": Set("-ai --no-super -M-S", tree=SMALL + "; chown 5:6 src/f", roles=("local",)),
    "temp dir that is missing": Set("-ai --temp-dir=nothing"),
    "temp dir that is a file": Set("-ai --temp-dir=h"),
    "link dest that is missing": Set("-ai --link-dest=nothing", roles=OVER_SHELL),
    "compare dest that is a file": Set("-ai --compare-dest=h", roles=OVER_SHELL),
    "compare dest and links": Set("-aii --compare-dest=../other", tree=KEPT),
    "copy dest and links": Set("-ai --copy-dest=../other", tree=KEPT),
    "link dest and links": Set("-ai --link-dest=../other", tree=KEPT),
    "compare dest, omitting directory times": Set("-aiO --compare-dest=../other", tree=KEPT),
    "link dest that has the root, new destination": Set("-ai --link-dest=../../other", target="dst/new", tree=ALTERNATES),
    "copy dest, other times, new destination": Set("-ai --copy-dest=../../other", target="dst/new",
                                                   tree=ALTERNATES + "; chmod 700 other"),
    "format without changes, new destination": Set("-a --out-format=%n", target="dst/new"),
    "format of changes, new destination": Set("-a --out-format=%i", target="dst/new"),
    "itemized in another format, new destination": Set("-ai --out-format=%n", target="dst/new"),
    "modes to be stored of unchanged files": Set("-ai --fake-super", tree=STORED),
    "modes to be stored of unchanged files, not kept": Set("-rltogi --fake-super", tree=STORED),
    "links where a file must stand for them": Set("-ai --fake-super", tree="mkdir src dst; ln -s x src/l; ln -s x dst/l; ln -s x src/m; "
                                                  "ln -s y dst/m", roles=("local", "client-of-shell"), directions=("pull",)),
    # one level
    "old dirs": Set("-ti --old-dirs"),
    "old dirs, not recursive": Set("-ti --old-dirs --no-r"),
    "old dirs, then dirs": Set("-ti --old-dirs --no-dirs", errors=False),
    # permissions that are not preserved
    "set-group-ID directory": Set("-ri", tree="mkdir -p src/d/n/m dst/d; echo x > src/d/n/f; chmod 2775 dst/d; chgrp 2 dst/d"),
    "compare dest, other permissions": Set("-rti --compare-dest=../other", tree=ALTERNATES),
    "copy dest, other permissions": Set("-rti --copy-dest=../other", tree=ALTERNATES),
    "missing directory before the dot of a relative source": Set("-r --delete -R", "src/no/./x", roles=OVER_SHELL),
    "missing directory of a relative source": Set("-r --delete -R", "src/./no/x", roles=OVER_SHELL),
    "link dest that the destination is linked to": Set("-aHi -b --backup-dir=../kept --link-dest=../other", tree=SNAPSHOT),
    "backups in a directory that is deleted": Set("-ai --delete -b --backup-dir=.bak",
                                                  tree="mkdir -p src dst/.bak; echo x > src/f; echo y > dst/.bak/g"),
    "linked names that compare dest has": Set("-aHi --compare-dest=../other", tree=LINKED),
    "linked names that compare dest has, checksums": Set("-aHic --delete-before --compare-dest=../other", tree=LINKED),
    "linked names, one of which compare dest has not": Set("-aH --compare-dest=../other", tree=LINKED + "; echo more >> other/a"),
    "spread linked names that compare dest has, whole list": Set("-aHi --no-i-r --compare-dest=../other", tree=SPREAD),
    "spread linked names that compare dest has, deleting before": Set("-aHi --delete-before --compare-dest=../other", tree=SPREAD),
    "spread linked names that compare dest has, deleting after": Set("-aHi --delete-after --compare-dest=../other", tree=SPREAD),
    "spread linked names that compare dest has, without empty directories": Set("-aHi -m --compare-dest=../other", tree=SPREAD),
    "spread linked names that compare dest has, delayed": Set("-aHi --delay-updates --compare-dest=../other", tree=SPREAD),
    "spread linked names that compare dest has, sources removed": Set("-aHi --no-i-r --remove-source-files --compare-dest=../other", tree=SPREAD),
    "spread linked names, one of which compare dest has not, whole list": Set("-aH --no-i-r --compare-dest=../other", tree=SPREAD + "; rm other/d/h"),
    "spread linked names, one of which compare dest has not, delayed": Set("-aH --delay-updates --compare-dest=../other", tree=SPREAD + "; rm other/d/h"),
    "spread linked names, one of which compare dest has not, sources removed": Set(
        "-aH --no-i-r --remove-source-files --compare-dest=../other", tree=SPREAD + "; rm other/d/h", ignored=(TOO_EARLY,)),
    "spread linked names that compare dest has, a file for a directory": Set("-aHi --no-i-r --compare-dest=../other", tree=SPREAD + "; echo x > dst/d"),
    "spread linked names that compare dest has, a link for a directory": Set("-aHi --no-i-r --compare-dest=../other", tree=SPREAD + "; ln -s . dst/d"),
    "spread linked names that compare dest has, dry run": Set("-aHin --no-i-r --compare-dest=../other", tree=SPREAD),
    "sources removed, compare dest": Set("-ai --remove-source-files --compare-dest=../other", tree=EQUALS),
    "sources removed, compare dest, links kept": Set("-aH --remove-source-files --compare-dest=../other", tree=EQUALS),
    "sources removed, copy dest": Set("-ai --remove-source-files --copy-dest=../other", tree=EQUALS),
    "sources removed, copy dest, links kept": Set("-aH --remove-source-files --copy-dest=../other", tree=EQUALS),
    "sources removed, link dest": Set("-ai --remove-source-files --link-dest=../other", tree=EQUALS),
    "sources removed, link dest, links kept": Set("-aH --remove-source-files --link-dest=../other", tree=EQUALS),
    "link dest, other permissions": Set("-rtiI --link-dest=../other", tree=ALTERNATES),
    "executability and compare dest": Set("-rtiE --compare-dest=../other", tree=ALTERNATES),
    # which name of a file is transferred, and what is reported of the others
    "names of one file": Set("-aHi", tree=NAMES),
    "names of one file, one differs": Set("-aHi", tree=NAMES + "echo b > dst/m"),
    "names of one file, whole list": Set("-aHi --no-i-r", tree=NAMES + "echo b > dst/m; ln -s q dst/z; chmod 600 dst/m"),
    "names of one file, one equal": Set("-aHi", tree=NAMES + "cp -p src/a dst/z; mkdir dst/a"),
    "names of one file, all differ": Set("-aHi", tree=NAMES + "echo b > dst/a; ln dst/a dst/m; echo c > dst/z; chown 5:5 dst/z"),
    "names of one file, update": Set("-rHiu", tree=NAMES + "echo b > dst/a; mkdir dst/z"),
    "names of one file, ignore existing": Set("-aHi --ignore-existing", tree=NAMES + "echo b > dst/z"),
    "names of one file, implied directories not sent": Set("-aHiR --no-implied-dirs", tree="mkdir -p src/x dst; echo a > src/x/l; ln src/x/l src/A"),
    "names of one link": Set("-aHi", tree="mkdir src dst; ln -s a src/a; ln src/a src/m; ln src/a src/z; ln -s b dst/m; echo > dst/z"),
    # names of extended attributes (_ stands for a blank in rules)
    "attribute rule": Set("-aiX --filter=-x_user.a", tree=ATTRIBUTES),
    "attribute rule, negated": Set("-aiX --filter=-x!_user.a", tree=ATTRIBUTES),
    "attribute rule of the sender": Set("-aiX --filter=-xs_user.a", tree=ATTRIBUTES),
    "attribute rule of the receiver": Set("-aiX --delete --filter=-xr_user.*", tree=ATTRIBUTES),
    "attribute rules": Set("-aiX --filter=+x_user.b --filter=-x_*", tree=ATTRIBUTES),
    # versions
    "fuzzy before protocol 29": Set("-ry --protocol=28", roles=OVER_SHELL, errors=False),
    "two link dests before protocol 29": Set("-r --link-dest=../a --link-dest=../b --protocol=28", roles=OVER_SHELL, errors=False),
    "link dest in place before protocol 29": Set("-r --link-dest=../a --inplace --protocol=28", roles=OVER_SHELL, errors=False),
    "pruning before protocol 29": Set("-rm --protocol=28", roles=OVER_SHELL, errors=False),
    "rules before protocol 29": Set("-rF --delete --protocol=28", roles=OVER_SHELL, errors=False),
    # lists
    "list only, access times": Set("-aU --list-only", tree=KINDS),
    "list only, all kinds": Set("-a --list-only", tree=KINDS),
    "list only, verbose and human": Set("-rvh --list-only", tree=KINDS),
    "list only, one level": Set("--list-only", tree=KINDS),
    "list only, directories": Set("-dhhh --list-only", "src", tree=KINDS),
    "no checksums": Set("-ai --cc=none", tree=SMALL + "; seq 2000 > src/f; seq 1999 > dst/f"),
    "devices as files with set-ID bits": Set("-rp --copy-devices", tree=KINDS + "; chmod 4755 src/c", roles=OVER_SHELL),
    "remote bandwidth limit with a unit": Set("-ai -M--bwlimit=40m", roles=("client-of-shell", "server", "daemon")),
    "verbose, one directory that is skipped": Set("-lptv", "src/d", "dst/"),
    "verbose, nothing there": Set("-av", "src/nothing", "dst/", roles=OVER_SHELL),
    # sources that cannot be read, by a user who is not root
    "unreadable": Set("-ai --copy-as=daemon", tree=UNREADABLE, roles=("local",)),
    "unreadable, deleting": Set("-ai --delete-after --copy-as=daemon", tree=UNREADABLE, roles=("local",)),
    "files from a missing file": Set("-ai --files-from=nothing", roles=("local", "client-of-shell")),
    # what is shown, and to whom
    "owners before they are mapped": Set("-a --usermap=0:5 --groupmap=*:7 --out-format=%i_%n_%U_%G", tree="mkdir -p src/d/e dst; echo x > src/a; "
                                         "echo y > src/d/b; chown 1000:1000 src/a; cp -p src/a dst/", roles=OVER_SHELL),
    "owners before they are changed, deep": Set("-a --chown=9:8 --out-format=%i_%n_%U_%G", roles=("local",), tree="mkdir -p src/d/e dst; chown 6:7 src/d"),
    "owners before they are changed, directories": Set("-dt --chown=9:8 --out-format=%i_%n_%U_%G", "src/d src/a", roles=("local",),
                                                       tree="mkdir -p src/d dst; echo x > src/a; chown 6:7 src/d"),
    "copies as another user": Set("-a --copy-as=daemon", tree="mkdir src dst; chown -R 1000:1000 .", user=True, roles=("local",), errors=False),
    **{f"items of {kind}, protocol {version}": Set(f"{options} --protocol={version}", roles=OVER_SHELL, tree="mkdir -p src/d src/e dst/e; "
                                                   "echo x > src/a; echo longer > src/b; echo b > dst/b; echo c > src/c; cp src/c dst/; chmod 600 dst/c; "
                                                   "ln -s q src/l; ln -s r dst/l; ln src/a src/h")
       for version in (27, 28) for kind, options in (("transfers", "-aHi"), ("all", "-aii"), ("a format", "-a --out-format=%i_%n_%B"), ("a dry run", "-ain"))},
    **{f"rules for one side, protocol {version}": Set(f"-rb --delete -f P_keep -f R_two -f H_hid -f -s_sent -f -r_got --protocol={version}",
                                                      roles=OVER_SHELL, tree="mkdir -p src/d dst/d; touch src/hid src/sent src/got src/d/new; "
                                                      "for n in keep two hid sent got gone b~; do touch dst/$n dst/d/$n; done")
       for version in (27, 28, 29)},
    "missing name behind a link": Set("-ai", "src/l/nothing", tree=SMALL + "; ln -s d src/l", roles=OVER_SHELL),
    **{f"permissions of deleted names{words}": Set(f"-a --delete --out-format=%o_%i_%n_%B{words.replace(', dry run', ' -n')}", roles=OVER_SHELL,
                                                   tree="mkdir -p src dst/d; echo x > dst/f; chmod 4751 dst/f; ln -s q dst/d/l; mkfifo -m 600 dst/p; "
                                                   "chmod 1770 dst/d") for words in ("", ", dry run")},
}
# What differs between programs and runs: where a message was made, versions, and processes.
SOURCE_LINE = re.compile(rb"( \(code \d+\)) at .*")
SPEAKER = re.compile(rb"\[([Rr]eceiver|sender|generator|client|server|[Rr]eceiver)=[^\]]*\]")
# Which programs and ports were used.
PROGRAM = re.compile(rb"(?<= )(/\S+/)?(dvm-)?rsync(?= --server)|(?<=127.0.0.1 port )\d+")
RATES = re.compile(rb"^(sent .* bytes/sec|total size is .*)$")
# Who notices first that the other end has gone is a matter of chance.
BROKEN = re.compile(rb".*(write error: Broken pipe|broke the connection|error in socket IO \(code 10\))")


def _lines(text, place, ignored=()):
    text = PROGRAM.sub(b"rsync", text)
    for pattern in ignored:
        text = re.sub(pattern, b"", text)
    text = text.replace(os.fsencode(place), b"@").replace(os.fsencode("/" + "/".join(place.split("/")[-2:])), b"@")
    lines = (SPEAKER.sub(b"", SOURCE_LINE.sub(rb"\1", line)) for line in text.split(b"\n"))
    return sorted(line for line in lines if line and not RATES.match(line) and not BROKEN.match(line))


def _command(setting, item, role, direction, place):
    stock, ours = peers.STOCK_RSYNC, peers.DVM_RSYNC
    client, server = (stock, ours) if role in ("server", "daemon") else (ours, stock)
    options = [option.replace("@PLACE@", place).replace("--filter=:-_", "--filter=:- ") for option in item.options.split()]
    argv, sources, target = [client, *options], item.sources.split(), item.target

    def remote(path):
        if role in ("client-of-shell", "server"):
            return f"nowhere:{path}"
        daemon = setting.our_daemon if role == "daemon" else setting.stock_daemon
        return f"rsync://{peers.USER}@127.0.0.1:{daemon.port}/trees/{os.path.relpath(place, setting.root)}/{path}"
    if role in ("client-of-shell", "server"):
        argv += ["-e", setting.shell, f"--rsync-path={server}"]
    elif role != "local":
        argv += [f"--password-file={setting.keys.password}"]
    if item.user:
        argv = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", *argv]
    if role != "local" and direction == "push":
        target = remote(target)
    elif role != "local":
        sources = [remote(path) for path in sources]
    return [*argv, *sources, target]


def body_of(item, role, direction):
    """The case of a set in one role and direction."""
    def body(setting, directory):
        outcomes, found = [], []
        place = os.path.join(directory, "place")
        for who in ("stock", "ours"):
            # The same path for both: its length shows in numbers.
            shutil.rmtree(place, ignore_errors=True)
            os.makedirs(place)
            subprocess.run(["sh", "-ec", item.tree], cwd=place, check=True)
            for path, directories, files in os.walk(place):
                for name in [".", *directories, *files]:
                    os.utime(os.path.join(path, name), ns=(MOMENT, MOMENT), follow_symlinks=False)
            argv = _command(setting, item, role, direction, place)
            outcomes.append(run(with_stock(argv, setting) if who == "stock" else argv, cwd=place))
            found.append({name: trees.read(f"{place}/{name}") for name in item.names})
        stock, ours = outcomes
        check_same_exit(stock, ours)
        check_same_lines(_lines(stock.out, place, item.ignored), _lines(ours.out, place, item.ignored))
        if item.errors:
            check_same_lines(_lines(stock.err, place), _lines(ours.err, place), "standard error: ")
        for name, expected in found[0].items():
            changes = trees.differences(expected, found[1][name])
            check_equal_trees([trees.shown(name, *change) for change in changes], "our tree differs from stock's")
    return body


def cases_of(sets):
    """Each set in each of its roles, in both directions."""
    return [Case(f"beside/{name}/{role}/{direction}", body_of(item, role, direction))
            for name, item in sets.items() for role in item.roles
            for direction in (item.directions if role != "local" else item.directions[:1])]


def beside_cases():
    """The sets of this file."""
    return cases_of(SETS)
