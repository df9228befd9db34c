"""A migration between pods of the shipped manifests (scripts/kubernetes), driven by the reference controller (scripts/controller)."""

import json
import os
import shutil
import subprocess
import time

from harness.cases import Failure, check, check_equal_trees
from harness.pods.derived import Derived, built
from harness.pods.podman import PODMAN, podman
from harness.programs import peers
from harness.trees import compare

SCRIPTS = os.path.join(peers.REPOSITORY, "scripts")
CONTROLLER = os.path.join(SCRIPTS, "controller", "controller")


class Migration:
    """Both pods, their volumes, and the controller's command line. The target's volume may be the ext4 on a block device."""

    def __init__(self, network, directory, label, device=None):
        manifests = shutil.copytree(f"{SCRIPTS}/kubernetes", f"{directory}/kubernetes")
        subprocess.run([CONTROLLER, "keys", manifests], check=True)
        job = f"{manifests}/base/source/job.yaml"
        with open(job, encoding="utf-8") as handle:
            text = handle.read()
        peers.write(job, text.replace("dvm.shop-new.svc", f"dvm-target-{label}"))
        self.target = Derived(built(f"{manifests}/overlays/clusterip"), f"dvm-target-{label}", directory)
        self.source = Derived(built(f"{manifests}/overlays/source"), f"dvm-source-{label}", directory)
        self.volumes = {}
        for side, pod, disk in (("target", self.target, device), ("source", self.source, None)):
            self.volumes[side] = network.volume(pod.claims["orders"], pod.user, disk)
        self.network, self.directory = network, directory
        self.controller = [CONTROLLER, "--source", PODMAN, "--target", PODMAN, "--source-pod", f"dvm-source-{label}", "--target-pod",
                           f"dvm-target-{label}"]

    def begin(self, pod):
        """Starts a pod, and waits until its agent answers."""
        name = pod.pod["metadata"]["name"]
        self.network.play(pod.pod, f"{self.directory}/{name}.yaml")
        await_that(f"{name} answers", lambda: self.agent(pod, "status").returncode == 0)
        if pod is self.target:
            for probe in ("--ready", "--live"):
                check(self.agent(pod, "status", probe).returncode == 0, f"the target's probe {probe} fails")

    def end(self, pod):
        self.network.remove(pod.pod["metadata"]["name"])

    def agent(self, pod, *words):
        """A command of an agent, over exec."""
        agent = "dvm-target" if pod is self.target else "dvm-source"
        return podman("exec", f"{pod.pod['metadata']['name']}-{agent}", agent, *words, check=False)

    def status(self):
        return json.loads(self.agent(self.source, "status", "--json").stdout)

    def control(self, *words, code=0):
        """Runs the controller to its end."""
        done = subprocess.run([*self.controller, *words], capture_output=True, text=True, timeout=120)
        check(done.returncode == code, f"controller {' '.join(words)} ended with {done.returncode}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
        return done.stdout + done.stderr

    def fill(self, tree):
        """Makes the source's volume equal to a tree, but for a large file that stays."""
        subprocess.run([peers.STOCK_RSYNC, "-aH", "--delete", "--exclude=/large", f"{tree}/", f"{self.volumes['source']}/"], check=True)

    def fill_with(self, length):
        """Adds a large file of noise to the source's volume."""
        with open(f"{self.volumes['source']}/large", "wb") as handle:
            handle.write(os.urandom(length))
            os.fchown(handle.fileno(), self.source.user, self.source.user)

    def check_equal(self, when):
        trees = (compare.manifest(self.volumes[side], leave_out=b"lost+found") for side in ("source", "target"))
        check_equal_trees(compare.compare(*trees), f"{when}: trees differ")


def await_that(what, holds, seconds=20):
    """Waits until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise Failure(f"not within {seconds} s: {what}")
        time.sleep(0.1)
