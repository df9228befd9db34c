"""How files arrive and get their metadata (transfer 14 and 15), and what deleting leaves (transfer 16)."""

import os
import random
import re

from facts.lab import OWNER, expect, expect_in, fact

THEN = 1_600_000_000


@fact("transfer 14.2",
      "a link, a FIFO or a directory at the destination is not a basis: the file is sent whole and takes its place")
def no_basis(lab):
    content = random.Random(1).randbytes(50_000)
    for kind in ("link", "fifo"):
        lab.clear("to")
        lab.write("elsewhere", content)
        lab.write("a/f", content, THEN)
        lab.directory("to")
        if kind == "link":
            lab.link("to/f", "../elsewhere")
        else:
            os.mkfifo(lab.path("to/f"))
        answer = lab.remote("-rt", "--stats", "--no-whole-file", "a/", "h:to/")
        expect(f"literal over a {kind}", answer.literal, len(content))
        expect("kind", os.path.isfile(lab.path("to/f")) and not os.path.islink(lab.path("to/f")), True)


@fact("transfer 14.4",
      "-S makes holes of zeros at the ends of what is written and of inner runs of 1024 bytes and more", "3.5.0")
def sparse(lab):
    for run, holes in ((1023, False), (1024, True)):
        lab.write("a/f", b"x" * 500 + bytes(run) + b"y" * 500, THEN)
        lab.clear("to")
        _, calls = lab.traced("write,lseek,ftruncate", "-S", "--inplace", lab.path("a/f"), lab.path("to"))
        expect(f"a run of {run} is skipped", any(f", {run}, SEEK_CUR" in call for call in calls), holes)
        os.unlink(lab.path("to"))
    lab.write("a/f", bytes(300) + b"y" * 500 + bytes(300), THEN)
    _, calls = lab.traced("write,lseek,ftruncate", "-S", lab.path("a/f"), lab.path("ends"))
    expect("the start is skipped", any(", 300, SEEK_CUR" in call for call in calls), True)
    expect("one write", len([call for call in calls if 'write(' in call and '"yyyy' in call and call.endswith("= 500")]), 1)
    expect("length", os.path.getsize(lab.path("ends")), 1100)


@fact("transfer 14.6", "a relative partial directory is made with mode 0700, and is a rule that hides it from deletion")
def partial_directory(lab):
    lab.write("a/f", "x", THEN)
    lab.write("to/.p/old", "kept")
    lab.remote("-rt", "--delete", "--partial-dir=.p", "a/", "h:to/")
    expect("kept", lab.has("to/.p/old"), True)
    lab.clear("to")
    _, calls = lab.traced("mkdir,mkdirat,rename,renameat,renameat2", "-rt", "--delay-updates", "a/", "to/")
    made = [call for call in calls if "mkdir" in call and ".~tmp~" in call]
    expect("made", len(made) == 1 and "0700" in made[0], True)
    expect("names", lab.tree("to"), ["f"])


@fact("transfer 14.9",
      "--munge-links puts /rsyncd-munged/ before every target at the receiver and takes it off at the sender")
def munged(lab):
    lab.link("a/l", "../x")
    lab.remote("-a", "-M--munge-links", "a/", "h:to/")
    expect("stored", os.readlink(lab.path("to/l")), "/rsyncd-munged/../x")
    lab.remote("-a", "-M--munge-links", "h:to/", "back/")
    expect("sent", os.readlink(lab.path("back/l")), "../x")


@fact("transfer 15",
      "owner, attributes, times, permissions are set in this order; chown comes first because it clears setuid")
def order(lab):
    path = lab.write("a/f", "x", THEN)
    os.chown(path, 7, 7)
    os.chmod(path, 0o6755)
    os.setxattr(path, "user.x", b"1")
    _, calls = lab.traced("chown,fchownat,lchown,setxattr,lsetxattr,fsetxattr,utimensat,chmod,fchmod,fchmodat,"
                          "rename,renameat,renameat2", "-aX", "a/", "to/")
    done = [re.search(r"(chown|xattr|utimens|chmod|rename)", call)[1] for call in calls
            if "EAGAIN" not in call and re.search(r"= 0$", call) and not re.search(r'"\.?"', call)]
    last = {name: max(number for number, each in enumerate(done) if each == name) for name in done}
    expect("order", sorted(last, key=last.get)[-5:], ["chown", "xattr", "utimens", "chmod", "rename"])
    expect("mode", os.stat(lab.path("to/f")).st_mode & 0o7777, 0o6755)


@fact("transfer 15", "a user who is not root gives no files away and sets only groups of its own, without an error")
def ownership(lab):
    path = lab.write("a/f", "x", THEN)
    os.chown(path, 7, 7)
    os.chmod(path, 0o644)
    os.chown(lab.directory("to"), OWNER, OWNER)
    answer = lab.remote("-rptgo", "--no-p", "-O", "a/", "h:to/", user=OWNER)
    status = os.stat(lab.path("to/f"))
    expect("exit code, owner, group", (answer.code, status.st_uid, status.st_gid), (0, OWNER, OWNER))


CHMOD = [("a-w", 0o644, 0o444), ("F600", 0o644, 0o600), ("Du+s,Fg+w", 0o644, 0o664), ("ugo=r", 0o755, 0o444),
         ("u+X", 0o644, 0o644), ("a+X", 0o744, 0o755), ("F0604", 0o755, 0o604), ("o+t", 0o644, 0o1644)]


@fact("transfer 15", "--chmod takes D, F, u, g, o, a, + - =, r w x X s t u g o, and octal numbers")
def chmod(lab):
    for words, before, after in CHMOD:
        lab.clear("to")
        lab.write("a/f", "x", THEN, before)
        answer = lab.run("-rp", f"--chmod={words}", "a/", "to/")
        expect(f"{words} on {before:o}", (answer.code, oct(os.stat(lab.path("to/f")).st_mode & 0o7777)), (0, oct(after)))


@fact("transfer 15", "--chmod=a+s sets setuid and setgid, and g=u copies bits", "3.5.0")
def chmod_set(lab):
    for words, before, after in (("a+s", 0o755, 0o6755), ("g=u", 0o640, 0o660)):
        lab.clear("to")
        lab.write("a/f", "x", THEN, before)
        lab.run("-rp", f"--chmod={words}", "a/", "to/")
        expect(words, oct(os.stat(lab.path("to/f")).st_mode & 0o7777), oct(after))


@fact("transfer 16.1", "--max-delete=N removes N items and reports the rest with exit code 25")
def limit(lab):
    lab.directory("a")
    for number in range(5):
        lab.write(f"to/{number}")
    answer = lab.remote("-r", "--delete", "--max-delete=2", "a/", "h:to/")
    expect("code and rest", (answer.code, len(lab.tree("to"))), (25, 3))
    expect_in("text", "Deletions stopped due to --max-delete limit (3 skipped)", answer.text)


@fact("transfer 14.1", "an output that cannot be made: the data is consumed, the next file arrives, exit code 23")
def discarded(lab):
    lab.write("a/f", random.Random(2).randbytes(100_000), THEN)
    lab.write("a/" + "n" * 255, "x", THEN)
    lab.write("a/z", "z", THEN)
    lab.write("to/d/keep")
    lab.write("b/d", "a file where a full directory is", THEN)
    answer = lab.remote("-rt", "a/", "b/", "h:to/")
    expect("code", answer.code, 23)
    expect("names", [len(name) for name in lab.tree("to")], [2, 6, 1, 255, 1])
