"""What is printed with each level of -v, --info and --debug: our program in each role beside stock, line by line."""

import subprocess

from harness.cases import Case, Failure
from harness.programs import peers
from harness.programs.processes import run
from harness.transfers.beside import EVERYWHERE, OVER_SHELL, Set, body_of

# A little of everything that has a message: new, changed and equal files, links that lead out, hard links, a FIFO, names to delete,
# what is newer or of another kind at the destination, and an alternate directory that has some of it.
TREE = (
    "mkdir -p src/d/n src/e dst/d dst/gone/x other/d; echo x > src/f; echo y > src/d/g; echo z > dst/h; echo same > src/same; "
    "cp src/same dst/same; seq 1 2000 > src/big; cp src/big dst/big; echo more >> src/big; ln -s f src/l; echo log > src/x.log; "
    "mkfifo src/p; ln src/f src/f2; ln -s /etc/passwd src/unsafe; ln -s nothing src/d/dangling; echo q > src/d/n/q; touch dst/gone/y; "
    "echo k > dst/x.log; echo newer > dst/new; echo new > src/new; mkdir dst/kind; echo kind > src/kind; echo m > src/mode; "
    "cp src/mode dst/mode; chmod 600 dst/mode; cp src/d/g other/d/g; cp src/f other/f; "
    "find . -exec touch -h -d @1000000000 {} +; touch -d @1000 dst/big; touch -d @1500000000 dst/new")
MERGED = TREE + ("; printf -- '- a.log\\n' > src/.rsync-filter; printf -- '- q\\n+ g\\n' > src/d/.rsync-filter; echo p > dst/d/q; "
                 "printf -- 'f2\\nmerged\\n' > rules; printf -- '- q\\nP gone\\n' > more; echo 1 > src/x.o; printf -- '- h\\n' > dst/.rsync-filter")
ODD = ("mkdir -p src/d dst; for n in 'a\tb' 'a\nb' 'a\\\\b' 'a\001b' 'a\303\274b' 'a\377b' 'a\\\\#123'; do "
       "printf x > \"src/$(printf \"$n\")\"; printf x > \"src/d/$(printf \"$n\").log\"; printf y > \"dst/$(printf \"$n\")x\"; done")
# Directories in the way of files, and a special file, with such names.
ODD_ERRORS = ("mkdir -p src dst; for n in 'a\tb' 'a\nb' 'a\\\\b' 'a\001b' 'a\\344b' 'a\\\\#123'; do n=$(printf \"$n\"); "
              "printf x > \"src/$n\"; mkdir -p \"dst/$n/$n\"; mkfifo \"src/$n.p\"; done")
# What depends on the program's way with the wire, and on time.
WIRE = rb"(?m)^(Total bytes (sent|received)|File list (size|generation time|transfer time)): .*\n"
PROGRESS = (rb"[^\n]*\r", rb" +[0-9.]+[kMG]B/s +[0-9:?]+")
LINKS = ("mkdir -p src/d dst; ln -s /etc/hostname src/d/u; ln -s ../../x src/d/v; ln -s ../d src/d/w; echo 1 > x; echo 1 > src/f; "
         "ln -s ../src/f src/g")


def _sets(prefix, values, options, tree=TREE, **further):
    return {f"{prefix}{value}": Set(f"{options} --{prefix.strip()}={value}", tree=tree, **further) for value in values}


SETS = {
    # each level of -v in company
    **{f"{level}{' ' + options if options else ''}": Set(f"-a {level} {options}", tree=TREE) for level in ("-v", "-vv") for options in (
        "", "-i", "-n", "--no-i-r", "-c", "-W", "-H", "--delete", "--delete --exclude=*.log", "--delete-before", "--delete-after",
        "--delete-delay --exclude=d/n", "--delete -b", "--existing", "--ignore-existing", "-u", "--max-size=4", "--min-size=4",
        "--safe-links", "--link-dest=../other", "--compare-dest=../other", "--copy-dest=../other", "--compare-dest=../other -i",
        "--remove-source-files", "--no-D", "-q", "--no-v", "-m --exclude=*.log", "--inplace", "--stderr=client",
        "--protocol=28 --delete --exclude=*.log", "--protocol=29 --delete-after", "--protocol=30 -H")},
    "very verbose, links copied": Set("-avv --copy-unsafe-links", tree=LINKS, roles=OVER_SHELL),
    "verbose, one level": Set("-dv", tree=TREE),
    "verbose, files only": Set("-lv", "src/f src/l", tree=TREE),
    "very verbose, list only": Set("-avv --list-only", tree=TREE),
    "very verbose, a new directory": Set("-avv", "src/d", "dst/new", tree=TREE),
    "very verbose, new directories": Set("-avv --mkpath", "src/d/", "dst/a/b", tree=TREE),
    "very verbose, names given twice": Set("-avv", "src/f src/d/ src/f src/e", "dst/", tree=TREE, roles=OVER_SHELL),
    "very verbose, deleting below two directories": Set("-avv --delete-before", "src/d src/e", "dst/", tree=TREE),
    "very verbose, secluded": Set("-avvs --delete", tree=TREE),
    "very verbose, a source that is missing": Set("-avv --no-i-r", "src/f src/missing", "dst/", tree=TREE, roles=("local", "client-of-shell"),
                                                  directions=("push",)),
    # rules
    "very verbose, merge files": Set("-avv --delete -F", tree=MERGED),
    "very verbose, rules of every kind": Set(
        "-avv --delete -f-_*.log -fP_gone -fR_h -fS_f -f-p_x.log --cvs-exclude", tree=MERGED),
    "very verbose, rules of a file": Set("-avv --delete --exclude-from=rules -f._more", tree=MERGED, roles=("local", "client-of-shell")),
    # each group of --info by itself, with each level
    **_sets("info ", ("name0", "name1", "name2", "del", "skip", "skip2", "copy2", "misc2", "flist", "flist2", "nonreg0", "mount", "backup",
                      "remove", "none"),
            "-rltD -u --delete -b --suffix=~ --copy-dest=../other --safe-links --max-size=9000 --remove-source-files"),
    **{f"itemized, info {value}": Set(f"-aii --info={value} --delete --ignore-existing --copy-dest=../other", tree=TREE)
       for value in ("name2", "skip2", "none", "del0")},
    "info skip2, checksums": Set("-ac --info=skip2 --ignore-existing --existing", tree=TREE),
    "info skip2, no times": Set("-rl --info=skip2 --ignore-existing", tree=TREE),
    "info symsafe, copied": Set("-a --info=symsafe --copy-unsafe-links", tree=LINKS, roles=OVER_SHELL),
    "info symsafe, left out": Set("-a --info=symsafe --safe-links", tree=LINKS),
    "info symsafe, named": Set("-a --info=name --safe-links", tree=LINKS),
    "info of the contract": Set("-aH --delete --info=COPY2,DEL2,REMOVE2,SKIP2,FLIST2", tree=TREE),
    "info nonreg, no devices": Set("-rlpt --info=nonreg", tree=TREE),
    "info flist2, all to standard error": Set("-a --no-i-r --info=flist2 --stderr=all", tree=TREE, roles=EVERYWHERE[:3]),
    # the groups of --debug that have messages here
    **_sets("debug ", ("cmd", "deltasum", "del", "dup", "filter", "flist", "nstr", "none"),
            "-aH --delete-before -b --exclude=*.log --no-W", roles=EVERYWHERE[1:]),
    "debug nstr, chosen": Set("-az --debug=nstr --cc=md5 --zc=zlib", tree=TREE, roles=("client-of-shell",)),
    "debug nstr, compressed": Set("-az --debug=nstr --zl=5", tree=TREE, roles=("client-of-shell", "client-of-daemon")),
    "debug connect": Set("-a --debug=connect", tree=TREE, roles=("client-of-daemon",)),
}
SETS |= {
    # figures
    **{f"statistics {levels}": Set(f"-aH {levels} --delete --no-W", tree=TREE, roles=EVERYWHERE[1:], ignored=(WIRE,)) for levels in (
        "--stats", "-v --stats", "-h --stats", "-hh --stats", "-hhh --stats", "--no-h --stats", "--info=stats0 -v", "--info=stats1",
        "-q --stats")},
    "statistics of a dry run": Set("-an --stats --delete --copy-dest=../other", tree=TREE, ignored=(WIRE,)),
    **{f"statistics of protocol {version}": Set(f"-a --stats --protocol={version}", tree=TREE, roles=EVERYWHERE[1:], ignored=(WIRE,))
       for version in (28, 30)},
    "statistics of a local copy": Set("-aH --stats --delete", tree=TREE, roles=("local",), ignored=(WIRE,)),
    "statistics, an alternate directory": Set("-a --stats --copy-dest=../other", tree=TREE, ignored=(WIRE,)),
    **{f"progress {options}": Set(f"-a {options} --no-i-r", tree=TREE, roles=EVERYWHERE[1:], ignored=PROGRESS)
       for options in ("--progress", "-v --progress", "-P -i", "--progress -h", "--progress -n")},
    "progress, one file": Set("-a --progress --no-i-r", "src/f", "dst/", tree=TREE, roles=EVERYWHERE[1:], ignored=PROGRESS),
    "progress of all": Set("-a --info=progress2 --no-i-r", tree=TREE, roles=EVERYWHERE[1:], ignored=PROGRESS),
    # names and formats
    "names with control characters": Set("-avvi --delete --exclude=*.log", tree=ODD),
    "names with control characters, -8": Set("-avv8 --delete --exclude=*.log", tree=ODD),
    "names with control characters, errors": Set("-rlti", "src/ src/no\001such", tree=ODD_ERRORS, roles=OVER_SHELL),
    "names with control characters, listed": Set("-r --list-only", tree=ODD),
    "escapes of a format": Set("-aH --out-format=%o|%n|%f|%l|%L|%M|%U|%G|%B|%i|%m|%P|%u|%a|%h|%%|%'l|%''l", tree=TREE),
    **{f"checksums of a format, {options}": Set(f"{options} --out-format=%i|%C|%f|%n", tree=TREE) for options in (
        "-aii", "-aiic", "-aiin", "-aiinc", "-aii --cc=md5", "-aiic --cc=sha1,md5", "-aii --cc=none")},
}
# Debug output of other groups is about the program's own functions: here they print nothing.
SILENT = ("acl", "backup2", "bind", "chdir", "exit3", "genr", "hash", "hlink3", "iconv2", "io4", "own2", "proto", "recv", "send", "time2")


def _silent(setting, directory):
    subprocess.run(["sh", "-ec", TREE], cwd=directory, check=True)
    for remote in ([], ["-e", setting.shell, f"--rsync-path={peers.DVM_RSYNC}"]):
        argv = [peers.DVM_RSYNC, "-a", f"--debug={','.join(SILENT)}", *remote, "src/", "nowhere:dst/" if remote else "dst/"]
        outcome = run(argv, cwd=directory)
        if outcome.code or outcome.out or outcome.err:
            raise Failure("debug groups without messages are not silent", str(outcome))


def printing_cases(full):
    """Each set in each of its roles, in both directions; every third of them in the reduced form."""
    cases = [Case("printing/debug groups without messages", _silent)]
    for name, item in SETS.items():
        for role in item.roles:
            for direction in item.directions if role != "local" else item.directions[:1]:
                cases.append(Case(f"printing/{name}/{role}/{direction}", body_of(item, role, direction)))
    return cases if full else cases[::3]
