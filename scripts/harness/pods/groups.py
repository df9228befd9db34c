"""Claims that only a group may use, as on NFS with root_squash, in the restricted profile: without the group each agent names it; with it, everything
is moved."""

import copy
import os
import uuid

from harness.cases import Case, check
from harness.pods.migration import Migration
from harness.pods.podman import Network, exit_code, insist_on_images, log
from harness.transfers import unprivileged

GROUP = 5555
CURE = f"add {GROUP} to supplementalGroups"


def _close(volume):
    os.chown(volume, 0, GROUP)
    os.chmod(volume, 0o2770)


def _join(pod):
    pod.pod["spec"]["securityContext"]["supplementalGroups"] = [GROUP]


def _refused_target(migration):
    """A target without the group ends when it starts."""
    pod = copy.deepcopy(migration.target.pod)
    pod["spec"]["restartPolicy"] = "Never"
    name = pod["metadata"]["name"]
    migration.network.play(pod, f"{migration.directory}/{name}-refused.yaml")
    code = exit_code(f"{name}-dvm-target")
    text = log(f"{name}-dvm-target")
    check(code == 3 and "DVM-3012" in text and CURE in text, f"the target without the group ended with {code}: {text}")
    migration.end(migration.target)


def _body(setting, directory):
    insist_on_images()
    os.chmod(directory, 0o755)
    label = uuid.uuid4().hex[:8]
    with Network(f"dvm-{label}") as network:
        migration = Migration(network, directory, label)
        migration.fill(unprivileged.own_trees(setting)[0])
        for side in (migration.target, migration.source):
            # Podman gives a volume to the user of the first container that mounts it.
            migration.begin(side)
            migration.end(side)
        for volume in migration.volumes.values():
            _close(volume)
        _refused_target(migration)
        _join(migration.target)
        migration.begin(migration.target)
        migration.begin(migration.source)
        refused = migration.control("stage", code=1)
        check("DVM-3012" in refused and CURE in refused, f"the source without the group: {refused}")
        migration.end(migration.source)
        _join(migration.source)
        migration.begin(migration.source)
        status = migration.status()["identity"]
        check(GROUP in status["groups"] and status["capabilities"] == [], f"the source's identity: {status}")
        migration.control("stage")
        migration.control("cutover")
        # The target does not own the top directory, whose time it cannot set.
        times = os.stat(migration.volumes["source"])
        os.utime(migration.volumes["target"], ns=(times.st_atime_ns, times.st_mtime_ns))
        migration.check_equal("after the cutover")


def group_cases():
    """The short form of NFS."""
    return [Case("pods/claims of a group", _body, cost=20)]
