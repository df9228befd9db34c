"""The meaning of a daemon's configuration (session 10.2 and 11)."""

import contextlib
import os
import socket
import time

from facts.lab import expect, expect_in, expect_not_in, fact

THEN = 1_600_000_000
ENDS = [("exit 255", 255), ("kill -9 $$", 16), ("exit 126", 126), ("exit 5", 5)]


@fact("session 9.1, 10.2", "a refused connection ends with exit code 10, one that --contimeout ends with 35")
def connecting(lab):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        expect("refused", lab.run(f"rsync://127.0.0.1:{taken.getsockname()[1]}/").code, 10)
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):  # the accept queue is full, and the next connection gets no answer
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        expect("time-out", lab.run("--contimeout=1", f"rsync://127.0.0.1:{full.getsockname()[1]}/").code, 35)


@fact("session 9.1", "a shell that ends before the version arrives: 12, or its status when that is known in time")
def remote_shell(lab):
    for number, (script, codes) in enumerate((("exit 255", (12, 255)), ("kill -9 $$", (12, 16)), ("exit 126", (12, 126)),
                                              ("exit 127", (12, 127)))):
        path = lab.write(f"broken{number}", f"#!/bin/sh\n{script}\n")
        os.chmod(path, 0o755)
        code = lab.run("-e", path, "-r", "h:a/", "to/").code
        expect(f"{script}: {code} is one of {codes}", code in codes, True)


@fact("session 9.1", "a shell's status after a good session is the client's exit code; a signal counts as 16")
def late_shell(lab):
    lab.write("a/f")
    for number, (script, code) in enumerate(ENDS):
        path = lab.write(f"late{number}", f'#!/bin/sh\nshift\nsh -c "$*"\n{script}\n')
        os.chmod(path, 0o755)
        expect(script, lab.run("-e", path, f"--rsync-path={lab.program}", "-r", "a/", "h:to/").code, code)


@fact("session 11.1", "names ignore case and white space, a backslash continues a line, # and ; begin comments")
def syntax(lab):
    lab.write("a/f")
    with lab.daemon(f"# one\n; two\n[m]\n  P a th =   {lab.path('a')}  \nREADONLY = yes\ncomment = two \\\nlines\n") as url:
        expect("listing", lab.run(url).text.split(), ["m", "two", "lines"])
        expect("names", "f" in lab.run(url + "m/").text, True)


@fact("session 11.1", "parameters before the first module and in [global] are defaults of the modules after them")
def defaults(lab):
    lab.write("a/f")
    text = f"path = {lab.path('a')}\nlist = no\n[one]\n[global]\nlist = yes\ncomment = later\n[two]\nunknown thing = 1\n"
    with lab.daemon(text) as url:
        expect("listing", lab.run(url).text.split(), ["two", "later"])
        expect("unlisted", lab.run(url + "one/").code, 0)


@fact("session 11.1", "&include and &merge read other files, directories by *.conf and *.inc")
def included(lab):
    lab.write("a/f")
    lab.write("more/b.conf", f"[b]\npath = {lab.path('a')}\n")
    lab.write("more/a.conf", f"[a]\npath = {lab.path('a')}\n")
    lab.write("more/x.inc", "comment = merged\n")
    with lab.daemon(f"&include {lab.path('more')}\n[m]\n&merge {lab.path('more')}\npath = {lab.path('a')}\n") as url:
        expect("listing", lab.run(url).text.split(), ["a", "b", "m", "merged"])


@fact("session 11.1", "%VARIABLES% are replaced, unknown ones stay, and the file is read again for each connection")
def variables(lab):
    lab.write("a/f")
    with lab.daemon(f"[m]\ncomment = %WHO% %UNKNOWN%\npath = {lab.path('a')}\n", {"WHO": "me"}) as url:
        expect("listing", lab.run(url).text.split(), ["m", "me", "%UNKNOWN%"])
        lab.write("rsyncd.conf", f"[other]\npath = {lab.path('a')}\n")
        expect("listing", lab.run(url).text.split(), ["other"])


HOSTS = [  # the module's lines, whether 127.0.0.1 is admitted
    ("hosts allow = 127.0.0.1", True), ("hosts allow = 10.0.0.1", False), ("hosts deny = 127.0.0.0/8", False),
    ("hosts allow = 127.0.0.0/255.0.0.0\nhosts deny = *", True), ("hosts deny = 10.0.0.0/8", True),
    ("hosts allow = 10.0.0.1\nhosts deny = 10.0.0.2", True), ("hosts allow = 10.0.0.1, 127.0.0.1", True),
    ("hosts allow = localhost", True), ("hosts allow = LOCAL*", True), ("hosts deny = *", False),
    ("hosts deny = localhost", False)]


@fact("session 11.4", "hosts allow decides first, then hosts deny; only an allow list denies all others")
def hosts(lab):
    lab.write("a/f")
    text = "".join(f"[m{number}]\npath = {lab.path('a')}\n{lines}\n" for number, (lines, _) in enumerate(HOSTS))
    with lab.daemon(text) as url:
        for number, (lines, allowed) in enumerate(HOSTS):
            answer = lab.run(url + f"m{number}/")
            expect(lines, answer.code == 0, allowed)
            if not allowed:
                expect_in("text", f"@ERROR: access denied to m{number} from", answer.text)


@fact("session 11.4", "a name in hosts deny that cannot be resolved counts as a match", "3.5.0")
def unresolved(lab):
    lab.write("a/f")
    with lab.daemon(f"[m]\npath = {lab.path('a')}\nhosts deny = no-such-host.invalid\n") as url:
        expect("denied", lab.run(url + "m/").code, 5)


REFUSED = [  # the parameter, options of the client, whether it is refused
    ("c delete", ("-c",), True), ("c delete", ("--delete-after",), True), ("c delete", ("-t",), False),
    ("* !a !v", ("-a",), False), ("* !a !v", ("-z",), True), ("* !a", ("-n",), False), ("* !a", ("-s",), False),
    ("checksum", ("-c",), True), ("delete-*  !delete-during", ("--delete",), False), ("delete", ("--remove-source-files",), False),
    ("compress*", ("-z",), True), ("z", ("-z",), True), ("a", ("-t",), True),
    ("numeric-ids !numeric-ids", ("--numeric-ids",), False), ("", ("--write-devices",), True),
    ("!write-devices", ("--write-devices",), False), ("inplace", ("--append",), True), ("", ("--iconv=utf8",), True)]


@fact("session 11.6", "refuse options takes names and letters, wildcards, ! and implied options; later entries win")
def refused(lab):
    lab.write("a/f", "x", THEN)
    text = "".join(f"[m{number}]\npath = {lab.directory(f'to{number}')}\nread only = no\nrefuse options = {words}\n"
                   for number, (words, _, _) in enumerate(REFUSED))
    with lab.daemon(text) as url:
        for number, (words, options, wanted) in enumerate(REFUSED):
            answer = lab.run("-r", *options, "a/", url + f"m{number}/")
            lab.write("a/f", "x", THEN)
            expect(f"{options} against '{words}'", answer.code == 4, wanted)
            if wanted:
                expect_in("text", "The server is configured to refuse --", answer.text)


@fact("session 11.6", "a refusal covers every spelling of the setting", "3.5.0")
def refused_spellings(lab):
    lab.write("a/f", "x", THEN)
    with lab.daemon(f"[m]\npath = {lab.directory('to')}\nread only = no\nrefuse options = compress\n") as url:
        for option in ("-z", "--new-compress", "--compress-choice=lz4"):
            expect(option, lab.run("-r", option, "a/", url + "m/").code, 4)


@fact("session 11.7", "names that a module hides are not listed, not sent, not deleted and not accepted")
def hidden(lab):
    for name in ("f.o", "f", "d/g", "sub/d/h"):
        lab.write(f"a/{name}")
        lab.write(f"up/{name}")
    text = f"[m]\npath = {lab.path('a')}\nread only = no\nexclude = *.o /d/\n"
    with lab.daemon(text) as url:
        expect_not_in("listing", "f.o", lab.run("-r", url + "m/").text)
        expect("asked for by name", lab.run(url + "m/f.o", "down/").code, 23)
        answer = lab.run("-r", "up/", url + "m/")
        expect("upload", answer.code, 23)
        lab.clear("up")
        lab.directory("up")
        lab.run("-r", "--delete", "up/", url + "m/")
        expect("left", lab.tree("a"), ["d/", "d/g", "f.o"])


@fact("session 11.7",
      "include and exclude: the order of evaluation is filter, include from, include, exclude from, exclude")
def filter_order(lab):
    for name in ("f", "g", "h"):
        lab.write(f"a/{name}")
    lab.write("rules", "g\n")
    text = (f"[m]\npath = {lab.path('a')}\nexclude = *\ninclude = f /\nexclude from = {lab.path('rules')}\nfilter = - f\n"
            f"[n]\npath = {lab.path('a')}\nexclude = *\ninclude = f\n")
    with lab.daemon(text) as url:
        for module, names in (("m", []), ("n", ["f"])):
            text = lab.run("-r", url + f"{module}/").text
            expect(module, [name for name in ("f", "g", "h") if text.split()[-1:] and f" {name}\n" in text], names)


@fact("session 11.8",
      "hooks see the module, the request, the arguments and the exit status; a failing pre-xfer exec ends the session")
def hooks(lab):
    lab.write("a/f")
    script = lab.write("hook", '#!/bin/sh\nenv | grep ^RSYNC_ | sort > "$1"\necho "words of the hook"\nexit ${2:-0}\n')
    os.chmod(script, 0o755)
    text = (f"[m]\npath = {lab.path('a')}\npre-xfer exec = {script} {lab.path('pre')}\npost-xfer exec = {script} {lab.path('post')}\n"
            f"[bad]\npath = {lab.path('a')}\npre-xfer exec = {script} {lab.path('bad')} 3\n")
    with lab.daemon(text) as url:
        lab.run("-r", url + "m/", "to/")
        for _ in range(200):
            if lab.has("post") and lab.read("post"):
                break
            time.sleep(0.01)
        before, after = lab.read("pre").decode(), lab.read("post").decode()
        for word in ("RSYNC_MODULE_NAME=m", "RSYNC_MODULE_PATH=", "RSYNC_HOST_ADDR=127.0.0.1", "RSYNC_REQUEST=m/",
                     "RSYNC_ARG0=rsyncd", "RSYNC_ARG1=--server", "RSYNC_PID="):
            expect_in("before", word, before)
        for word in ("RSYNC_EXIT_STATUS=0", "RSYNC_RAW_STATUS=0", "RSYNC_PID="):
            expect_in("after", word, after)
        answer = lab.run("-r", url + "bad/", "to/")
        expect("pre-xfer exec", answer.code != 0, True)
        expect_in("text", "words of the hook", answer.text)


@fact("session 11.2",
      "max connections: a session holds a record lock of 4 bytes in the lock file; modules with one file share it")
def connections(lab):
    lab.write("a/f")
    text = "".join(f"[{name}]\npath = {lab.path('a')}\nmax connections = 1\nlock file = {lab.path('lock')}\n" for name in "mn")
    with lab.daemon(text) as url:
        with socket.create_connection(("127.0.0.1", int(url.split(":")[2].rstrip("/")))) as held:
            held.sendall(b"@RSYNCD: 31.0 md5\nm\n")
            received = b""
            while b"@RSYNCD: OK" not in received:
                received += held.recv(1000)
            with open("/proc/locks") as locks:
                inode = os.stat(lab.path("lock")).st_ino
                ranges = [line.split()[-2:] for line in locks if line.split()[5].endswith(f":{inode}")]
            expect("locks", ranges, [["0", "3"]])
            answer = lab.run(url + "n/")
            expect_in("text", "@ERROR: max connections (1) reached -- try again later", answer.text)


@fact("session 11.3", "paths stay inside the module: .. does not leave it, / is its root")
def inside(lab):
    lab.write("a/d/f")
    lab.write("secret")
    with lab.daemon(f"[m]\npath = {lab.path('a')}\n") as url:
        expect("..", lab.run("-r", url + "m/../secret", "down/").code != 0 or not lab.has("down/secret"), True)
        expect("names", "f" in lab.run(url + "m//d/").text, True)


@fact("session 11.3", "links inside a module that another user owns are not followed", "3.5.0")
def foreign_links(lab):
    lab.write("out/f")
    lab.directory("a")
    for name, owner in (("root", 0), ("other", 65534)):
        lab.link(f"a/{name}", lab.path("out"))
        os.chown(lab.path(f"a/{name}"), owner, owner, follow_symlinks=False)
    with lab.daemon(f"[m]\npath = {lab.path('a')}\n") as url:
        expect("another user's", lab.run(url + "m/other/").code != 0, True)


@fact("session 11.5", "the first rule of auth users that matches decides: deny, ro and rw")
def users(lab):
    lab.write("a/f")
    lab.write("up/g")
    secrets = lab.write("secrets", "alice:one\nbob:two\ncarol:three\n", mode=0o600)
    lab.write("word", "", mode=0o600)
    with lab.daemon(f"[m]\npath = {lab.path('a')}\nread only = yes\nauth users = alice:deny, bob:rw, *\n"
                    f"secrets file = {secrets}\n") as url:
        for user, word, reads, writes in (("alice", "one", False, False), ("bob", "two", True, True),
                                          ("carol", "three", True, False), ("carol", "four", False, False)):
            there = url.replace("//", f"//{user}@") + "m/"
            given = {"RSYNC_PASSWORD": word}
            expect(f"{user} reads", lab.run(there, environment=given).code == 0, reads)
            expect(f"{user} writes", lab.run("-r", "up/", there, environment=given).code == 0, writes)


@fact("transfer 5.2", "a daemon's numeric ids changes neither the form of the lists nor what the client may ask for")
def numeric_ids(lab):
    lab.write("a/f")
    os.chown(lab.path("a/f"), 1, 1)
    with lab.daemon(f"[m]\npath = {lab.path('a')}\nread only = no\nnumeric ids = yes\n") as url:
        for options in (("-aH",), ("-aH", "--no-inc-recursive"), ("-aH", "--numeric-ids"),
                        ("-aH", "--numeric-ids", "--no-inc-recursive")):
            lab.clear("down")
            expect(f"pull {options}", lab.run(*options, url + "m/", "down/").code, 0)
            expect("owner", os.stat(lab.path("down/f")).st_uid, 1)
            expect(f"push {options}", lab.run(*options, "down/", url + f"m/{len(options)}/").code, 0)


@fact("session 4.4", "level 0 switches compression off for zlib and zlibx only", "3.5.0")
def level_zero(lab):
    lab.write("a/f", b"0123456789" * 100_000, THEN)
    for name, compressed in (("zlib", False), ("zlibx", False), ("zstd", True), ("lz4", True)):
        lab.clear("to")
        answer = lab.remote("-r", "--stats", f"--compress-choice={name}", "--compress-level=0", "a/", "h:to/")
        expect(name, answer.figure("Total bytes sent") < 500_000, compressed)


SETUPS = [("uid = no-such-user", "@ERROR: invalid uid no-such-user"), ("gid = no-such-group", "@ERROR: invalid gid no-such-group"),
          ("path = /no/such/path", "@ERROR: chdir failed"), ("use chroot = yes\npath = /no/such/path", "@ERROR: chroot failed"),
          ("early exec = false", "@ERROR: early exec failed"), ("max connections = -1", "@ERROR: max connections (-1) reached"),
          ("lock file = /no/such/lock\nmax connections = 1", "@ERROR: failed to open lock file")]


@fact("session 3.4", "what is wrong with a module is said in these words after the request line")
def setups(lab):
    lab.write("a/f")
    text = "".join(f"[m{number}]\npath = {lab.path('a')}\n{lines}\n" for number, (lines, _) in enumerate(SETUPS))
    with lab.daemon(text) as url:
        for number, (lines, answer) in enumerate(SETUPS):
            expect_in(lines, answer, lab.run(url + f"m{number}/").text)
