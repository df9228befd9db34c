"""The behaviour of stock stunnel, tinyproxy and rsync with the files of a transfer pod (contract 1 and 3)."""

import base64
import contextlib
import os
import socket
import ssl
import subprocess
import threading
import time

from facts.lab import OWNER, expect, expect_in, fact

SUBJECT = "/CN=openshift.io/C=US/ST=NC/L=RDU/O=Migration Engineering/OU=Engineering"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificate(lab):
    """One self-signed certificate that is both CA and leaf, without alternative names."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", SUBJECT,
                    "-keyout", lab.path("tls.key"), "-out", lab.path("tls.crt"), "-addext", "basicConstraints=critical,CA:TRUE",
                    "-addext", "keyUsage=digitalSignature,keyCertSign"], check=True, capture_output=True)


def ready(port):
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)


@contextlib.contextmanager
def stunnel(lab, text, port=None):
    """stunnel4 with a configuration; waits until it listens."""
    path = lab.write("stunnel.conf", "foreground = yes\npid =\nsyslog = no\n" + text)
    process = subprocess.Popen(["stunnel4", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=lab.root)
    try:
        if port:
            ready(port)
        yield process
    finally:
        process.terminate()
        process.wait()


def client(lab, port, lines):
    return stunnel(lab, f"client = yes\nsslVersion = TLSv1.2\n[rsync]\naccept = 127.0.0.1:{port}\n"
                        f"cert = {lab.path('tls.crt')}\nkey = {lab.path('tls.key')}\n{lines}\n", port)


class Listener(threading.Thread):
    """Accepts one connection, answers a CONNECT as a proxy, and performs TLS: what came before it, SNI and version."""

    def __init__(self, lab, reply=None, minimum=ssl.TLSVersion.TLSv1_2):
        super().__init__(daemon=True)
        self.reply, self.request, self.name, self.version = reply, b"", None, None
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = minimum
        self.context.load_cert_chain(lab.path("tls.crt"), lab.path("tls.key"))
        self.context.sni_callback = lambda _, name, __: setattr(self, "name", name)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            self.socket.settimeout(10)
            while True:
                plain, _ = self.socket.accept()
                plain.settimeout(10)
                if self.reply is not None:
                    request = b""
                    while b"\r\n\r\n" not in request and (part := plain.recv(1000)):
                        request += part
                    self.request = request or self.request
                    plain.sendall(self.reply)
                with contextlib.suppress(OSError), self.context.wrap_socket(plain, server_side=True) as tls:
                    self.version = tls.version()
                    tls.sendall(b"hello from behind")


def through(port):
    """What a connection to the client's port receives."""
    received = b""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        while part := link.recv(1000):
            received += part
    return received


@fact("contract 3.1", "sslVersion = TLSv1.2 means exactly that version, at both of its ends")
def version(lab):
    certificate(lab)
    for minimum, text in ((ssl.TLSVersion.TLSv1_2, b"hello from behind"), (ssl.TLSVersion.TLSv1_3, b"")):
        behind, port = Listener(lab, minimum=minimum), free_port()
        with client(lab, port, f"connect = 127.0.0.1:{behind.port}"):
            expect(str(minimum), through(port), text)
        behind.socket.close()


@fact("contract 3.3", "verify = 2 without CAfile: stunnel does not start")
def verification(lab):
    certificate(lab)
    with stunnel(lab, f"client = yes\n[rsync]\naccept = 127.0.0.1:{free_port()}\nconnect = 127.0.0.1:1\nverify = 2\n") as process:
        expect("ends", process.wait(10) != 0, True)
        expect_in("text", "CAfile", process.stdout.read().decode())


@fact("contract 3.4", "the request to a proxy: CONNECT, Host, and basic authentication only with user and password")
def proxy_request(lab):
    certificate(lab)
    for extra, header in (("", None), ("protocolUsername = user", None), (
            "protocolUsername = user\nprotocolPassword = pass", base64.b64encode(b"user:pass").decode())):
        proxy, port = Listener(lab, b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n"), free_port()
        with client(lab, port, f"protocol = connect\nprotocolHost = route.example:443\nconnect = 127.0.0.1:{proxy.port}\n{extra}"):
            expect("text", through(port), b"hello from behind")
        lines = proxy.request.decode().split("\r\n")
        expect("first line", lines[0], "CONNECT route.example:443 HTTP/1.1")
        expect_in("host", "Host: route.example:443", lines)
        sent = [line for line in lines if line.lower().startswith("proxy-authorization")]
        expect("authorization", [line.lower() for line in sent], [f"proxy-authorization: basic {header.lower()}"] if header else [])
        expect("name in TLS (contract 3.5)", proxy.name, "route.example")
        proxy.socket.close()


@fact("contract 3.4", "a reply of any status 2xx opens the tunnel, HTTP/1.0 and 1.1; any other ends it")
def proxy_reply(lab):
    certificate(lab)
    for reply, good in ((b"HTTP/1.0 200 Connection established\r\n\r\n", True), (b"HTTP/1.1 299 Odd\r\n\r\n", True),
                        (b"HTTP/1.1 407 Authenticate\r\n\r\n", False), (b"HTTP/1.1 302 Found\r\n\r\n", False)):
        proxy, port = Listener(lab, reply), free_port()
        with client(lab, port, f"protocol = connect\nprotocolHost = route.example:443\nconnect = 127.0.0.1:{proxy.port}"):
            expect(reply.decode(), through(port) == b"hello from behind", good)
        proxy.socket.close()


@fact("contract 3.5", "without sni the name in TLS is that of connect, without its port")
def default_name(lab):
    certificate(lab)
    behind, port = Listener(lab), free_port()
    with client(lab, port, f"connect = localhost:{behind.port}"):
        through(port)
    expect("name", behind.name, "localhost")


@fact("contract 3.2",
      "TIMEOUTclose = 0: after the peer's close_notify stunnel may drop what is still on its way to the peer")
def close_at_once(lab):
    certificate(lab)
    size = 32 << 20
    expect("all arrives without the line", received(lab, size, "") >= size, True)
    # It is a race between the two directions of the relay: about every second run loses something.
    lost = any(received(lab, size, "TIMEOUTclose = 0") < size for _ in range(30))
    expect("something was dropped in one of thirty runs", lost, True)


def received(lab, size, line):
    """The data received through a stunnel server from a program that sends most of its bytes after our end of file."""
    sender, port = socket.create_server(("127.0.0.1", 0)), free_port()

    def send():
        with contextlib.suppress(OSError):
            link, _ = sender.accept()
            with link:
                link.sendall(b"a first byte")
                while link.recv(1000):
                    pass
                link.sendall(bytes(size))

    threading.Thread(target=send, daemon=True).start()
    with stunnel(lab, f"sslVersion = TLSv1.2\n[rsync]\naccept = 127.0.0.1:{port}\ncert = {lab.path('tls.crt')}\n"
                      f"key = {lab.path('tls.key')}\nconnect = 127.0.0.1:{sender.getsockname()[1]}\n{line}\n") as process:
        any(b"Configuration successful" in text for text in process.stdout)
        context = ssl._create_unverified_context()
        with sender, socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            return exchange(plain, context.wrap_bio(incoming, outgoing), incoming, outgoing)


def exchange(plain, tls, incoming, outgoing):
    """Performs the handshake, reads a little, sends close_notify, and counts the remaining bytes, still encrypted."""
    count, said = 0, False
    while not said:
        try:
            tls.do_handshake()
            tls.read(1000)
            said = True
            with contextlib.suppress(ssl.SSLError):
                tls.unwrap()
            plain.sendall(outgoing.read())
        except ssl.SSLWantReadError:
            plain.sendall(outgoing.read())
            part = plain.recv(65536)
            count += len(part)
            incoming.write(part)
    with contextlib.suppress(OSError):
        while part := plain.recv(65536):
            count += len(part)
    return count


@fact("contract 3.4", "tinyproxy answers a missing password with 407 and a wrong one with 401")
def tinyproxy(lab):
    port = free_port()
    path = lab.write("tinyproxy.conf", f"Port {port}\nListen 127.0.0.1\nBasicAuth user pass\nLogFile \"{lab.path('log')}\"\n")
    process = subprocess.Popen(["tinyproxy", "-d", "-c", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ready(port)
        for header, status in (("", "407"), ("Proxy-Authorization: Basic " + base64.b64encode(b"user:no").decode() + "\r\n", "401")):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
                link.sendall(f"CONNECT example:443 HTTP/1.1\r\nHost: example:443\r\n{header}\r\n".encode())
                expect(f"with {header!r}", link.recv(1000).split()[1].decode(), status)
    finally:
        process.terminate()
        process.wait()


@fact("contract 1.1", "--delete without --recursive is refused by rsync")
def delete_alone(lab):
    lab.write("a/f")
    expect("exit code", lab.run("--delete", "a/", "to/").code, 1)


@fact("contract 6.2",
      "a receiver without root fails on times and mode of a root directory that is not its own; -O saves "
      "the times only")
def foreign_root(lab):
    lab.write("a/f")
    os.utime(lab.path("a"), (1, 1))
    os.chmod(lab.path("a"), 0o755)
    for options, mode, code in (("-rt", 0o777, 23), ("-rtO", 0o777, 0), ("-rptO", 0o777, 23), ("-rlptgoDO", 0o777, 23)):
        os.chmod(lab.directory("to"), mode)
        expect(options, lab.remote(options, "a/", "h:to/", user=OWNER).code, code)
