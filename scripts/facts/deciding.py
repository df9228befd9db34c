"""How the receiving side decides: quick check, items, directories, files, bases (transfer 11, 12, 16, 17; session 8.4)."""

import os
import random
import re
import subprocess

from facts.lab import OWNER, expect, expect_in, expect_not_in, fact

THEN = 1_600_000_000


@fact("transfer 11.1", "one file to a name that does not exist makes that name, several make a directory")
def destination_names(lab):
    lab.write("f")
    lab.write("g")
    lab.remote("-r", "f", "h:new")
    expect("one", os.path.isfile(lab.path("new")), True)
    lab.remote("-r", "f", "g", "h:both")
    expect("two", lab.tree("both"), ["f", "g"])
    lab.remote("-r", "f", "h:slash/")
    expect("slash", lab.tree("slash"), ["f"])
    answer = lab.remote("-rv", "f", "h:umask/", under=("sh", "-c", 'umask 027; exec "$0" "$@"'))
    expect_in("text", "created directory umask", answer.text)
    expect("mode", os.stat(lab.path("umask")).st_mode & 0o777, 0o750)


@fact("transfer 11.1",
      "a destination that is a file: exit code 3 for several entries and for a directory, else it is replaced")
def destination_file(lab):
    lab.write("f", "new")
    lab.write("g")
    lab.write("d/x")
    lab.write("to", "old content")
    expect("several", lab.remote("-r", "f", "g", "h:to").code, 3)
    expect("a directory", lab.remote("-r", "d", "h:to").code, 3)
    expect("one", (lab.remote("-r", "f", "h:to").code, lab.read("to")), (0, b"new"))


@fact("transfer 11.1", "--mkpath makes the parents of the destination, without it the run fails with 11 or 3", "3.2.3")
def made_path(lab):
    lab.write("f")
    answer = lab.remote("-r", "f", "h:a/b/c/")
    expect("without", answer.code in (3, 11), True)
    expect("with", (lab.remote("-r", "--mkpath", "f", "h:a/b/c/").code, lab.tree("a")), (0, ["b/", "b/c/", "b/c/f"]))


@fact("transfer 11.2",
      "--existing skips what is absent, --ignore-existing what is present; contents of directories still come")
def existing(lab):
    lab.write("a/d/new", "new")
    lab.write("a/d/both", "newer")
    lab.write("to/d/both", "old")
    lab.run("-r", "--existing", "a/", "to/")
    expect("--existing", (lab.tree("to"), lab.read("to/d/both")), (["d/", "d/both"], b"newer"))
    lab.write("to/d/both", "kept")
    lab.run("-r", "--ignore-existing", "a/", "to/")
    expect("--ignore-existing", (lab.tree("to"), lab.read("to/d/both")), (["d/", "d/both", "d/new"], b"kept"))


QUICK = [  # options, new content, its time; old content, its time; whether it is transferred
    ((), "same", THEN, "SAME", THEN, False), ((), "same", THEN + 0.5, "SAME", THEN, False),
    ((), "same", THEN + 1, "SAME", THEN, True), ((), "longer", THEN, "SAME", THEN, True),
    (("--modify-window=-1",), "same", THEN + 0.5, "SAME", THEN, True),
    (("--modify-window=2",), "same", THEN + 2, "SAME", THEN, False),
    (("--modify-window=2",), "same", THEN + 3, "SAME", THEN, True),
    (("-c",), "same", THEN, "SAME", THEN, True), (("-c",), "same", THEN + 9, "same", THEN, False),
    (("--size-only",), "same", THEN + 9, "SAME", THEN, False), (("-I",), "same", THEN, "SAME", THEN, True)]


@fact("transfer 11.3", "the quick check of a regular file is the table of the specification")
def quick_check(lab):
    for options, new, new_time, old, old_time, transferred in QUICK:
        lab.write("a/f", new, new_time)
        lab.write("to/f", old, old_time)
        answer = lab.remote("-rt", "--stats", "--no-whole-file", *options, "a/", "h:to/")
        expect(f"{options} {new}@{new_time} over {old}@{old_time}",
               answer.figure("Number of regular files transferred"), int(transferred))


@fact("transfer 11.3", "a file that is called unchanged keeps its nanoseconds; one that -c has read gets the sender's")
def exact_time(lab):
    lab.write("a/f", "same", THEN + 0.5)
    lab.write("to/f", "SAME", THEN + 0.25)
    lab.remote("-rt", "a/", "h:to/")
    expect("time", os.stat(lab.path("to/f")).st_mtime_ns, (THEN * 100 + 25) * 10**7)
    lab.write("to/f", "same", THEN + 0.25)
    lab.remote("-rtc", "a/", "h:to/")
    expect("time with -c", os.stat(lab.path("to/f")).st_mtime_ns, (THEN * 10 + 5) * 10**8)


ITEMS = [  # options, what is changed, the letters
    ("-rlptgoD", "time", "<f..t......"), ("-rlptgoDc", "time", ".f..t......"), ("-rlptgoD", "mode", ".f...p....."), ("-rlptgoD", "owner", ".f....o...."),
    ("-rlptgoD", "group", ".f.....g..."), ("-rlptgoD", "size", "<f.st......"), ("-rlpgoD", "size", "<f.sT......"),
    ("-rlptgoD", "new", "<f+++++++++"), ("-rlptgoDc", "content", "<fc........")]


@fact("transfer 11.4", "each difference shows as its letter; a time that will be that of the transfer as T")
def items(lab):
    for options, change, letters in ITEMS:
        for name in ("a/f", "to/f"):
            lab.write(name, "content", THEN, 0o644)
            os.chown(lab.path(name), 0, 0)
        path = lab.path("to/f")
        if change == "time":
            os.utime(path, (5, 5))
        elif change == "mode":
            os.chmod(path, 0o600)
        elif change in ("owner", "group"):
            os.chown(path, *((7, -1) if change == "owner" else (-1, 7)))
        elif change == "size":
            lab.write("to/f", "other content", 5)
        elif change == "new":
            os.unlink(path)
        else:
            lab.write("to/f", "CONTENT", THEN)
        answer = lab.remote(options + "i", "a/", "h:to/")
        expect(f"{change} with {options}", [line[:11] for line in answer.lines(r" f$")], [letters])


@fact("transfer 11.4", "an unchanged entry is reported only with -ii or -vv")
def unchanged(lab):
    lab.write("a/f", "x", THEN)
    lab.remote("-a", "a/", "h:to/")
    expect("-i", lab.remote("-ai", "a/", "h:to/").lines(r" f$"), [])
    expect("-ii", lab.remote("-aii", "a/", "h:to/").lines(r" f$"), [".f          f"])


@fact("transfer 11.5",
      "a file in the way of a directory is removed; a directory in the way of a file needs --force or --delete")
def in_the_way(lab):
    lab.write("a/x/f")
    lab.write("to/x", "in the way")
    expect("directory", (lab.remote("-r", "a/", "h:to/").code, lab.tree("to")), (0, ["x/", "x/f"]))
    lab.write("b/x", "file")
    answer = lab.remote("-r", "b/", "h:to/")
    expect("non-empty", (answer.code, lab.tree("to")), (23, ["x/", "x/f"]))
    expect_in("text", "cannot delete non-empty directory: x", answer.text)
    expect("--force", (lab.remote("-r", "--force", "b/", "h:to/").code, lab.tree("to")), (0, ["x"]))


@fact("transfer 11.5",
      "a directory without write permission is filled by another user all the same and keeps its mode and time")
def closed_directory(lab):
    lab.write("a/d/f")
    os.utime(lab.path("a/d"), (THEN, THEN))
    os.chmod(lab.path("a/d"), 0o555)
    os.chown(lab.directory("to"), OWNER, OWNER)
    for options in (("-rpt",), ("-rpt", "--no-inc-recursive")):
        expect("exit code", lab.remote(*options, "a/", "h:to/", user=OWNER).code, 0)
        status = os.stat(lab.path("to/d"))
        expect("mode and time", (status.st_mode & 0o777, int(status.st_mtime)), (0o555, THEN))
        expect("names", lab.tree("to"), ["d/", "d/f"])


@fact("transfer 11.5", "a directory that cannot be made takes its contents with it, and the rest arrives")
def failed_directory(lab):
    lab.write("a/f")
    lab.write("a/d/e/g")
    os.chown(lab.directory("to"), OWNER, OWNER)
    answer = lab.remote("-r", "a/", "h:to/", user=OWNER, under=(
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=mkdir,mkdirat:error=EACCES"))
    expect_in("text", "*** Skipping any contents from this failed directory ***", answer.text)
    expect("code and names", (answer.code, lab.tree("to")), (23, ["f"]))


@fact("transfer 16.1",
      "-x leaves a mount point at the destination alone; without it its content goes and rmdir fails, exit code 23")
def mount_point(lab):
    lab.write("a/f")
    mounted = lab.directory("to/m")
    for options, code, left in (("-rx", 0, ["f", "m/", "m/x"]), ("-r", 23, ["f", "m/"])):
        subprocess.run(["mount", "-t", "tmpfs", "none", mounted], check=True)
        try:
            lab.write("to/m/x")
            answer = lab.remote(options, "--delete", "a/", "h:to/")
            expect(options, (answer.code, lab.tree("to")), (code, left))
        finally:
            subprocess.run(["umount", mounted], check=True)


@fact("transfer 16.1", "extra names go in reverse order: directories before files, contents before their directory")
def deletion_order(lab):
    lab.directory("a")
    for name in ("z1", "z2", "d/x", "d/y"):
        lab.write(f"to/{name}")
    answer = lab.remote("-rv", "--delete", "a/", "h:to/")
    expect("order", [line.split()[1] for line in answer.lines("^deleting")], ["d/y", "d/x", "d/", "z2", "z1"])


@fact("transfer 11.5", "-O leaves the times of directories alone, and so does -b without --backup-dir")
def directory_times(lab):
    lab.write("a/d/f")
    os.utime(lab.path("a/d"), (THEN, THEN))
    for options, kept in (("-a", True), ("-aO", False), ("-ab", False)):
        lab.clear("to")
        lab.remote(options, "a/", "h:to/")
        expect(options, int(os.stat(lab.path("to/d")).st_mtime) == THEN, kept)


@fact("transfer 11.6", "a changed link is made under a temporary name and renamed over the old one; its item is cL")
def links(lab):
    lab.link("a/l", "new")
    lab.link("to/l", "old")
    answer, calls = lab.traced("symlink,symlinkat,rename,renameat,renameat2", "-ai", "a/", "to/")
    expect("item", [line[:2] for line in answer.lines("l -> new")], ["cL"])
    made = [call for call in calls if "symlink" in call and '"new"' in call]
    expect("temporary name", len(made) == 1 and re.search(r'"\.l\.\d+"', made[0]) is not None, True)
    expect("rename", len([call for call in calls if "rename" in call and '"l"' in call]), 1)


@fact("transfer 11.6", "a user who is not root skips devices and makes FIFOs; root makes both")
def devices(lab):
    os.makedirs(lab.path("a"))
    os.mknod(lab.path("a/c"), 0o020644, os.makedev(1, 3))
    os.mkfifo(lab.path("a/p"))
    os.chmod(lab.directory("to"), 0o777)
    answer = lab.remote("-rD", "a/", "h:to/", user=OWNER)
    expect("names", lab.tree("to"), ["p"])
    expect_in("text", 'skipping non-regular file "c"', answer.text)
    lab.remote("-rD", "a/", "h:root/")
    expect("root", lab.tree("root"), ["c", "p"])


@fact("transfer 11.7", "--update keeps a newer regular file only")
def update(lab):
    for new, old, kept in ((THEN, THEN + 5, True), (THEN, THEN, False), (THEN + 5, THEN, False)):
        lab.write("a/f", "new", new)
        lab.write("to/f", "old content", old)
        lab.remote("-rtu", "a/", "h:to/")
        expect(f"{new} over {old}", lab.read("to/f") == b"old content", kept)


@fact("transfer 11.7", "--update replaces a newer link by a file", "3.4.4")
def update_link(lab):
    lab.write("a/f", "new", THEN)
    lab.link("to/f", "elsewhere")
    lab.remote("-rltu", "a/", "h:to/")
    expect("a file", os.path.islink(lab.path("to/f")), False)


@fact("transfer 11.7",
      "a file of the partial directory is the basis even when the destination exists, and goes when it is used")
def partial_basis(lab):
    content = random.Random(1).randbytes(200_000)
    lab.write("a/f", content, THEN)
    lab.write("to/f", "something else", 5)
    lab.write("to/.p/f", content[:150_000])
    answer = lab.remote("-rt", "--partial-dir=.p", "--stats", "a/", "h:to/")
    expect("matched", answer.figure("Matched data") > 140_000, True)
    expect("names", lab.tree("to"), ["f"])


@fact("transfer 11.7", "--append skips a destination that is as long or longer, --append-verify checks what is there")
def append(lab):
    lab.write("a/f", "0123456789", THEN)
    for old, option, result in (("XXXXX", "--append", b"XXXXX56789"), ("XXXXXXXXXXXX", "--append", b"XXXXXXXXXXXX"),
                                ("XXXXX", "--append-verify", b"0123456789")):
        lab.write("to/f", old, 5)
        lab.remote("-r", option, "a/", "h:to/")
        expect(f"{option} on {old}", lab.read("to/f"), result)


@fact("transfer 11.9", "--fuzzy takes a file of the same size and time first, else one of a similar name")
def fuzzy(lab):
    content = random.Random(2).randbytes(300_000)
    for old, when in (("unlike", THEN), ("report-2.txt", 5)):
        lab.clear("a", "to")
        lab.write("a/report-1.txt", content, THEN)
        lab.write(f"to/{old}", content, when)
        answer = lab.remote("-rt", "--fuzzy", "--stats", "--no-whole-file", "a/", "h:to/")
        expect(f"matched with {old}", answer.figure("Matched data") > 290_000, True)
    lab.clear("to")
    lab.write("to/quite-different.bin", content, 5)
    expect("matched", lab.remote("-rt", "--fuzzy", "--stats", "a/", "h:to/").figure("Matched data"), 0)


@fact("transfer 12.2", "the short last block matches only at the end of the file")
def last_block(lab):
    content = random.Random(3).randbytes(7300)
    lab.write("to/f", content)
    lab.write("a/f", content[7000:] + content[:7000] + content[7000:], THEN)
    answer = lab.remote("-r", "--no-whole-file", "--stats", "a/", "h:to/")
    expect("literal and matched", (answer.literal, answer.figure("Matched data")), (300, 7300))


def same_weak_sum(count, length):
    """Blocks with the same rolling sum and different content: +1, -2, +1 leaves both of its halves as they are."""
    base = bytearray(random.Random(6).choices(range(10, 100), k=length))
    for number in range(count):
        block = bytearray(base)
        for bit in range(11):
            if number >> bit & 1:
                for place, change in enumerate((1, -2, 1)):
                    block[3 * bit + place] += change
        yield bytes(block)


@fact("transfer 12.2", "of blocks with one rolling sum at most 1024 are compared at an offset", "3.5.0")
def candidates(lab):
    for count, literal in ((1000, False), (2000, True)):
        blocks = list(same_weak_sum(count, 700))
        lab.write("to/f", b"".join(blocks))
        random.Random(7).shuffle(blocks)
        lab.write("a/f", b"".join(blocks), THEN)
        answer = lab.remote("-r", "--no-whole-file", "-B700", "--stats", "a/", "h:to/")
        expect(f"literal data with {count} such blocks", answer.literal > 0, literal)


@fact("transfer 12.2", "with --inplace a block matches only at its offset or later ones of the basis")
def in_place(lab):
    content = random.Random(4).randbytes(70_000)
    for shift, literal in ((content[35_000:], 0), (b"x" * 700 + content, None)):
        for option in ("--no-inplace", "--inplace"):
            lab.write("to/f", content)
            lab.write("a/f", shift, THEN)
            answer = lab.remote("-r", "--no-whole-file", "-B700", "--stats", option, "a/", "h:to/")
            if literal == 0 or option == "--no-inplace":
                expect(f"literal, {option}", answer.literal <= 1400, True)
            else:
                expect("literal of data that moved back", answer.literal, len(shift))
            expect("content", lab.read("to/f"), shift)


@fact("session 8.4",
      "an I/O error of the sender keeps the receiver from deleting from then on; --ignore-errors lets it")
def unreadable(lab):
    lab.write("a/d/f")
    os.chmod(lab.path("a/d"), 0)
    lab.write("to/old")
    os.chmod(lab.path("to"), 0o777)
    os.chmod(lab.path("a"), 0o755)
    answer = lab.remote("-r", "--delete", "--no-inc-recursive", "a/", "h:to/", user=OWNER)
    expect_in("text", "IO error encountered -- skipping file deletion", answer.text)
    expect("code and names", (answer.code, lab.has("to/old")), (23, True))
    answer = lab.remote("-r", "--delete", "--no-inc-recursive", "--ignore-errors", "a/", "h:to/", user=OWNER)
    expect("with --ignore-errors", (answer.code, lab.has("to/old")), (23, False))


@fact("session 8.4", "--max-delete=0 travels as -1 and stops every deletion with exit code 25")
def no_deletions(lab):
    lab.write("a/f")
    lab.write("to/old")
    logged = lab.write("logging", f'#!/bin/sh\nshift\necho "$*" > {lab.path("words")}\nexec sh -c "$*"\n')
    os.chmod(logged, 0o755)
    answer = lab.run("-e", logged, f"--rsync-path={lab.program}", "-r", "--delete", "--max-delete=0", "a/", "h:to/")
    expect("code and names", (answer.code, lab.has("to/old")), (25, True))
    expect_in("argument", "--max-delete=-1", lab.read("words").decode())
    expect_not_in("argument", "--max-delete=0", lab.read("words").decode())


@fact("transfer 17",
      "--bwlimit writes at most max(512, R * 128) bytes at a time and sleeps at least a tenth of a second")
def bandwidth(lab):
    lab.write("a/f", random.Random(5).randbytes(60_000))
    _, calls = lab.traced("write,select,pselect6,nanosleep,clock_nanosleep", "-r", "--bwlimit=40", "--no-whole-file",
                          "-e", lab.shell, "--rsync-path=" + lab.program, "a/", "h:to/")
    client = calls[0].split()[0]
    ours = [call for call in calls if call.split()[0] == client]
    sizes = [int(match[1]) for call in ours if (match := re.search(r" write\(\d+, .*= (\d+)$", call))]
    expect("largest write", max(sizes), 5120)
    sleeps = [int(match[1]) for call in ours if (match := re.search(r"select6?\(0, NULL.*tv_nsec=(\d+)", call))]
    # A write is an eighth of a second; what is owed below a tenth is carried to the next write.
    expect(f"sleeps {sleeps}", [len(sleeps) > 3, min(sleeps) >= 100_000_000, max(sleeps) <= 225_000_000], [True] * 3)
