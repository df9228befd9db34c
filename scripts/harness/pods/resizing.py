"""A target that is too small: measured, proposed, enlarged, verified, and filled, by the reference controller."""

import contextlib
import os
import subprocess
import uuid

from harness.cases import Case, check
from harness.pods.migration import Migration
from harness.pods.podman import Network, insist_on_images
from harness.transfers import unprivileged

MIB = 1 << 20
SMALL, LARGE, DATA = 48 * MIB, 192 * MIB, 60 * MIB


@contextlib.contextmanager
def _disk(path, user):
    """A loop device with ext4, whose top directory belongs to a user."""
    with open(path, "wb") as handle:
        handle.truncate(SMALL)
    subprocess.run(["mkfs.ext4", "-q", "-b", "4096", "-E", f"root_owner={user}:{user}", path], check=True)
    device = subprocess.run(["losetup", "--find", "--show", path], check=True, capture_output=True, text=True).stdout.strip()
    try:
        yield device
    finally:
        subprocess.run(["losetup", "--detach", device], check=False)


def _enlarge(migration, device, path):
    """What happens when a claim's request grows, with a storage driver that enlarges file systems that no pod has mounted."""
    migration.end(migration.target)
    os.truncate(path, LARGE)
    for command in (["losetup", "--set-capacity", device], ["e2fsck", "-fp", device], ["resize2fs", device]):
        subprocess.run(command, check=True, capture_output=True)
    migration.begin(migration.target)


def _body(setting, directory):
    insist_on_images()
    os.chmod(directory, 0o755)
    label, disk = uuid.uuid4().hex[:8], f"{directory}/disk"
    with _disk(disk, 1000) as device, Network(f"dvm-{label}") as network:
        migration = Migration(network, directory, label, device)
        migration.fill(unprivileged.own_trees(setting)[0])
        migration.fill_with(DATA)
        migration.begin(migration.target)
        migration.begin(migration.source)
        advice = migration.control("advise", "--file-system", "ext4", code=1)
        check("not enough" in advice and "orders: request 1Gi" in advice, advice)
        refused = migration.control("stage", code=1)
        check("DVM-" in refused, refused)
        check(os.listdir(migration.volumes["target"]) == ["lost+found"], "a refused pass changed the target")
        _enlarge(migration, device, disk)
        advice = migration.control("advise", "--file-system", "ext4")
        check("not enough" not in advice and "enough" in advice, advice)
        migration.control("stage")
        migration.check_equal("after the claim was enlarged")


def resizing_cases():
    """The whole way."""
    return [Case("pods/resizing", _body, cost=15)]
