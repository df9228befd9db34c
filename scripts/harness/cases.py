"""A case is a name and a function. Cases run in parallel processes, each in a directory of its own."""

import concurrent.futures
import fnmatch
import multiprocessing
import os
import shutil
import time
import traceback
from dataclasses import dataclass
from typing import Callable


class Failure(Exception):
    """What a case found wrong: one text per finding."""

    def __init__(self, *findings):
        super().__init__("; ".join(map(str, findings)))
        self.findings = [str(finding) for finding in findings]


class Skipped(Exception):
    """The case cannot run here, and why."""


@dataclass
class Case:
    """`body` takes the shared setting and the case's own directory; it returns a short note or None."""
    name: str
    body: Callable

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


def _run_one(index):
    case, start = _cases[index], time.monotonic()
    folder = os.path.join(_root, f"case{index}")
    os.makedirs(folder)
    status, detail = "pass", ""
    try:
        detail = case.body(_setting, folder) or ""
    except Failure as failure:
        status, detail = "FAIL", "\n      ".join(failure.findings)
    except Skipped as reason:
        status, detail = "skip", str(reason)
    except Exception:
        status, detail = "FAIL", traceback.format_exc()
    shutil.rmtree(folder, ignore_errors=True)
    return Result(case.name, status, time.monotonic() - start, detail)


def run_cases(cases, setting, root, only=None, jobs=None, keep_going=True):
    """Runs the cases whose name contains (or matches) `only`, printing each as it ends. Returns all results."""
    global _cases, _setting, _root
    chosen = [case for case in cases if not only or only in case.name or fnmatch.fnmatchcase(case.name, only)]
    _cases, _setting, _root = chosen, setting, root
    results = []
    jobs = min(jobs or os.cpu_count() or 1, max(1, len(chosen)))
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context) as pool:
        futures = [pool.submit(_run_one, index) for index in range(len(chosen))]
        for future in concurrent.futures.as_completed(futures):
            result = future.result()
            results.append(result)
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
