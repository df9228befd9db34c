"""The certificate and the password that the two pods share."""

import os
import secrets
import subprocess

USER = "root"


def make_keys(directory):
    """Writes the files of the Secrets into the Kustomize bases below a directory; existing ones are kept.

    The certificate is self-signed and has no alternative names: the source trusts this one alone, by whatever name it reaches the target."""
    source, target = (os.path.join(directory, "base", side, "keys") for side in ("source", "target"))
    names = [f"{target}/tls.crt", f"{target}/tls.key", f"{target}/users", f"{source}/ca.crt", f"{source}/password"]
    there = [name for name in names if os.path.exists(name)]
    if there:
        raise SystemExit(f"controller: {there[0]} exists: remove the directories keys to make new ones")
    for each in (source, target):
        os.makedirs(each, mode=0o700, exist_ok=True)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90", "-subj",
                    "/CN=dvm-target", "-keyout", f"{target}/tls.key", "-out", f"{target}/tls.crt"], check=True, capture_output=True)
    with open(f"{target}/tls.crt", encoding="ascii") as certificate:
        _write(f"{source}/ca.crt", certificate.read())
    password = secrets.token_urlsafe(32)
    _write(f"{source}/password", password)
    _write(f"{target}/users", f"{USER}:{password}\n")


def _write(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as handle:
        handle.write(text)
