"""Manifests and comparisons: against digests made by docs/manifest-format.md alone, through a real disk, and of files in use."""

import json
import os
import random
import shutil
import subprocess
import threading

from harness.cases import Case, Skipped, check
from harness.programs import peers
from harness.programs.processes import run, started
from harness.programs.pushing import wait_for
from harness.trees.manifest import Manifest

MIB = 1 << 20
LETTERS = "aZ.-~ \xfc"


def ask(*words, code=0):
    """The lines of a command's JSON."""
    outcome = run([peers.DVM_SOURCE, *words, "--json"], timeout=300)
    check(outcome.code == code, f"{words}: exit code {outcome.code}, {outcome.err[-500:]}")
    return [json.loads(line) for line in outcome.out.splitlines()]


def check_digests(path):
    """Our digests of a tree are those of the page."""
    ours, theirs = ask("manifest", path)[-1], Manifest(path)
    check(ours["hash"] == "sha256", f"the function is {ours['hash']}")
    check(ours["root"] == theirs.root.hex(), f"{path}: root {ours['root']}, by the page {theirs.root.hex()}")
    check(ours["contents"] == theirs.contents.hex(), f"{path}: contents differ")
    check(ours["entries"] == theirs.entries, f"{path}: {ours['entries']} entries, {theirs.entries} by the page")


def independent(setting, directory):
    for path, _ in setting.trees:
        check_digests(path)


def _random_tree(seed):
    def body(_, directory):
        dice = random.Random(seed)
        places = [f"{directory}/tree"]
        os.mkdir(places[0])
        for number in range(dice.randrange(1, 60)):
            path = f"{dice.choice(places)}/{dice.choice(LETTERS)}{number}"
            kind = dice.randrange(6)
            if kind == 0:
                os.mkdir(path)
                places.append(path)
            elif kind == 1:
                os.symlink(f"to {number}", path)
            else:
                with open(path, "wb") as file:
                    file.write(dice.randbytes(dice.choice([0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB, 100])))
                    if kind == 2:
                        file.truncate(dice.randrange(5 * MIB))
                if kind == 3:
                    os.link(path, f"{dice.choice(places)}/linked {number}")
                if kind == 4:
                    os.setxattr(path, "user.note", dice.randbytes(dice.choice([0, 10, 256, 257, 2000])))
            os.utime(path, ns=(0, dice.randrange(-10**18, 4 * 10**18)), follow_symlinks=False)
        check_digests(places[0])
    return body


def _mounted(image, place):
    subprocess.run(["mount", "-o", "loop", image, place], check=True, capture_output=True)


def disk(_, directory):
    """A bit that flips in the device below ext4 is found: what is read is the disk."""
    if os.geteuid() != 0:
        raise Skipped("needs root for mount(8)")
    image, place, source = f"{directory}/image", f"{directory}/volume", f"{directory}/source"
    os.mkdir(place)
    os.mkdir(source)
    mark = random.Random("disk").randbytes(4096)
    for number in range(20):
        with open(f"{source}/file{number}", "wb") as file:
            file.write(random.Random(number).randbytes(200_000) + (mark if number == 7 else b"") + b"end")
    with open(image, "wb") as file:
        file.truncate(64 * MIB)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", image], check=True, capture_output=True)
    _mounted(image, place)
    try:
        for name in os.listdir(source):
            shutil.copy2(f"{source}/{name}", place)
        ignored = ["--ignore", "root"]
        check(ask("compare", source, place, *ignored)[-1]["equal"], "the copy is not equal")
        subprocess.run(["umount", place], check=True)
        with open(image, "r+b") as file:
            data = file.read()
            at = data.find(mark[:512])
            check(at > 0 and data.find(mark[:512], at + 1) < 0, "the file is not once in the image")
            file.seek(at + 100)
            file.write(bytes([data[at + 100] ^ 4]))
        _mounted(image, place)
        found = ask("compare", source, place, *ignored, code=23)
        check([(line["path"], [field["name"] for field in line["fields"]]) for line in found[:-1]] == [("file7", ["content"])],
              f"found: {found}")
    finally:
        subprocess.run(["umount", place], capture_output=True)


def damaged_inode(_, directory):
    """An entry whose status cannot be read is in the manifest and flagged: a copy without it is not equal."""
    if os.geteuid() != 0:
        raise Skipped("needs root for mount(8)")
    image, place, copy = f"{directory}/image", f"{directory}/volume", f"{directory}/copy"
    os.mkdir(place)
    os.mkdir(copy)
    with open(image, "wb") as file:
        file.truncate(16 * MIB)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", image], check=True, capture_output=True)
    _mounted(image, place)
    try:
        for name in ("good", "precious"):
            with open(f"{place}/{name}", "wb") as file:
                file.write(name.encode())
        shutil.copy2(f"{place}/good", copy)
        subprocess.run(["umount", place], check=True)
        subprocess.run(["debugfs", "-w", "-R", "sif precious links_count 0", image], check=True, capture_output=True)
        _mounted(image, place)
        check(not _has_status(f"{place}/precious"), "the inode is not damaged")
        found = ask("compare", place, copy, "--ignore", "root", code=23)
        check([(line["path"], line["kind"]) for line in found[:-1]] == [("precious", "missing")], f"found: {found}")
        check(not found[-1]["equal"] and found[-1]["first"]["unreadable"] == 1, f"{found[-1]}")
        check(not ask("compare", place, place, code=23)[-1]["equal"], "it is equal to itself")
        output = f"{directory}/manifest"
        check(ask("manifest", place, "--output", output, code=23)[-1]["unreadable"] == 1, "the manifest does not tell")
        check(ask("manifest", output, code=23)[-1]["unreadable"] == 1, "the manifest that was written does not tell")
    finally:
        subprocess.run(["umount", place], capture_output=True)


def _has_status(path):
    try:
        os.lstat(path)
    except OSError:
        return False
    return True


def between_attempts(_, directory):
    """What is written to a file, and to its attributes, while it is read for the first time is in its manifest, or flagged."""
    path = f"{directory}/tree"
    os.mkdir(path)
    name, size = f"{path}/image", 2048 << 30
    words = ("manifest", path, "--hash", "fast", "--list")

    def describe(lines):
        return next((line["content"], line["attributes"]) for line in lines if line["path"] == "image")
    with open(name, "wb") as file:
        file.truncate(size)
        os.setxattr(name, "user.a", b"old")
        argv = [peers.DVM_SOURCE, *words, "--json"]
        with started(argv, stdout=subprocess.PIPE) as process:
            wait_for(lambda: any(os.path.realpath(f"/proc/{process.pid}/fd/{number}") == name
                                 for number in os.listdir(f"/proc/{process.pid}/fd")), "the file is open")
            for number in range(64):
                os.pwrite(file.fileno(), b"DATA", size // 64 * number)
            os.setxattr(name, "user.b", b"new")
            out, _ = process.communicate(timeout=120)
        lines = [json.loads(line) for line in out.splitlines()]
        if process.returncode == 0:
            check(describe(lines) == describe(ask(*words)), f"a mixture of two states was not flagged: {lines}")
        else:
            check(process.returncode == 23 and lines[-1]["changing"] == 1, f"{process.returncode}: {lines}")


def in_use(_, directory):
    """A file that is written to all the time is never part of an unqualified answer."""
    path = f"{directory}/tree"
    os.mkdir(path)
    with open(f"{path}/still", "wb") as file:
        file.write(b"still")
    with open(f"{path}/busy", "wb") as file:
        file.write(bytes(64 * MIB))
    ended = threading.Event()

    def write():
        with open(f"{path}/busy", "r+b", buffering=0) as file:
            number = 0
            while not ended.is_set():
                os.pwrite(file.fileno(), number.to_bytes(8, "big"), number * 4096 % (64 * MIB))
                number += 1
    writer = threading.Thread(target=write)
    writer.start()
    try:
        last = ask("manifest", path, code=23)[-1]
        check(last["changing"] == 1 and last["unreadable"] == 0, f"{last}")
        lines = ask("compare", path, path, code=23)
        check(any(line.get("kind") == "changing" and line["path"] == "busy" for line in lines), f"{lines}")
        check(not any(line.get("path") == "still" for line in lines), f"{lines}")
    finally:
        ended.set()
        writer.join()
    check(ask("compare", path, path)[-1]["equal"], "a file at rest is not equal to itself")


def manifest_cases(full):
    cases = [Case("manifest/independent", independent), Case("manifest/disk", disk), Case("manifest/in use", in_use, 5),
             Case("manifest/damaged inode", damaged_inode), Case("manifest/between attempts", between_attempts, 10)]
    return cases + [Case(f"manifest/random/{seed}", _random_tree(seed)) for seed in range(50 if full else 12)]
