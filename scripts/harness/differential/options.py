"""Random option sets: every option that a full peer takes, alone and in company.

`OPTIONS` names each option with a function that returns its arguments for a run, where `@` stands for the run's directory as the
receiver names it. The function may write files into that directory, such as a file of patterns; it gets the random generator and
a `Run`."""

import re
from dataclasses import dataclass

PATTERNS = ["*.log", "a", "/a", "sub/", "/sub/", "x?", "*.txt", "**/core", "sub/**", "[a-c]*", "*", "*/", "dir.d/***", "e*e", ".*"]
RULES = ["- *.log", "+ c.txt", "-! */", "-/ /src/a", "H x?", "S x1", "P *.bak", "R *.log", "P extra*", "-s d.log", "-r extra0", "-p x*",
         ". rules.merge", ": .rsync-filter", ":- .cvsignore", ":e .rules", ":n- .rules", ":w- .cvsignore", "dir-merge .rules",
         "merge rules.merge", "exclude b", "include */", "hide a", "show x1", "protect x*", "risk *.log", "!", "-C", ":C", "-x user.n1"]
BASES = [["-a"], ["-a"], ["-a"], ["-rlpt"], ["-rlptgoD"], ["-r"], ["-rt"], ["-aH"], ["-aH"], ["-aHAX"], ["-rltD"], ["-dt"], ["-lt"], ["-rlp"]]
INFO = ["all", "none", "name", "name2", "del", "skip", "skip2", "copy", "stats", "stats2", "misc2", "flist2", "nonreg0", "remove", "backup",
        "symsafe", "mount", "name0,del2"]


@dataclass
class Run:
    """What a random option set knows about its run: `files` are written beside the trees before it starts."""
    files: dict
    transport: str
    direction: str
    is_root: bool


def _fixed(*arguments):
    return lambda rng, run: list(arguments)


def _one_of(*choices):
    return lambda rng, run: [rng.choice(choices)]


def _file_of(option, lines, end="\n"):
    def arguments(rng, run):
        name = f"list{len(run.files)}"
        run.files[name] = "".join(rng.choice(lines) + end for _ in range(rng.randrange(1, 4)))
        return [f"{option}={name}"]
    return arguments


def _filter(rng, run):
    run.files["rules.merge"] = "\n".join(rng.sample(RULES[:5], 2)) + "\n"
    return [f"--filter={rng.choice(RULES)}" for _ in range(rng.randrange(1, 4))]


def _files_from(rng, run):
    return _files_from_with(rng, run, rng.choice(["\n", "\0"]))


def _remote_files_from(rng, run):
    """Names that the server reads; a local copy has none."""
    words = _files_from_with(rng, run, "\n")
    return words if run.transport == "local" else [word.replace("=names", "=:@/names") for word in words]


def _files_from_with(rng, run, end):
    wanted = ["a", "sub", "sub/", "c.txt", "dir.d/a", "./sub/b", "no/such", "x1", "sub/../a", "# no name", "; none", ""]
    if end == "\0":
        wanted = wanted[:-3]
    run.files["names"] = "".join(rng.choice(wanted) + end for _ in range(rng.randrange(1, 5)))
    extra = ["-r"] if rng.random() < 0.5 else []
    return ["--files-from=names", *(["-0"] if end == "\0" else []), *extra]


def _for_daemon(argument):
    return lambda rng, run: [argument] if run.transport == "daemon" else []


def _early_input(rng, run):
    if run.transport != "daemon":
        return []
    run.files["early"] = "something\n"
    return ["--early-input=early"]


def _copy_as(rng, run):
    return ["--copy-as=daemon:daemon"] if run.is_root and run.transport == "local" else []


def _delete(option):
    return lambda rng, run: [option, "-r"]


def _aside(option):
    """Options that name a directory beside the destination; see `directories` for their content."""
    return lambda rng, run: [f"--{option}={rng.choice(['../other', '../other2'])}"]


OPTIONS = {
    # selection
    "recursive": _fixed("-r"), "relative": _fixed("-R"), "no-implied-dirs": _fixed("-R", "--no-implied-dirs"), "dirs": _fixed("-d", "--no-r"),
    "old-dirs": _fixed("--old-dirs", "--no-r"), "one-file-system": _one_of("-x", "-xx"), "dry-run": _fixed("-n"),
    "exclude": lambda rng, run: [f"--exclude={rng.choice(PATTERNS)}" for _ in range(rng.randrange(1, 3))],
    "include": lambda rng, run: [f"--include={rng.choice(PATTERNS)}", f"--exclude={rng.choice(PATTERNS)}"],
    "exclude-from": _file_of("--exclude-from", [*PATTERNS, "+ a", "# comment", "; comment", "- x1"]),
    "include-from": _file_of("--include-from", PATTERNS), "filter": _filter, "F": _one_of("-F", "-FF"), "cvs-exclude": _fixed("-C"),
    "files-from": _files_from, "update": _fixed("-u"), "existing": _one_of("--existing", "--ignore-non-existing"),
    "ignore-existing": _fixed("--ignore-existing"), "remove-source-files": _fixed("--remove-source-files"),
    "max-size": _one_of("--max-size=1k", "--max-size=3000", "--max-size=20K-1", "--max-size=0.07M"),
    "min-size": _one_of("--min-size=1", "--min-size=701", "--min-size=3kb"), "prune-empty-dirs": _fixed("-m"),
    "ignore-missing-args": _fixed("--ignore-missing-args"), "delete-missing-args": _fixed("--delete-missing-args"),
    "copy-links": _fixed("-L"), "copy-unsafe-links": _fixed("--copy-unsafe-links"), "copy-dirlinks": _fixed("-k"),
    "safe-links": _fixed("--safe-links"), "munge-links": _fixed("--munge-links"), "keep-dirlinks": _fixed("-K"),
    "list-only": _fixed("--list-only"), "stop-after": _fixed("--stop-after=5"), "stop-at": _fixed("--stop-at=2099-01-01T00:00"),
    "no-D": _one_of("--no-D", "--no-devices", "--no-specials"), "trust-sender": _fixed("--trust-sender"),
    # comparison
    "checksum": _fixed("-c"), "ignore-times": _fixed("-I"), "size-only": _fixed("--size-only"),
    "modify-window": _one_of("--modify-window=1", "-@-1", "-@2"),
    # attributes
    "links": _one_of("-l", "--no-l"), "perms": _one_of("-p", "--no-p"), "times": _one_of("-t", "--no-t"), "owner": _one_of("-o", "--no-o"),
    "group": _one_of("-g", "--no-g"), "devices": _one_of("--devices", "-D", "--specials"), "omit-dir-times": _fixed("-O"),
    "omit-link-times": _fixed("-J"), "numeric-ids": _fixed("--numeric-ids"), "hard-links": _fixed("-H"), "executability": _fixed("-E"),
    "chmod": _one_of("--chmod=go-w", "--chmod=Du=rwx,Fu=rw", "--chmod=D2775,F664", "--chmod=a+X,u+s", "--chmod=ugo=rwX"),
    "acls": _fixed("-A"), "xattrs": _one_of("-X", "-XX"), "atimes": _fixed("-U"), "open-noatime": _fixed("--open-noatime"),
    "super": _one_of("--super", "--no-super"), "fake-super": _fixed("--fake-super"),
    "chown": _one_of("--chown=1000:1000", "--chown=:daemon", "--chown=nobody"),
    "usermap": _one_of("--usermap=0:1000", "--usermap=*:nobody", "--usermap=1-20000:daemon,*:4"),
    "groupmap": _one_of("--groupmap=0:1000", "--groupmap=root:games", "--groupmap=*:5"), "copy-devices": _fixed("--copy-devices"),
    "drop-D": _fixed("--drop-D"),
    # how files are written
    "sparse": _fixed("-S"), "partial": _fixed("--partial"), "P": _fixed("-P"), "inplace": _fixed("--inplace"), "fsync": _fixed("--fsync"),
    "partial-dir": _one_of("--partial-dir=.part", "--partial-dir=../part"), "delay-updates": _fixed("--delay-updates"),
    "temp-dir": _one_of("--temp-dir=@/temp", "--temp-dir=@/temp", "--temp-dir=@/temp", "--temp-dir=../temp"), "append": _fixed("--append"), "append-verify": _fixed("--append-verify"),
    "preallocate": _fixed("--preallocate"), "write-devices": _fixed("--write-devices", "--exclude=*", "--include=*.txt"),
    "backup": _fixed("-b"), 
    "backup-dir": _one_of("--backup-dir=@/kept", "--backup-dir=@/kept", "--backup-dir=.kept", "--backup-dir=../kept"), "suffix": _fixed("-b", "--suffix=.old"),
    "fuzzy": _one_of("-y", "-yy"), "compare-dest": _aside("compare-dest"), "copy-dest": _aside("copy-dest"),
    "link-dest": _aside("link-dest"), "two link-dests": _fixed("--link-dest=../other", "--link-dest=../other2"),
    "mkpath": _fixed("--mkpath"), "insecure-links": _fixed("--insecure-links"),
    # deletion
    "delete": _delete("--delete"), "delete-before": _delete("--delete-before"), "delete-during": _delete("--delete-during"),
    "delete-delay": _delete("--delete-delay"), "delete-after": _delete("--delete-after"),
    "delete-excluded": lambda rng, run: ["--delete-excluded", "-r", f"--exclude={rng.choice(PATTERNS)}"],
    "force": _fixed("--force"), "max-delete": lambda rng, run: [f"--max-delete={rng.choice([0, 1, 2, 100, -1])}", "--delete", "-r"],
    "ignore-errors": _fixed("--ignore-errors", "--delete", "-r"),
    # the wire
    "whole-file": _one_of("-W", "--no-W"), "block-size": _one_of("-B512", "--block-size=2K", "-B131072"),
    "checksum-choice": _one_of("--cc=md5", "--cc=xxh64", "--cc=none", "--cc=auto", "--cc=md4,xxh3", "--cc=sha1"),
    "checksum-seed": _fixed("--checksum-seed=77"), "compress": _fixed("-z"),
    "compress-choice": _one_of("--zc=zstd", "--zc=lz4", "--zc=zlibx", "--zc=zlib", "--zc=none", "--zc=auto"),
    "compress-level": _one_of("-z --zl=1".split()[1], "--zl=9"), "old-compress": _fixed("--old-compress"),
    "new-compress": _fixed("--new-compress"), "compress-threads": _fixed("-z", "--zc=zstd", "--zt=2"),
    "skip-compress": _fixed("-z", "--skip-compress=gz/txt/d[ei]"), "no-inc-recursive": _fixed("--no-i-r"), "bwlimit": _one_of("--bwlimit=50m", "--bwlimit=0"),
    "timeout": _fixed("--timeout=30"), "protocol": lambda rng, run: [f"--protocol={rng.randrange(27, 33)}"],
    "secluded-args": _fixed("-s"), "old-args": _fixed("--old-args"), "max-alloc": _one_of("--max-alloc=1g", "--max-alloc=0"),
    # connecting
    "remote-option": _one_of("-M--bwlimit=40m", "--remote-option=-vv", "-M-S"), "blocking-io": _fixed("--blocking-io"),
    "contimeout": _for_daemon("--contimeout=20"), "sockopts": _for_daemon("--sockopts=SO_KEEPALIVE"), "ipv4": _fixed("-4"),
    # output
    "verbose": _one_of("-v", "-vv"), "quiet": _fixed("-q"), "itemize": _one_of("-i", "-ii"),
    "out-format": _one_of("--out-format=%i %n%L", "--out-format=%o %f %l %M %U:%G %B", "--out-format=[%p] %n", "--out-format=%'l %C %n", "--out-format=%n %b %c"),
    "stats": _fixed("--stats"), "human-readable": _one_of("-h", "-hh", "-hhh", "--no-h"), "8-bit-output": _fixed("-8"),
    "info": lambda rng, run: [f"--info={rng.choice(INFO)}"], "debug": _one_of("--debug=none", "--debug=all0"), "progress": _fixed("--progress"),
    "progress2": _fixed("--info=progress2"), "outbuf": _one_of("--outbuf=L", "--outbuf=N", "--outbuf=B"),
    "stderr": _one_of("--stderr=errors", "--stderr=all", "--stderr=client"), "no-motd": _fixed("--no-motd"),
    "log-file": _fixed("--log-file=log", "--log-file-format=%i %n%L %o"),
    "address": _for_daemon("--address=127.0.0.1"), "early-input": _early_input, "copy-as": _copy_as,
    "confine-root": _fixed("--confine-root=/"),
}


# Forms that chance rarely takes, which further runs have by turns.
RARE = {
    "from0": lambda rng, run: _files_from_with(rng, run, "\0"), "remote files-from": lambda rng, run: _remote_files_from(rng, run),
    "specials": _fixed("--specials"), "only devices": _fixed("--devices"), "only super": _fixed("--super"),
    "only existing": _fixed("--existing"), "ignore-non-existing": _fixed("--ignore-non-existing"), "only whole-file": _fixed("-W"),
    "sparse inplace": _fixed("-S", "--inplace"), "ipv6": _fixed("-6"),
}
# The options of issue 10 as arguments show them, by any of the spellings; letters may stand in company.
REQUIRED = """
    -r -A -X -E -x -R -k -K -L -b -d -u -m -C -F --filter -y -0 -8 -M|--remote-option --temp-dir -B|--block-size -@|--modify-window -J -U -l -p -t
    -o -g -D -H -S -P -c -I -O -W -z -n -v -q -i -h -s -4 -6 -a --no-implied-dirs --old-dirs --copy-unsafe-links --safe-links --munge-links
    --backup-dir --suffix --chmod --chown --usermap --groupmap --super --fake-super --devices --specials --copy-devices --write-devices
    --preallocate --fsync --inplace --append --append-verify --partial --partial-dir --delay-updates --existing --ignore-non-existing
    --ignore-existing --remove-source-files --force --max-delete --delete --delete-before --delete-during --delete-delay --delete-after
    --delete-excluded --ignore-errors --ignore-missing-args --delete-missing-args --max-size --min-size --size-only --compare-dest
    --copy-dest --link-dest --files-from --exclude --include --exclude-from --include-from --no-i-r --cc --checksum-seed --zc --zl --zt
    --skip-compress --old-compress --new-compress --open-noatime --numeric-ids --out-format --log-file --log-file-format --info --debug
    --stats --progress --list-only --contimeout --timeout --stop-after --stop-at --bwlimit --outbuf --stderr --no-motd --address
    --sockopts --blocking-io --old-args --trust-sender --max-alloc --mkpath --early-input --copy-as --insecure-links --confine-root
    --drop-D --protocol""".split() + ["-S with --inplace", "--files-from of the server"]


def shown_options(arguments):
    """Which of the required options the arguments of a run show."""
    words = {word.split("=")[0] for word in arguments}
    letters = {f"-{letter}" for word in arguments if re.fullmatch("-[A-Za-z0-9]+", word) and word[1] not in "MB" for letter in word[1:]}
    prefixed = {word[:2] for word in arguments if word.startswith(("-M", "-B", "-@"))}
    company = {"-S with --inplace"} if "-S" in letters and "--inplace" in words else set()
    company |= {"--files-from of the server" for word in arguments if word.startswith("--files-from=:")}
    return {option for option in REQUIRED if set(option.split("|")) & (words | letters | prefixed | company)}


# The transport without which an option has no meaning.
NEEDED = {"contimeout": "daemon", "sockopts": "daemon", "address": "daemon", "early-input": "daemon", "copy-as": "local"}


def names_of(rng, number, by_turns):
    """The names of the options of run `number`: one by turns, and up to four others by chance."""
    names = [list(by_turns)[number % len(by_turns)], *rng.sample(list(OPTIONS), rng.choice([0, 1, 1, 2, 2, 3, 4]))]
    return list(dict.fromkeys(names))


def arguments_of(rng, run, names):
    """The arguments of a run: a base, and those of its options."""
    arguments = list(rng.choice(BASES))
    for name in names:
        arguments += {**OPTIONS, **RARE}[name](rng, run)
    if rng.random() < 0.5 and not {"quiet", "list-only"} & set(names):
        arguments += ["-i"]
    return arguments
