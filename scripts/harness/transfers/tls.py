"""Our agents through TLS with each other, with stock stunnel and rsync at either end, and through proxies."""

import contextlib
import os

from harness.cases import Case, check, check_equal_trees
from harness.programs import peers
from harness.programs.processes import run
from harness.trees import compare


class Ends:
    """A target and the way to push to it. `source` and `target` are "dvm" or "stock"; with `--stock` both are stock."""

    def __init__(self, setting, directory, source="dvm", target="dvm", certificate=None, module_extra="", path=None,
                 serve=(), prefix=(), env=None):
        self.setting, self.directory, self.serve, self.prefix, self.env = setting, directory, serve, prefix, env
        self.source = "stock" if setting.stock else source
        self.target_kind = "stock" if setting.stock else target
        self.certificate, self.module_extra = certificate, module_extra
        self.target = path or os.path.join(directory, "target")

    def __enter__(self):
        os.makedirs(self.target, exist_ok=True)
        self.stack, keys, volumes = contextlib.ExitStack(), self.setting.keys, {"data": self.target}
        self.nothing_there = peers.free_port()
        if self.target_kind == "dvm":
            server = peers.dvm_target(self.directory, keys, volumes, self.certificate, plain=True, options=self.serve)
            server.argv, server.env = [*self.prefix, *server.argv], self.env
            self.stack.enter_context(server)
            self.servers, self.port, self.plain_port = [server], server.port, server.plain_port
        else:
            modules = {"data": (self.target, self.module_extra)}
            daemon = self.stack.enter_context(
                peers.rsync_daemon(peers.STOCK_RSYNC, self.directory, modules, keys.credentials))
            tls = self.stack.enter_context(peers.stunnel_server(self.directory, keys, daemon.port, self.certificate))
            self.servers, self.port, self.plain_port = [daemon, tls], tls.port, daemon.port
        return self

    def __exit__(self, *details):
        self.stack.close()

    def push(self, source, *options, port=None, proxy=None, timeout=120, kill_after=None, prefix=(), **more):
        """Runs the source once, to `port` or the target's own, and returns its outcome."""
        keys, port = self.setting.keys, port or self.port
        if self.source == "dvm":
            if proxy:
                options += ("--proxy", f"http://{peers.USER}:proxy-secret@127.0.0.1:{proxy}")
            argv = peers.dvm_source(keys, source, port, "--delete", *options, **more)
            return run([*prefix, *argv], timeout, kill_after=kill_after)
        volume, password = more.get("volume", "data"), more.get("password")
        with peers.stunnel_client(self.directory, keys, port, proxy) as near:
            argv = peers.stock_push(keys, source, near.port, "-S", *options, volume=volume, password=password)
            return run([*prefix, *argv], timeout, kill_after=kill_after)


def move_both_versions(ends, setting, *options, **more):
    """Pushes the tree and then its edited form and compares after each, holes included."""
    for step, (source, manifest) in enumerate(setting.trees):
        outcome, name = ends.push(source, *options, **more), ("first copy", "after edits")[step]
        check(outcome.code == 0, f"{name}: {outcome}", *(server.log_text()[-600:] for server in ends.servers))
        check_equal_trees(compare.compare(manifest, ends.target, sparse=True), name)


def _pair(source, target):
    def body(setting, directory):
        with Ends(setting, directory, source, target) as ends:
            move_both_versions(ends, setting)
    return body


def _relay(near, far):
    """Stock rsync at both ends, with dvm-stunnel at one or both."""
    def body(setting, directory):
        with contextlib.ExitStack() as stack:
            keys, target = setting.keys, os.path.join(directory, "target")
            os.makedirs(target)
            daemon = stack.enter_context(
                peers.rsync_daemon(peers.STOCK_RSYNC, directory, {"data": (target, "")}, keys.credentials))
            server = stack.enter_context(peers.stunnel_server(directory, keys, daemon.port, program=far))
            client = stack.enter_context(peers.stunnel_client(directory, keys, server.port, program=near))
            for step, (source, manifest) in enumerate(setting.trees):
                outcome = run(peers.stock_push(keys, source, client.port, "-S"), 120)
                check(outcome.code == 0, f"{outcome}", client.log_text()[-400:], server.log_text()[-400:])
                check_equal_trees(compare.compare(manifest, target, sparse=True), ("first copy", "after edits")[step])
    return body


def _proxy(start):
    def body(setting, directory):
        with start(directory) as proxy, Ends(setting, directory) as ends:
            move_both_versions(ends, setting, proxy=proxy.port)
    return body


def _compressed(choice):
    def body(setting, directory):
        if setting.stock:
            options = ["-z", f"--zc={choice}"]
        else:
            options = ["--compress", choice]
        with Ends(setting, directory) as ends:
            move_both_versions(ends, setting, *options)
    return body


def _proxy_refuses(setting, directory):
    """A wrong proxy password ends the transfer with one clear line."""
    with peers.tinyproxy(directory) as proxy, Ends(setting, directory) as ends:
        argv = peers.dvm_source(setting.keys, setting.trees[0][0], ends.port, "--proxy",
                                f"http://{peers.USER}:wrong@127.0.0.1:{proxy.port}")
        outcome = run(argv)
        check(outcome.code == 10 and b"DVM-1109" in outcome.err and len(outcome.lines()) in (1, 2), f"{outcome}")
        check(not os.listdir(ends.target), "something was written")


def tls_cases(setting_is_stock):
    """All TLS combinations that the documentation lists."""
    cases = [Case(f"tls/{source} to {target}", _pair(source, target))
             for source, target in (("dvm", "dvm"), ("dvm", "stock"), ("stock", "dvm"))]
    cases += [Case("tls/through tinyproxy", _proxy(peers.tinyproxy)), Case("tls/through squid", _proxy(peers.squid))]
    cases += [Case(f"tls/compressed {choice}", _compressed(choice)) for choice in ("zstd", "lz4")]
    if not setting_is_stock:
        cases += [Case("tls/dvm-stunnel to stunnel", _relay(peers.DVM_STUNNEL, "stunnel4")),
                  Case("tls/stunnel to dvm-stunnel", _relay("stunnel4", peers.DVM_STUNNEL))]
        cases.append(Case("tls/proxy refuses", _proxy_refuses))
    return cases
