"""The pods of today's transfers as docs/transfer-pods.md describes them: entrypoints, configuration, volumes, security context."""

import hashlib
import os

from harness.movers.lines import ARCHIVE, INFO
from harness.programs import peers

NAMESPACE = "shop"
CLAIM = hashlib.md5(b"orders").hexdigest()
MOUNT = f"/mnt/{NAMESPACE}/{CLAIM}"
PASSWORD = "aBcDeF"
DONE = "/usr/share/rsync/rsync-client-container-done"
CLIENT_LINE = (f"/usr/bin/rsync {ARCHIVE} --hard-links --delete --partial --human-readable --log-file=/dev/stdout {INFO} "
               f"--omit-dir-times --exclude=lost+found {MOUNT}/ rsync://root@localhost/{CLAIM} --port 6443")
# Section 1.4: waits for the tunnel, then runs rsync once.
CLIENT_SCRIPT = f"""trap "touch {DONE}" EXIT SIGINT SIGTERM
timeout=120; SECONDS=0; rc=1
while [ $SECONDS -lt $timeout ]; do
  if nc -z localhost 6443; then
    {CLIENT_LINE}
    rc=$?; break
  fi
  sleep 1
done
exit $rc
"""
TUNNEL_SCRIPT = f"""/bin/stunnel /etc/stunnel/stunnel.conf &
while true; do
  test -f {DONE} && break
  sleep 1
done
exit 0
"""
CLIENT_TUNNEL = """pid =
client = yes
syslog = no
output = /dev/stdout
sslVersion = TLSv1.2

[rsync]
debug = 7
accept = 6443
cert = /etc/stunnel/certs/tls.crt
key = /etc/stunnel/certs/tls.key
connect = %s:6443
"""
SERVER_TUNNEL = """foreground = yes
pid =
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
debug = 7
sslVersion = TLSv1.2

[rsync]
accept = 6443
connect = 2222
key = /etc/stunnel/certs/tls.key
cert = /etc/stunnel/certs/tls.crt
TIMEOUTclose = 0
"""
DAEMON = """syslog facility = local7
read only = no
list = yes
log file = /dev/stdout
max verbosity = 4
auth users = root
hosts allow = ::1, 127.0.0.1, localhost
%suse chroot = no
munge symlinks = no

[%s]
    comment = archive for %s/orders
    path = %s
    list = yes
    read only = false
    auth users = root
    secrets file = /etc/rsync-secret/rsyncd.secrets
"""


def _context(user):
    """Section 6.2: as root, or in the restricted profile."""
    if user == 0:
        return {"runAsUser": 0, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["MKNOD", "SETPCAP"]}}
    return {"runAsNonRoot": True, "runAsUser": user, "runAsGroup": user, "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}}


def _pod(name, restart, containers, paths):
    """A pod whose containers all mount `paths`: mount point, path on this machine, what it is. Podman ignores a ConfigMap's subPath
    and a Secret's mode, so these are files of this machine."""
    volumes = [{"name": f"v{number}", "hostPath": {"path": path, "type": kind}} for number, (_, path, kind) in enumerate(paths)]
    mounts = [{"name": f"v{number}", "mountPath": mount} for number, (mount, _, _) in enumerate(paths)]
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "labels": {"app": "directvolumemigration-rsync-transfer", "owner": "directvolumemigration"}},
            "spec": {"restartPolicy": restart, "volumes": volumes,
                     "containers": [dict(container, volumeMounts=mounts) for container in containers]}}


class Files:
    """The configuration and secrets of both pods in a directory, owned by the pods' user."""

    def __init__(self, directory, keys, user):
        self.directory, self.user = directory, user
        self._copy("certs/tls.crt", keys.good[0])
        self._copy("certs/tls.key", keys.good[1])
        self._write("secret/rsyncd.secrets", f"root:{PASSWORD}\n", 0o600)
        os.makedirs(f"{directory}/communication")
        os.chown(f"{directory}/communication", user, user)

    def _write(self, name, text, mode=0o644):
        path = f"{self.directory}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        peers.write(path, text, mode)
        os.chown(path, self.user, self.user)
        return path

    def _copy(self, name, path):
        with open(path) as handle:
            self._write(name, handle.read(), 0o640)

    def server_pod(self, name, image, volume):
        """`rsync-server`: the daemon and its tunnel, restarted whenever they end."""
        identity = "uid = root\ngid = root\n" if self.user == 0 else ""
        paths = [(MOUNT, volume, "Directory"), ("/etc/rsync-secret", f"{self.directory}/secret", "Directory"),
                 ("/etc/rsyncd.conf", self._write("rsyncd.conf", DAEMON % (identity, CLAIM, NAMESPACE, MOUNT)), "File"),
                 ("/etc/stunnel/stunnel.conf", self._write("server.conf", SERVER_TUNNEL), "File"),
                 ("/etc/stunnel/certs", f"{self.directory}/certs", "Directory")]
        common = {"image": f"{image}:latest", "imagePullPolicy": "Never", "securityContext": _context(self.user)}
        return _pod(name, "Always", [
            dict(common, name="rsync", command=["/usr/bin/rsync", "--daemon", "--no-detach", "--port=2222", "-vvv"]),
            dict(common, name="stunnel", command=["/bin/stunnel", "/etc/stunnel/stunnel.conf"])], paths)

    def client_pod(self, name, image, volume, server):
        """`rsync-…`: one push through its tunnel."""
        for left in os.listdir(f"{self.directory}/communication"):
            os.unlink(f"{self.directory}/communication/{left}")
        paths = [(MOUNT, volume, "Directory"), ("/usr/share/rsync", f"{self.directory}/communication", "Directory"),
                 ("/etc/stunnel/stunnel.conf", self._write("client.conf", CLIENT_TUNNEL % server), "File"),
                 ("/etc/stunnel/certs", f"{self.directory}/certs", "Directory")]
        common = {"image": f"{image}:latest", "imagePullPolicy": "Never", "securityContext": _context(self.user)}
        return _pod(name, "Never", [
            dict(common, name="rsync", command=["/bin/bash", "-c", CLIENT_SCRIPT], env=[{"name": "RSYNC_PASSWORD", "value": PASSWORD}]),
            dict(common, name="stunnel", command=["/bin/bash", "-c", TUNNEL_SCRIPT])], paths)
