"""The delta library compared with rdiff(1) on one file of 512 MiB and its edited copy: signature, delta and patch of each with its
own formats and defaults. rdiff takes 32-byte BLAKE2 sums, ours are XXH3 sums as short as rsync keeps them."""

import os
import subprocess
import time

from harness.measuring import versus
from harness.programs import peers
from harness.programs.processes import MemoryWatch

RDIFF = "rdiff"
GOALS = {"rdiff-signature": 3.0, "rdiff-delta": 3.0, "rdiff-patch": 1.0}


def _files(bench, who):
    """The paths of a contender: inputs and outputs."""
    made = {part: f"{bench.root}/{who}.{part}" for part in ("signature", "delta", "patched")}
    return {"basis": f"{bench.volume('large')}/disk0.img", "new": f"{bench.volume('edited')}/disk0.img", **made}


def _words(step, path):
    """The arguments of a step: the same for both programs."""
    return {"signature": [path["basis"], path["signature"]],
            "delta": [path["signature"], path["new"], path["delta"]],
            "patch": [path["basis"], path["delta"], path["patched"]]}[step]


OUTPUTS = {"signature": "signature", "delta": "delta", "patch": "patched"}


def run_step(program, step, path):
    """Runs one step without old output files, and returns its cost."""
    output = path[OUTPUTS[step]]
    if os.path.exists(output):
        os.unlink(output)
    begin = time.monotonic()
    process = subprocess.Popen([*program, step, *_words(step, path)])
    with MemoryWatch([process.pid], interval=0.005) as memory:
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{program[0]} {step} ended with {process.returncode}")
    return {"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime, "output_bytes": os.stat(output).st_size,
            "peak_kib": memory.peak_sum, "largest_kib": max(memory.peak_each.values(), default=0)}


def _contender(who, program):
    def run(bench, step):
        path = _files(bench, who)
        for earlier in ("signature", "delta"):
            if earlier != step and not os.path.exists(path[earlier]):
                run_step(program, earlier, path)
            if earlier == step:
                break
        sample = run_step(program, step, path)
        if step == "patch" and subprocess.run(["cmp", path["new"], path["patched"]]).returncode:
            raise SystemExit(f"{program[0]} did not rebuild the file")
        return sample
    return run


CASES = {name: {"dvm": _contender("dvm", [peers.DVM_BENCH, "delta"]), "stock": _contender("stock", [RDIFF])}
         for name in GOALS}


def run_case(bench, name, names, runs):
    """Alternates the contenders `runs` times and returns every sample of each."""
    step = name.partition("-")[2]
    contenders = {who: body for who, body in versus.rivals(CASES[name], bench.switch).items() if who in names}
    samples = {who: [] for who in contenders}
    for turn in range(runs):
        for who in (list(contenders) if turn % 2 == 0 else list(reversed(contenders))):
            samples[who].append(contenders[who](bench, step))
            size = samples[who][-1]["output_bytes"]
            print(f"  {name} {who}: {samples[who][-1]['seconds']:.2f} s, {size:,} bytes", flush=True)
    return samples
