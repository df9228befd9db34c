"""Today's pods, verbatim, with the drop-in image in the place of either end, and stock rsync and stunnel in the other: two passes, the
volumes of which must end equal."""

import os
import re
import uuid

from harness.cases import Case, check, check_equal_trees
from harness.pods import contract
from harness.pods.podman import DROP_IN, STOCK, Network, exit_code, insist_on_images, log, podman
from harness.transfers import unprivileged
from harness.trees import compare

USER = 1000
# The images of source pod and target pod.
PAIRS = {"drop-in source": (DROP_IN, STOCK), "drop-in target": (STOCK, DROP_IN), "drop-in at both ends": (DROP_IN, DROP_IN),
         "stock at both ends": (STOCK, STOCK)}
# Section 5.1.
PERCENT, RATE = re.compile(r"\d+\%"), re.compile(r"\d+\.\w*\/s")


def _entries(volume):
    """A volume's entries but for what the contract does not keep: times of directories, and where links lead that leave the volume
    (without a chroot and munging, a daemon cuts them off)."""
    entries = compare.manifest(volume)
    for entry in entries.values():
        if entry.kind == "directory":
            entry.mtime = 0
        if entry.kind == "symlink" and b"etc/passwd" in entry.value:
            entry.value, entry.size = b"", 0
    return entries


def _check_client(pod):
    """A source pod that Succeeded: both of its containers ended with 0, and the log says what the controller looks for."""
    code = exit_code(f"{pod}-rsync", 120)
    lines = log(f"{pod}-rsync")
    check(code == 0, f"rsync of {pod} ended with {code}: {lines[-1500:]}", log(f"{pod}-stunnel")[-800:])
    check(exit_code(f"{pod}-stunnel", 20) == 0, f"stunnel of {pod} failed: {log(f'{pod}-stunnel')[-800:]}")
    check(PERCENT.search(lines) and RATE.search(lines), f"no progress in the log of {pod}: {lines[-500:]}")


def _check_stop(pod, ours):
    """SIGTERM ends the daemon with 0, as stock's; our tunnel, too."""
    podman("pod", "kill", "--signal", "TERM", pod)
    for container in [f"{pod}-rsync"] + [f"{pod}-stunnel"] * ours:
        code = podman("wait", container, timeout=20).stdout.strip()
        check(code == "0", f"{container} ended with {code} after SIGTERM: {log(container)[-800:]}")


def _body(source_image, target_image, user):
    def body(setting, directory):
        insist_on_images()
        os.chmod(directory, 0o755)
        label = uuid.uuid4().hex[:8]
        target = f"{directory}/target"
        os.mkdir(target)
        os.chown(target, user, user)
        files = contract.Files(f"{directory}/files", setting.keys, user)
        with Network(f"dvm-{label}") as network:
            server = network.play(files.server_pod(f"rsync-server-{label}", target_image, target), f"{directory}/server.yaml")
            for number, source in enumerate(unprivileged.own_trees(setting), 1):
                manifest = files.client_pod(f"rsync-{label}-{number}", source_image, source, server)
                client = network.play(manifest, f"{directory}/client{number}.yaml")
                _check_client(client)
                network.remove(client)
                check_equal_trees(compare.compare(_entries(source), _entries(target)), f"pass {number}: trees differ")
            _check_stop(server, target_image == DROP_IN)
    return body


def entrypoint_cases():
    """Each pair of images, in the restricted profile and as root."""
    return [Case(f"pods/{pair}, {profile}", _body(*images, user), cost=12)
            for profile, user in (("restricted", USER), ("root", 0)) for pair, images in PAIRS.items()]
