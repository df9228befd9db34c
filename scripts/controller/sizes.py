"""Advice on the sizes of the target's claims: what today's controller would propose, what a forecast says, and what is there."""


def advise(source, target, volumes, file_system, threshold):
    """Measures each volume at both ends, prints advice, and returns the names of those that do not fit.

    `volumes` are names that both pods mount below /mnt."""
    tight = []
    for name in volumes:
        path = f"/mnt/{name}"
        there = target.json("dvm-target", "capacity", path, "--json", accepted=(0, 1))
        needed = source.json("dvm-source", "capacity", path, "--target-file-system", file_system, "--provisioned",
                             str(there["totalBytes"]), "--json", accepted=(0, 1), patience=None)
        if not _fits(target, path, name, needed["neededBytes"]):
            tight.append(name)
            _propose(name, needed["proposed"])
        print(f"{name}: the rule of today's controller: {_rule(source, path, there['totalBytes'], threshold)}")
    return tight


def _fits(target, path, name, needed):
    """Whether the target's volume can hold so many bytes altogether, by its agent's own answer."""
    answer = target.json("dvm-target", "capacity", path, "--needs", str(needed), "--json", accepted=(0, 1))
    verdict = "enough" if answer["fits"] else "not enough"
    print(f"{name}: needs {_mebibytes(needed)}, the target's {answer['fileSystem']} of {_mebibytes(answer['totalBytes'])} can hold "
          f"{_mebibytes(answer['capacityBytes'])}: {verdict}")
    return answer["fits"]


def _propose(name, size):
    print(f"{name}: request {size}, then wait until the file system has grown:\n"
          f"    kubectl patch pvc {name} -p '{{\"spec\":{{\"resources\":{{\"requests\":{{\"storage\":\"{size}\"}}}}}}}}'")


def _rule(source, path, provisioned, threshold):
    """The size by the contract's rule (docs/transfer-pods.md, 7.3), from df at the source."""
    header, line = source.run("df", "-BMB", path).splitlines()[:2]
    size, _, _, percent = line.split()[1:5]
    answer = source.json("dvm-source", "capacity", "--rule", "--usage-percent", percent.rstrip("%"), "--measured", size.replace("MB", "M"),
                         "--requested", str(provisioned), "--provisioned", str(provisioned), "--threshold", str(threshold), "--json",
                         accepted=(0, 1))
    return f"{answer['proposed']} ({answer['reason']})"


def _mebibytes(count):
    return f"{count / 2**20:.1f}Mi"
