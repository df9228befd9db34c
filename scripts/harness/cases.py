"""A case is a name and a function. Cases run in parallel processes, each in its own directory. A list of cases can be
split into shards, and a run can be resumed where an earlier one ended."""

import collections
import concurrent.futures
import contextlib
import fnmatch
import hashlib
import json
import multiprocessing
import os
import shutil
import time
import traceback
from dataclasses import dataclass
from typing import Callable

from harness.programs.processes import remove


class Failure(Exception):
    """What a case found wrong: one text per finding."""

    def __init__(self, *findings):
        super().__init__("; ".join(map(str, findings)))
        self.findings = [str(finding) for finding in findings]


class Skipped(Exception):
    """The case cannot run here, and why."""


@dataclass
class Case:
    """`body` takes the shared setting and the case's own directory; it returns a short note or None. `cost` is about how many
    seconds it keeps a core busy, by which shards are balanced."""
    name: str
    body: Callable
    cost: float = 1

    @property
    def group(self):
        return self.name.split("/")[0]


@dataclass
class Result:
    name: str
    status: str
    seconds: float
    detail: str = ""


_cases, _setting, _root = [], None, ""


def check(condition, *findings):
    """Fails the case unless the condition holds."""
    if not condition:
        raise Failure(*findings)


def check_equal_trees(differences, what="trees differ"):
    """Fails the case when a comparison found something, showing the first of them."""
    if differences:
        raise Failure(f"{what}: {len(differences)} differences", *differences[:8])


def check_same_exit(stock, ours, where=""):
    """Fails the case when two programs ended with different codes."""
    if stock.code != ours.code:
        raise Failure(f"{where}exit code {ours.code}, stock {stock.code}", f"stock: {stock}", f"ours: {ours}")


def check_same_lines(stock, ours, where=""):
    """Fails the case when two programs printed different lines, in whatever order, showing the first of them."""
    theirs, mine = collections.Counter(stock), collections.Counter(ours)
    missing, added = theirs - mine, mine - theirs
    if missing or added:
        raise Failure(f"{where}printed lines differ", *[f"stock only: {line!r}" for line in sorted(missing)[:6]],
                      *[f"ours only: {line!r}" for line in sorted(added)[:6]])


def _run_one(index):
    case, start = _cases[index], time.monotonic()
    directory = os.path.join(_root, f"case{index}")
    os.makedirs(directory)
    status, detail = "pass", ""
    try:
        detail = case.body(_setting, directory) or ""
    except Failure as failure:
        status, detail = "FAIL", "\n      ".join(failure.findings)
    except Skipped as reason:
        status, detail = "skip", str(reason)
    except Exception:
        status, detail = "FAIL", traceback.format_exc()
    except SystemExit:  # the signal that ends the run; the case has cleaned up
        remove(directory)
        os._exit(143)
    remove(directory)
    return Result(case.name, status, time.monotonic() - start, detail)


def matching(cases, only):
    """The cases whose name contains (or matches) `only`; all of them without."""
    return [case for case in cases if not only or only in case.name or fnmatch.fnmatchcase(case.name, only)]


def few(cases, count):
    """`count` of the cases, evenly spaced, or all when they are no more."""
    return [cases[number * len(cases) // count] for number in range(count)] if len(cases) > count else cases


def shard(cases, number, count):
    """One of `count` parts of the cases, 1 being the first. All parts take about equally long together; each case is in one
    part, and in the same part whenever names and costs are the same."""
    parts, loads = [set() for _ in range(count)], [0.0] * count
    for case in sorted(cases, key=lambda case: (-case.cost, case.name)):
        lightest = loads.index(min(loads))
        parts[lightest].add(case.name)
        loads[lightest] += case.cost
    return [case for case in cases if case.name in parts[number - 1]]


class Record:
    """Results in a file, one line of JSON for each case that ended, with the programs and the seed that it ran with."""

    def __init__(self, path, programs):
        self.path, self.lines = path, []
        self.programs = hashlib.sha256(b"".join(map(_content, programs))).hexdigest()
        self.seed = None
        if os.path.exists(path):
            with open(path) as lines:
                self.lines = [line for line in map(_parsed, lines) if line]

    def last_seed(self):
        """The seed of the last case that ran with these programs; None when there is none."""
        seeds = [line["seed"] for line in self.lines if line["programs"] == self.programs]
        return seeds[-1] if seeds else None

    def left(self, cases):
        """The cases that have not passed with these programs and this seed."""
        passed = {line["case"] for line in self.lines
                  if (line["programs"], line["seed"], line["status"]) == (self.programs, self.seed, "pass")}
        return [case for case in cases if case.name not in passed]

    def add(self, result):
        """Appends a result; it is there once this returns, whatever becomes of the machine."""
        line = {"case": result.name, "status": result.status, "seconds": round(result.seconds, 1), "seed": self.seed,
                "programs": self.programs, "detail": result.detail}
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            # A run that was truncated in the middle of a line must not spoil the next one.
            end = os.lseek(handle, 0, os.SEEK_END)
            torn = end and os.pread(handle, 1, end - 1) != b"\n"
            os.write(handle, b"\n" * bool(torn) + json.dumps(line).encode() + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)


def _parsed(line):
    """A line of a record; None for one that was truncated."""
    try:
        return json.loads(line)
    except ValueError:
        return None


def _content(path):
    path = shutil.which(path) or path
    with open(path, "rb") as program:
        return hashlib.sha256(program.read()).digest()


@contextlib.contextmanager
def _stopping(pool):
    """When the run is ended by a signal, no further case begins, and those busy end after they have cleaned up."""
    try:
        yield
    except BaseException:
        workers = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.terminate()
        raise


def run_cases(chosen, setting, root, jobs=None, keep_going=True, record=None):
    """Runs the cases, printing and recording each as it ends. Returns all results."""
    global _cases, _setting, _root
    _cases, _setting, _root = chosen, setting, root
    results = []
    jobs = min(jobs or os.cpu_count() or 1, max(1, len(chosen)))
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context) as pool, _stopping(pool):
        futures = [pool.submit(_run_one, index) for index in range(len(chosen))]
        for future in concurrent.futures.as_completed(futures):
            result = future.result()
            results.append(result)
            if record:
                record.add(result)
            if result.status != "pass" or setting.verbose:
                print(f"  {result.status:4} {result.name} ({result.seconds:.1f} s) {result.detail}", flush=True)
            if result.status == "FAIL" and not keep_going:
                pool.shutdown(cancel_futures=True)
                break
    return results


def table(results):
    """Prints passes, failures and skips by group, and returns whether all was well."""
    groups = {}
    for result in results:
        count = groups.setdefault(result.name.split("/")[0], {"pass": 0, "FAIL": 0, "skip": 0, "seconds": 0.0})
        count[result.status] += 1
        count["seconds"] += result.seconds
    print(f"\n{'group':28} {'pass':>6} {'fail':>6} {'skip':>6} {'seconds':>8}")
    for name, count in sorted(groups.items()):
        print(f"{name:28} {count['pass']:6} {count['FAIL']:6} {count['skip']:6} {count['seconds']:8.1f}")
    total = {key: sum(count[key] for count in groups.values()) for key in ("pass", "FAIL", "skip")}
    print(f"{'all':28} {total['pass']:6} {total['FAIL']:6} {total['skip']:6}")
    return total["FAIL"] == 0 and total["pass"] > 0
