"""The commands of docs/kubernetes.md, extracted and run, with podman in the place of a cluster (shim.py)."""

import json
import os
import re
import subprocess
import uuid

from harness.cases import Case, check, check_equal_trees
from harness.pods.podman import Network, insist_on_images, mountpoint
from harness.programs import peers
from harness.transfers import unprivileged
from harness.trees import compare

PAGE = os.path.join(peers.REPOSITORY, "docs", "kubernetes.md")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.S | re.M)
# What has been done before: the images are there.
DONE = "scripts/image"
USER, MOST_COMMANDS = 1000, 10


def commands():
    """The page's commands, in their order."""
    with open(PAGE, encoding="utf-8") as handle:
        text = "".join(BLOCK.findall(handle.read())).replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _body(setting, directory):
    insist_on_images()
    os.chmod(directory, 0o755)
    lines, label = commands(), uuid.uuid4().hex[:8]
    check(0 < len(lines) <= MOST_COMMANDS, f"the page has {len(lines)} commands")
    with Network(f"dvm-{label}") as network:
        source = network.volume(f"orders-dvm-source-{label}", USER)
        network.pods += [f"dvm-source-{label}", f"dvm-target-{label}"]
        network.volumes.append(f"orders-dvm-target-{label}")
        subprocess.run([peers.STOCK_RSYNC, "-aH", f"{unprivileged.own_trees(setting)[0]}/", f"{source}/"], check=True)
        state = peers.write(f"{directory}/state", json.dumps({
            "network": network.name, "label": label, "directory": directory, "volume": source, "user": USER}))
        os.mkdir(f"{directory}/bin")
        peers.write(f"{directory}/bin/kubectl", f'#!/bin/sh\nexec python3 {peers.REPOSITORY}/scripts/harness/pods/shim.py {state} "$@"\n', 0o755)
        os.symlink(f"{peers.REPOSITORY}/scripts", f"{directory}/scripts")
        script = peers.write(f"{directory}/page", "set -eux\n" + "".join(f"{line}\n" for line in lines if line != DONE))
        done = subprocess.run(["bash", script], cwd=directory, capture_output=True, text=True, errors="replace", timeout=300,
                              stdin=subprocess.DEVNULL, env=dict(os.environ, PATH=f"{directory}/bin:{os.environ['PATH']}"))
        check(done.returncode == 0, f"the page's commands ended with {done.returncode}: {done.stdout[-1500:]}{done.stderr[-2500:]}")
        target = mountpoint(f"orders-dvm-target-{label}")
        check(os.path.exists(f"{target}/last words"), "what the application wrote last did not arrive")
        check_equal_trees(compare.compare(source, target))


def page_cases():
    """The page as a whole."""
    return [Case("pods/docs, kubernetes.md", _body, cost=20)]
