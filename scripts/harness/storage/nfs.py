"""A real NFS server with root_squash, its client, and both agents, in a guest of qemu, since this machine's kernel may have no NFS."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile

from harness.cases import Case, Failure, Skipped, check
from harness.programs import peers

FILES = os.path.join(peers.REPOSITORY, "scripts", "support", "nfs")
KEPT = os.path.join(peers.REPOSITORY, ".build-nfs")
PACKAGES = ("base-files netbase bash coreutils grep mount util-linux kmod iproute2 sysvinit-utils libc6 libssl3 zlib1g libzstd1 liblz4-1 libxxhash0 libyaml-0-2 "
            "libstdc++6 linux-image-cloud-amd64 nfs-kernel-server").split()
CURE = "add 5555 to supplementalGroups"


def _debian():
    """A Debian with a kernel and an NFS server, unpacked once; no maintainer script has run in it."""
    path = f"{KEPT}/root"
    os.makedirs(KEPT, exist_ok=True)
    with open(f"{KEPT}/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(path):
            return path
        made = f"{path}.new"
        shutil.rmtree(made, ignore_errors=True)
        done = subprocess.run(["mmdebstrap", "--quiet", "--variant=extract", f"--include={','.join(PACKAGES)}",
                               "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", "bookworm", made], capture_output=True, text=True, timeout=900)
        if done.returncode:
            raise Skipped(f"mmdebstrap makes no guest: {done.stderr.strip()[-300:]}")
        peers.write(f"{made}/etc/passwd", "root:x:0:0::/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n")
        peers.write(f"{made}/etc/group", "root:x:0:\nnogroup:x:65534:\n")
        subprocess.run(["depmod", "-b", made, *os.listdir(f"{made}/lib/modules")], check=True)
        os.rename(made, path)
        return path


def _image(root, directory):
    """A disk with the guest's files and the agents, with the libraries that they need."""
    tree, image = f"{directory}/tree", f"{directory}/disk"
    subprocess.run(["cp", "-a", "--reflink=auto", root, tree], check=True)
    os.makedirs(f"{tree}/dvm")
    shutil.copy(f"{FILES}/guest", f"{tree}/dvm/guest")
    for name, text in (("keys", "one:0123456789abcdefghij\n"), ("users", "root:secret\n"), ("password", "secret\n")):
        peers.write(f"{tree}/dvm/{name}", text, 0o600)
    for program in (peers.DVM_SOURCE, peers.DVM_TARGET):
        shutil.copy(program, f"{tree}/dvm/{os.path.basename(program)}")
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"=> (/\S+)", listed):
            if not os.path.exists(tree + library):
                os.makedirs(os.path.dirname(tree + library), exist_ok=True)
                shutil.copy(library, tree + library)
    subprocess.run(["ldconfig", "-r", tree], check=True)
    with open(image, "wb") as handle:
        handle.truncate(2 << 30)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", tree, image], check=True)
    return image


def _run_guest(root, image):
    """Boots, and returns what each step printed."""
    kernel = next(name for name in os.listdir(f"{root}/boot") if name.startswith("vmlinuz-"))
    command = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "1024", "-nographic", "-no-reboot", "-kernel", f"{root}/boot/{kernel}",
               "-append", "console=ttyS0 root=/dev/nvme0n1 rw init=/dvm/guest panic=1 quiet",
               "-drive", f"file={image},format=raw,if=none,id=disk", "-device", "nvme,drive=disk,serial=disk"]
    try:
        output = subprocess.run(command, capture_output=True, timeout=1500, stdin=subprocess.DEVNULL).stdout
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
    text = output.decode(errors="replace").replace("\r", "")
    steps = dict(part.split("\n", 1) for part in text.split("\n=== ")[1:])
    if "end" not in steps:
        raise Failure(f"the guest did not come to its end: {text[-1500:]}")
    return steps


def _body(setting, _):
    if not setting.full:
        raise Skipped("only with --full: the guest takes minutes")
    if os.geteuid() != 0:
        raise Skipped("needs root")
    peers.insist_on(peers.DVM_SOURCE, peers.DVM_TARGET)
    missing = [name for name in ("qemu-system-x86_64", "mmdebstrap", "mke2fs", "depmod") if not shutil.which(name)]
    if missing:
        raise Skipped(f"not installed: {', '.join(missing)}")
    root = _debian()
    # Too large for a scratch directory in memory.
    with tempfile.TemporaryDirectory(dir=KEPT) as directory:
        steps = _run_guest(root, _image(root, directory))

    def expect(step, *words):
        for word in words:
            check(word in steps[step], f"{step}: no {word!r} in {steps[step]}")

    expect("target of root", "--- target 3", "DVM-3012", "root_squash", CURE, "manage-gids")
    expect("group", "--- source 0", "times and mode of the volume's top directory", "1000:", "/srv/closed/file")
    expect("root in an open directory", "--- source 23", "belongs to user 65534 (an NFS server with root_squash", "65534:65534 /srv/open/file")
    expect("manage-gids", "--- target 3", "closed although this process is in group 5555", "manage-gids=n", "\nsecond")
    expect("source of root", "--- source 3", "DVM-3012", "root_squash", CURE)


def nfs_cases():
    """One guest."""
    return [Case("nfs/root_squash", _body, cost=120)]
