"""Our programs and the stock ones, with the configuration each needs."""

import os
import stat
import subprocess

from harness.programs.processes import Server, free_port

# A case learns of a failure at once, also from an older dvm-source, which does not know the variable.
os.environ.setdefault("DVM_ATTEMPTS", "1")
REPOSITORY = os.path.abspath(__file__ + "/../../../..")
BUILT = os.path.join(REPOSITORY, ".build", "release")
STOCK_RSYNC = os.environ.get("STOCK_RSYNC", "/usr/bin/rsync")
OLDER_RSYNC = os.environ.get("OLDER_RSYNC", os.path.join(REPOSITORY, ".build", "older-rsync", "usr", "bin", "rsync"))
DVM_RSYNC = os.environ.get("DVM_RSYNC", os.path.join(BUILT, "dvm-rsync"))
DVM_SOURCE = os.environ.get("DVM_SOURCE", os.path.join(BUILT, "dvm-source"))
DVM_TARGET = os.environ.get("DVM_TARGET", os.path.join(BUILT, "dvm-target"))
DVM_STUNNEL = os.environ.get("DVM_STUNNEL", os.path.join(BUILT, "dvm-stunnel"))
DVM_BENCH = os.environ.get("DVM_BENCH", os.path.join(BUILT, "dvm-bench"))
USER, PASSWORD = "mover", "correct horse battery"


def insist_on(*programs):
    """Exits when programs are missing, and says how to build them."""
    missing = [path for path in programs if not os.access(path, os.X_OK)]
    if missing:
        raise SystemExit(f"not built: {', '.join(missing)}\nbuild with: swift build -c release")


def write(path, text, mode=0o644):
    """Writes a configuration file and returns its path."""
    with open(path, "w") as handle:
        handle.write(text)
    os.chmod(path, mode)
    return path


class Keys:
    """Certificates and credentials in a directory: a valid CA and server, and one certificate of each invalid kind."""

    def __init__(self, directory):
        os.makedirs(directory, exist_ok=True)
        self.directory = directory
        self.ca = self._authority("ca")
        self.other_ca = self._authority("other-ca")
        self.good = self._server("good", "DNS:localhost,IP:127.0.0.1")
        self.wrong_name = self._server("wrong-name", "DNS:elsewhere.example")
        self.expired = self._server("expired", "DNS:localhost,IP:127.0.0.1", ("20200101000000Z", "20210101000000Z"))
        self.credentials = write(f"{directory}/credentials", f"{USER}:{PASSWORD}\n", 0o600)
        self.password = write(f"{directory}/password", PASSWORD + "\n", 0o600)
        self.wrong_password = write(f"{directory}/wrong-password", "nonsense\n", 0o600)

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.directory)

    def _authority(self, name):
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                      "-subj", f"/CN=dvm test {name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")
        return f"{self.directory}/{name}.pem"

    def _server(self, name, names, dates=None):
        """A key pair signed by the CA. `openssl ca` accepts a start and an end in the past."""
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=dvm test",
                      "-keyout", f"{name}.key", "-out", f"{name}.csr")
        write(f"{self.directory}/{name}.cnf", f"""[ca]
default_ca = here
[here]
database = {name}.index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = leaf
unique_subject = no
[any]
commonName = supplied
[leaf]
subjectAltName = {names}
basicConstraints = CA:FALSE
""")
        write(f"{self.directory}/{name}.index", "")
        dates = ["-startdate", dates[0], "-enddate", dates[1]] if dates else ["-days", "20"]
        self._openssl("ca", "-batch", "-notext", "-config", f"{name}.cnf", "-cert", "ca.pem", "-keyfile", "ca.key",
                      *dates, "-in", f"{name}.csr", "-out", f"{name}.pem")
        return f"{self.directory}/{name}.pem", f"{self.directory}/{name}.key"


def rsync_daemon(program, directory, modules, secrets, label="rsyncd"):
    """A daemon by an rsyncd.conf. `modules` maps a name to (path, extra lines); all request a password."""
    port = free_port()
    text = f"address = 127.0.0.1\nport = {port}\nlog file = {directory}/{label}.log\npid file = {directory}/{label}.pid\n"
    for name, (path, extra) in modules.items():
        text += (f"\n[{name}]\npath = {path}\nread only = no\nuid = root\ngid = root\nuse chroot = yes\n"
                 f"munge symlinks = no\nnumeric ids = yes\nauth users = {USER}\nsecrets file = {secrets}\n{extra}\n")
    configuration = write(f"{directory}/{label}.conf", text)
    return Server([program, "--daemon", "--no-detach", f"--config={configuration}", f"--port={port}"], port,
                  f"{directory}/{label}.out")


def stunnel(directory, label, text, service, program="stunnel4"):
    """A stunnel with one service, in the foreground; `program` may be dvm-stunnel."""
    port = free_port()
    configuration = write(f"{directory}/{label}.conf", f"foreground = yes\npid =\n{text}\n[{label}]\n"
                          f"accept = 127.0.0.1:{port}\n{service}\n")
    return Server([program, configuration], port, f"{directory}/{label}.out")


def stunnel_server(directory, keys, to_port, certificate=None, label="tls-server", text="",
                   program="stunnel4"):
    """Accepts TLS and forwards the plain bytes to a local port."""
    pem, key = certificate or keys.good
    return stunnel(directory, label, text, f"connect = 127.0.0.1:{to_port}\ncert = {pem}\nkey = {key}",
                   program)


def stunnel_client(directory, keys, to_port, proxy=None, label="tls-client", text="", program="stunnel4"):
    """Accepts plain bytes and forwards them in TLS to a local port, optionally through a proxy."""
    service = f"client = yes\nCAfile = {keys.ca}\nverifyChain = yes\ncheckHost = localhost\nsni = localhost\n"
    if proxy:
        service += (f"connect = 127.0.0.1:{proxy}\nprotocol = connect\nprotocolHost = localhost:{to_port}\n"
                    f"protocolUsername = {USER}\nprotocolPassword = proxy-secret")
    else:
        service += f"connect = 127.0.0.1:{to_port}"
    return stunnel(directory, label, text, service, program)


def dvm_target(directory, keys, volumes, certificate=None, plain=False, label="dvm-target", options=()):
    """Our target agent. With `plain` it listens without TLS on `server.plain_port` too."""
    port = free_port()
    pem, key = certificate or keys.good
    argv = [DVM_TARGET, "serve", "--listen", f"127.0.0.1:{port}", "--certificate", pem, "--private-key", key,
            "--credentials", keys.credentials, *options]
    plain_port = free_port()
    if plain:
        argv += ["--listen-plain", f"127.0.0.1:{plain_port}"]
    for name, path in volumes.items():
        argv += ["--volume", f"{name}={path}"]
    server = Server(argv, port, f"{directory}/{label}.out")
    server.plain_port = plain_port
    return server


def dvm_source(keys, source, port, *options, volume="data", ca=None, password=None, host="127.0.0.1",
               name="localhost"):
    """The command line of our source agent."""
    return [DVM_SOURCE, "transfer", "--volume", f"{volume}={source}", "--target", f"{host}:{port}",
            "--ca", ca or keys.ca, "--server-name", name, "--user", USER, "--password-file", password or keys.password,
            "--progress", "none", *options]


def stock_push(keys, source, port, *options, volume="data", password=None):
    """Stock rsync's command line for the same job, through a plain port on this machine."""
    return [STOCK_RSYNC, "-aH", "--delete", f"--password-file={password or keys.password}", *options, f"{source}/",
            f"rsync://{USER}@127.0.0.1:{port}/{volume}/"]


def tinyproxy(directory):
    """A proxy that requests basic authentication."""
    port = free_port()
    configuration = write(f"{directory}/tinyproxy.conf", f"Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\n"
                          f"Allow 127.0.0.1\nBasicAuth {USER} proxy-secret\nLogFile \"{directory}/tinyproxy.log\"\n")
    os.chmod(directory, stat.S_IMODE(os.stat(directory).st_mode) | 0o011)
    return Server(["tinyproxy", "-d", "-c", configuration], port, f"{directory}/tinyproxy.out")


def squid(directory):
    """A second proxy that requests basic authentication."""
    port = free_port()
    digest = subprocess.run(["openssl", "passwd", "-apr1", "proxy-secret"], capture_output=True, text=True, check=True)
    users = write(f"{directory}/squid.users", f"{USER}:{digest.stdout}")
    configuration = write(f"{directory}/squid.conf", f"""http_port 127.0.0.1:{port}
auth_param basic program /usr/lib/squid/basic_ncsa_auth {users}
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
cache deny all
access_log none
cache_log /dev/null
pid_filename none
coredump_dir /tmp
shutdown_lifetime 0 seconds
netdb_filename none
pinger_enable off
""")
    return Server(["squid", "-N", "-n", f"dvm{port}", "-f", configuration], port, f"{directory}/squid.out")


def version(program):
    """The highest protocol version of a stock rsync, from its --version."""
    words = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.split()
    return int(words[words.index("protocol") + 2])
