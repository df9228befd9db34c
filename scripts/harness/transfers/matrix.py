"""The program under test against two releases of stock rsync: every way to connect, direction, protocol, checksum and
compressor."""

import itertools
import os

from harness.cases import Case, Skipped, check, check_equal_trees
from harness.programs import peers
from harness.programs.processes import run
from harness.trees import compare

PROTOCOLS = (27, 28, 29, 30, 31, 32)
NEGOTIATING = 30  # the first protocol in which checksum and compressor can be negotiated
OLDER_PROTOCOLS = (27, 28, 29, 30, 31)  # of the older release
CHECKSUMS = ("xxh128", "xxh3", "xxh64", "md5", "md4", "sha1")
COMPRESSORS = ("none", "zlibx", "zlib", "zstd", "lz4")
DIRECTIONS = ("push", "pull")
ROLES = ("client-of-shell", "client-of-daemon", "server", "daemon")


def combinations(full):
    """Protocol, checksum (None: what the protocol has) and compressor: all of them, or each pair that holds the protocol at
    least once; of the old protocols only what they have themselves, and one choice that is forced."""
    protocols = [protocol for protocol in PROTOCOLS if protocol <= peers.version(peers.STOCK_RSYNC)]
    if full:
        return list(itertools.product(protocols, (None, *CHECKSUMS), COMPRESSORS))
    pairs = []
    for at, protocol in enumerate(protocols):
        if protocol < NEGOTIATING:
            pairs += [(protocol, None, "none"), (protocol, ("xxh128", "md4", "xxh64")[at], ("zlib", "zstd", "zlibx")[at])]
            continue
        for step in range(len(CHECKSUMS)):
            pairs.append((protocol, CHECKSUMS[step], COMPRESSORS[(step + at) % len(COMPRESSORS)]))
    return pairs


def command(setting, role, direction, source, target, *options, stock=peers.STOCK_RSYNC):
    """The command line in which the program under test has the role and a stock rsync the other one."""
    ours = peers.DVM_RSYNC
    client, server = (ours, stock) if role.startswith("client") else (stock, ours)
    remote, local = (target, source) if direction == "push" else (source, target)
    argv = [client, *options]
    if role in ("client-of-shell", "server"):
        argv += ["-e", setting.shell, f"--rsync-path={server}"]
        remote = f"nowhere:{remote}"
    else:
        daemon = setting.our_daemon if role == "daemon" else setting.stock_daemons[stock]
        port = daemon.port
        argv += [f"--password-file={setting.keys.password}"]
        remote = f"rsync://{peers.USER}@127.0.0.1:{port}/trees/{os.path.relpath(remote, setting.root)}"
    return argv + ([local + "/", remote + "/"] if direction == "push" else [remote + "/", local + "/"])


def _matrix_body(role, direction, protocol, checksum, compressor, stock=peers.STOCK_RSYNC):
    def body(setting, directory):
        if stock not in setting.stock_daemons:
            raise Skipped(f"{stock} is not there: scripts/install-needed gets it")
        target = os.path.join(directory, "target")
        options = ["-aHS", "--delete", f"--protocol={protocol}"]
        if checksum:
            options.append(f"--cc={checksum}")
        if compressor != "none":
            options.append(f"--zc={compressor}")
        for step, (source, manifest) in enumerate(setting.trees):
            outcome = run(command(setting, role, direction, source, target, *options, stock=stock))
            name = ("first copy", "after edits")[step]
            check(outcome.code == 0, f"{name}: {outcome}")
            check_equal_trees(compare.compare(manifest, target, sparse=True, protocol=protocol), name)
    return body


def matrix_cases(full):
    """Each combination, in both directions, in each of the four roles; and local copies."""
    cases = []
    for protocol, checksum, compressor in combinations(full):
        for role, direction in itertools.product(ROLES, DIRECTIONS):
            cases.append(Case(f"matrix/{role}/{direction}/{protocol}/{checksum}/{compressor}",
                              _matrix_body(role, direction, protocol, checksum, compressor)))
    for (at, role), protocol, direction in itertools.product(enumerate(ROLES), OLDER_PROTOCOLS, DIRECTIONS):
        if not full and direction != DIRECTIONS[(at + protocol) % 2]:
            continue
        for checksum, compressor in itertools.product((None, *CHECKSUMS), COMPRESSORS) if full else [(None, "zlib")]:
            cases.append(Case(f"matrix/{role}/{direction}/{protocol}/{checksum}/{compressor}/older",
                              _matrix_body(role, direction, protocol, checksum, compressor, peers.OLDER_RSYNC)))
    return cases + [Case(f"local/{name}", _local_body(options)) for name, options in (
        ("plain", []), ("sparse", ["-S"]), ("no whole file", ["--no-whole-file"]), ("checksum", ["-c"]),
        ("inplace", ["--inplace", "--exclude=/hard/"]), ("compressed", ["-z", "--no-whole-file"]))]


def _local_body(options):
    """`--inplace` leaves out hard/: it writes to the other names of a hard link that the source has separated, as stock does."""
    def body(setting, directory):
        for step, (source, manifest) in enumerate(setting.trees):
            outcome = run([peers.DVM_RSYNC, "-aH", "--delete", *options, source + "/", directory + "/target/"])
            name = ("first copy", "after edits")[step]
            check(outcome.code == 0, f"{name}: {outcome}")
            if "--exclude=/hard/" in options:
                manifest = compare.manifest(source, leave_out=b"hard")
            check_equal_trees(compare.compare(manifest, directory + "/target", sparse="-S" in options), name)
    return body
