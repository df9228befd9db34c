"""One random tree, option set, direction and transport, and its runs with stock rsync and ours in each role."""

import os
from dataclasses import dataclass, replace

from harness.differential import printed, trees
from harness.programs import peers
from harness.programs.processes import run

# The code of a run that did not end in time.
UNFINISHED = 999


@dataclass
class Trial:
    """`source` is what `src` holds, `others` what `dst`, `other` and `other2` hold before each run."""
    setting: object
    directory: str
    state: object
    arguments: list
    sources: list
    target: str
    source: dict
    others: list

    def outcome(self, client, server):
        """One run, by exit code, printed lines, errors and trees."""
        place = f"{self.directory}/{client}-{server}"
        os.makedirs(place)
        os.chmod(self.directory, 0o777)
        self._prepare(place)
        found = run(self._command(place, client, server), cwd=place, timeout=60)
        err = found.err.replace(os.fsencode(place), b"@")
        lines = printed.comparable(found.out, place, self.arguments)
        # A tree that is copied into itself may be very deep by the time a run is ended.
        names = () if found.code == UNFINISHED else ("src", "dst", "other", "kept", "part", "temp")
        return {"code": found.code, "lines": lines, "err": err, "trees": {name: _tree(f"{place}/{name}") for name in names}}

    def instead(self, arguments, transport, direction=None):
        """The same with other arguments, or by another transport in another direction, in a place of its own."""
        state = replace(self.state, transport=transport, direction=direction or self.state.direction)
        return replace(self, directory=f"{self.directory}/instead", arguments=arguments, state=state)

    def _prepare(self, place):
        state, owner = self.state, None if self.state.is_root else (1000, 1000)
        os.chown(place, *(owner or (0, 0)))
        is_own = state.direction == "push" or state.transport != "daemon"
        trees.write(f"{place}/src", self.source, owner if is_own else None)
        for name, tree in zip(("dst", "other", "other2"), self.others):
            trees.write(f"{place}/{name}", tree, owner)
        for name in ("temp", "part"):
            os.mkdir(f"{place}/{name}")
            os.chown(f"{place}/{name}", *(owner or (0, 0)))
        for name, text in state.files.items():
            with open(f"{place}/{name}", "w") as handle:
                handle.write(text)

    def _command(self, place, client, server):
        setting, state = self.setting, self.state
        programs = {"stock": peers.STOCK_RSYNC, "ours": peers.DVM_RSYNC}
        argv = [] if state.is_root else ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"]
        shown = f"/{os.path.relpath(place, setting.root)}"
        own = shown if state.transport == "daemon" and state.direction == "push" else place
        there = shown if state.transport == "daemon" else place
        argv += [programs[client], *(word.replace("=@/", f"={own}/").replace("=:@/", f"=:{there}/") for word in self.arguments)]
        if state.transport == "local":
            return [*argv, *self.sources, self.target]
        if state.transport == "shell":
            argv += ["-e", setting.shell, f"--rsync-path={programs[server]}"]
            prefix = "nowhere:"
        else:
            argv += ["--password-file=password"]
            peers.write(f"{place}/password", peers.PASSWORD + "\n", 0o600)
            if not state.is_root:
                os.chown(f"{place}/password", 1000, 1000)
            daemon = setting.stock_daemon if server == "stock" else setting.our_daemon
            prefix = f"rsync://{peers.USER}@127.0.0.1:{daemon.port}/trees{shown}/"
        if state.direction == "push":
            return [*argv, *self.sources, prefix + self.target]
        return [*argv, *(prefix + path for path in self.sources), self.target]


def _tree(root):
    """A tree as `read` describes it, with one name for the place of all runs in its paths (`--relative`)."""
    found = {printed.PLACE.sub(b"@", path): entry for path, entry in trees.read(root).items()}
    for entry in found.values():
        entry["links"] = [printed.PLACE.sub(b"@", path) for path in entry.get("links", [])]
    return found
