"""A pod of an agent, reached over exec with kubectl, oc or podman."""

import json
import shlex
import subprocess
import time
from dataclasses import dataclass

# An exec of a short command that does not come back is given up, in seconds; the agents' own commands end within a minute.
PATIENCE = 90


class Refused(Exception):
    """What was asked of a pod, and what came back instead."""


@dataclass
class Pod:
    """`tool` is kubectl, oc or podman with its own options, such as `kubectl --context source -n shop`; `name` is the pod's, and the
    container is called after the agent."""
    tool: str
    name: str
    container: str

    def command(self, *words):
        """The command line that runs words in the container."""
        tool = shlex.split(self.tool)
        if "podman" in tool[0].rsplit("/", 1)[-1]:
            return [*tool, "exec", f"{self.name}-{self.container}", *words]
        return [*tool, "exec", self.name, "-c", self.container, "--", *words]

    def run(self, *words, accepted=(0,), patience=PATIENCE):
        """What words print in the container; an exit code that is not accepted is an error. What reads whole volumes gets None as
        patience."""
        try:
            done = subprocess.run(self.command(*words), capture_output=True, text=True, errors="replace", timeout=patience,
                                  stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired as late:
            raise Refused(f"{self.name}: {' '.join(words)} did not end within {patience} s") from late
        if done.returncode not in accepted:
            text = (done.stderr or done.stdout).strip()[-1500:]
            raise Refused(f"{self.name}: {' '.join(words)} ended with exit code {done.returncode}: {text}")
        return done.stdout

    def wait(self):
        """Waits until the agent answers: its pod may just have been made."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.run(self.container, "status")
                return
            except Refused:
                if time.monotonic() > deadline:
                    raise
            time.sleep(1)

    def json(self, *words, **options):
        """The JSON object that words print in the container; options as of `run`."""
        return json.loads(self.run(*words, **options))

    def show(self, *words):
        """Lets words print to our own output; returns their exit code."""
        return subprocess.run(self.command(*words), stdin=subprocess.DEVNULL).returncode
