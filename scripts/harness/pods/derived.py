"""The shipped manifests as podman can play them, which knows neither Services and Secrets with modes nor probes without systemd."""

import base64
import json
import os
import subprocess

from harness.cases import Failure, Skipped
from harness.programs import peers

TOOLS = os.path.join(peers.REPOSITORY, ".build-kubernetes", "bin")
TO_JSON = "import json, sys, yaml; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)"


def read(file):
    """The objects of a file, by kind; there is one of each kind."""
    with open(file, "rb") as handle:
        return _parsed(handle.read())


def built(overlay):
    """The objects of an overlay, as `read`."""
    if not os.path.exists(f"{TOOLS}/kubectl"):
        raise Skipped("no kubectl: scripts/kubernetes/check installs it")
    done = subprocess.run([f"{TOOLS}/kubectl", "kustomize", overlay], capture_output=True, timeout=60)
    if done.returncode:
        raise Failure(f"kubectl kustomize {overlay}: {done.stderr.decode()}")
    return _parsed(done.stdout)


def _parsed(text):
    # The tools' Python has a YAML parser.
    done = subprocess.run([f"{TOOLS}/python", "-c", TO_JSON], input=text, capture_output=True, timeout=60, check=True)
    return {each["kind"]: each for each in json.loads(done.stdout)}


class Derived:
    """A pod of an overlay, under a name of its own. Claims become podman's volumes of the name `<claim>-<pod>`; Secrets and ConfigMaps
    files of this machine, owned by the pod's user."""

    def __init__(self, objects, name, directory):
        self.objects, self.directory = objects, directory
        self.pod = json.loads(json.dumps(objects["Pod"]))
        self.pod["metadata"]["name"] = name
        self.claims = {}
        spec = self.pod["spec"]
        self.user = spec["securityContext"]["runAsUser"]
        spec["volumes"] = [self._volume(volume) for volume in spec["volumes"]]
        for container in spec["containers"]:
            container["imagePullPolicy"] = "Never"
            # Podman would take the ports of this machine.
            for key in ("livenessProbe", "readinessProbe", "ports"):
                container.pop(key, None)
            for variable in container.get("env", []):
                if "valueFrom" in variable:
                    key = variable.pop("valueFrom")["secretKeyRef"]["key"]
                    variable["value"] = self._secret(key).decode()

    def _secret(self, key):
        return base64.b64decode(self.objects["Secret"]["data"][key])

    def _volume(self, volume):
        name = volume["name"]
        if "persistentVolumeClaim" in volume:
            claim = f"{volume['persistentVolumeClaim']['claimName']}-{self.pod['metadata']['name']}"
            self.claims[name] = claim
            return {"name": name, "persistentVolumeClaim": {"claimName": claim}}
        if "secret" in volume:
            keys = [item["key"] for item in volume["secret"].get("items", [])] or list(self.objects["Secret"]["data"])
            return self._files(name, {key: self._secret(key) for key in keys})
        return self._files(name, {key: text.encode() for key, text in self.objects["ConfigMap"]["data"].items()})

    def _files(self, name, contents):
        path = f"{self.directory}/{self.pod['metadata']['name']}-{name}"
        os.makedirs(path)
        os.chown(path, self.user, self.user)
        for key, content in contents.items():
            with open(f"{path}/{key}", "wb") as handle:
                handle.write(content)
            # Kubernetes mounts Secrets so, with and without a defaultMode of 0440.
            os.chmod(f"{path}/{key}", 0o440 if "target" in self.pod["metadata"]["name"] else 0o644)
            os.chown(f"{path}/{key}", 0, self.user)
        return {"name": name, "hostPath": {"path": path, "type": "Directory"}}
