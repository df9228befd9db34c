"""Stands in for kubectl where there is no cluster: `apply -k` plays the pod of an overlay with podman, `apply -f` makes volumes for the
claims of a file, `exec` runs in a pod. `scale` tells the application to stop, which writes its last before `wait` returns. The kubectl that
builds the overlays is the real one.

    shim.py STATE [-n NAMESPACE] apply -k DIR | apply -f FILE | exec POD -c CONTAINER -- WORD… | scale DEPLOYMENT --replicas=0 | wait --for=delete …

STATE is a JSON file with the network, a label for names, a directory, and the source's volume."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
from harness.pods.derived import Derived, built, read  # noqa: E402
from harness.pods.podman import PODMAN, podman  # noqa: E402


def apply(state, overlay):
    """Starts the pod of an overlay; what cannot be played is left out."""
    objects = built(overlay)
    texts = objects.get("ConfigMap", {}).get("data", {})
    for key, text in texts.items():
        texts[key] = text.replace("dvm.shop-new.svc", f"dvm-target-{state['label']}")
    derived = Derived(objects, f"{objects['Pod']['metadata']['name']}-{state['label']}", state["directory"])
    path = f"{state['directory']}/{derived.pod['metadata']['name']}.yaml"
    with open(path, "w", encoding="utf-8") as handle:
        json.dump(derived.pod, handle)
    podman("kube", "play", "--network", state["network"], path)
    print(f"pod/{objects['Pod']['metadata']['name']} created")


def main():
    with open(sys.argv[1], encoding="utf-8") as handle:
        state = json.load(handle)
    words = sys.argv[2:]
    if words[0] == "-n":
        words = words[2:]
    if words[:2] == ["apply", "-k"]:
        apply(state, words[2])
    elif words[:2] == ["apply", "-f"]:
        podman("volume", "create", f"{read(words[2])['PersistentVolumeClaim']['metadata']['name']}-dvm-target-{state['label']}")
    elif words[0] == "exec" and words[2] == "-c" and words[4] == "--":
        os.execv(PODMAN, ["podman", "exec", f"{words[1]}-{state['label']}-{words[3]}", *words[5:]])
    elif words[0] == "scale":
        pass
    elif words[:2] == ["wait", "--for=delete"]:
        path = os.path.join(state["volume"], "last words")
        with open(path, "w", encoding="utf-8") as handle:
            handle.write("the end\n")
        os.chown(path, state["user"], state["user"])
    else:
        raise SystemExit(f"kubectl's stand-in does not know {' '.join(words)}")


if __name__ == "__main__":
    main()
