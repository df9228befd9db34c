"""Podman with the images of `scripts/image --storage .build-image`, and one beside them with stock rsync and stunnel."""

import fcntl
import json
import os
import subprocess
import time

from harness.cases import Failure, Skipped
from harness.programs import peers

STORAGE = os.environ.get("DVM_IMAGES", os.path.join(peers.REPOSITORY, ".build-image"))
PODMAN = os.path.join(STORAGE, "podman")
FILES = os.path.join(peers.REPOSITORY, "scripts", "support", "image")
AGENTS, DROP_IN, STOCK = "localhost/dvm", "localhost/dvm-rsync-transfer", "localhost/stock-rsync-transfer"
STOCK_PACKAGES = "base-files netbase bash coreutils netcat-openbsd rsync stunnel4"


def podman(*words, timeout=60, check=True, **options):
    """Runs podman; without `check` a failure is the caller's matter."""
    done = subprocess.run([PODMAN, *words], capture_output=True, text=True, errors="replace", timeout=timeout, stdin=subprocess.DEVNULL, **options)
    if check and done.returncode:
        raise Failure(f"podman {' '.join(words)} ended with {done.returncode}: {done.stderr[-800:]}{done.stdout[-200:]}")
    return done


def insist_on_images():
    """Skips the case where podman does not run or the images are not there; makes the one with the stock programs."""
    if os.geteuid() != 0:
        raise Skipped("needs root")
    if not os.path.exists(PODMAN):
        raise Skipped("no images: scripts/image --storage .build-image builds them")
    probe = podman("run", "--rm", "--network", "none", AGENTS, "dvm", "--help", check=False)
    if probe.returncode:
        raise Skipped(f"podman does not run here: {probe.stderr.strip()[-300:]}")
    with open(os.path.join(STORAGE, "stock.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if podman("image", "exists", STOCK, check=False).returncode:
            podman("build", "-q", "--pull-never", "--isolation", "chroot", "--target", "root", "--tag", STOCK,
                   "--build-arg", f"PACKAGES={STOCK_PACKAGES}", "--file", os.path.join(FILES, "Containerfile"), FILES, timeout=300)


class Network:
    """A network of its own for the duration of a `with`, in which pods find each other by name."""

    def __init__(self, name):
        self.name, self.pods, self.volumes = name, [], []

    def __enter__(self):
        podman("network", "create", self.name)
        return self

    def __exit__(self, *_):
        for pod in self.pods:
            podman("pod", "rm", "--force", "--time", "0", pod, check=False)
        for volume in self.volumes:
            podman("volume", "rm", "--force", volume, check=False)
        podman("network", "rm", "--force", self.name, check=False)

    def volume(self, name, user, device=None):
        """Makes a volume that a claim of this name is bound to; returns where it is on this machine, that of a block device with ext4
        only while a pod has it."""
        podman("volume", "create", *(["--opt", "type=ext4", "--opt", f"device={device}"] if device else []), name)
        self.volumes.append(name)
        path = mountpoint(name)
        if not device:
            os.chown(path, user, user)
        return path

    def play(self, manifest, path):
        """Starts a pod by its manifest, which is written to `path` for whoever looks into a failure."""
        peers.write(path, json.dumps(manifest, indent=1))
        pod = manifest["metadata"]["name"]
        self.pods.append(pod)
        podman("kube", "play", "--network", self.name, path)
        return pod

    def remove(self, pod):
        podman("pod", "rm", "--force", "--time", "0", pod)
        self.pods.remove(pod)


def mountpoint(volume):
    """Where a volume is on this machine."""
    return podman("volume", "inspect", "--format", "{{.Mountpoint}}", volume).stdout.strip()


def exit_code(container, seconds=60):
    """Waits for a container's end."""
    deadline = time.monotonic() + seconds
    while True:
        state = json.loads(podman("container", "inspect", container).stdout)[0]["State"]
        if state["Status"] == "exited":
            return state["ExitCode"]
        if time.monotonic() > deadline:
            raise Failure(f"{container} still runs after {seconds} s: {log(container)[-1500:]}")
        time.sleep(0.1)


def log(container):
    """What a container printed."""
    done = podman("logs", container, check=False)
    return done.stdout + done.stderr
