"""Scripted peers: rsync's daemon protocol 30 and the control channel, inside TLS or plain."""

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import ssl
import struct

from harness.programs import peers
from harness.programs.background import Listening

DATA, ERROR_XFER, ERROR = 7, 8, 10


def varint(value):
    """A varint (protocol specification, session 5.2) of a number from 0 to 2^31-1."""
    body = value.to_bytes((value.bit_length() + 7) // 8 or 1, "little")
    extra = len(body) - 1
    if body[-1] < 1 << (7 - extra):
        return bytes([(0xFF00 >> extra) & 0xFF | body[-1]]) + body[:-1]
    return bytes([(0xFF00 >> (extra + 1)) & 0xFF]) + body


def varlong(value, least):
    """A varlong of at least this many bytes (session 5.3)."""
    body = value.to_bytes(max(least, (value.bit_length() + 7) // 8), "little")
    extra = len(body) - least
    if body[-1] < 1 << (7 - extra):
        return bytes([(0xFF00 >> extra) & 0xFF | body[-1]]) + body[:-1]
    return bytes([(0xFF00 >> (extra + 1)) & 0xFF]) + body


def entry(name, mode, size=0, owner=None):
    """A file list's entry with one byte of flags; `owner` is a uid and gid where the options carry them."""
    ids = varint(owner) + varint(owner) if owner is not None else b""
    return bytes([1, len(name)]) + name + varlong(size, 3) + varlong(10**9, 4) + struct.pack("<I", mode) + ids


def zstd_zeros(blocks):
    """A zstd stream of this many blocks of 128 KiB zeros, four bytes each; it is not ended, as rsync's never is."""
    return b"\x28\xb5\x2f\xfd\x00\x38" + (131072 << 3 | 1 << 1).to_bytes(3, "little").ljust(4, b"\0") * blocks


def compressed(data):
    """Compressed data in the chunks of transfer 13.2, and the end."""
    chunks = [data[start:start + 16383] for start in range(0, len(data), 16383)]
    return b"".join(bytes([0x40 | len(chunk) >> 8, len(chunk) & 0xFF]) + chunk for chunk in chunks) + b"\0"


class Talk:
    """One side of a daemon session on a socket: lines first, frames later."""

    def __init__(self, stream):
        self.stream, self.buffer, self.unread, self.words = stream, b"", b"", []

    def line(self):
        while b"\n" not in self.buffer:
            self._fill()
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode()

    def raw(self, count):
        while len(self.buffer) < count:
            self._fill()
        piece, self.buffer = self.buffer[:count], self.buffer[count:]
        return piece

    def _fill(self):
        data = self.stream.recv(65536)
        if not data:
            raise EOFError("the peer has closed")
        self.buffer += data

    def send(self, data):
        """Sends bytes of the stream in frames."""
        for start in range(0, len(data), 1 << 15):
            piece = data[start:start + (1 << 15)]
            self.stream.sendall(struct.pack("<I", DATA << 24 | len(piece)) + piece)

    def frame(self):
        """The next frame: its tag and payload; texts are kept in `words`."""
        head = struct.unpack("<I", self.raw(4))[0]
        payload = self.raw(head & 0xFFFFFF)
        if head >> 24 in (ERROR_XFER, ERROR, 11):
            self.words.append(payload.decode(errors="replace"))
        return head >> 24, payload

    def data(self, count):
        """The next bytes of the stream."""
        while len(self.unread) < count:
            tag, payload = self.frame()
            if tag == DATA:
                self.unread += payload
        piece, self.unread = self.unread[:count], self.unread[count:]
        return piece

    def request(self):
        """Reads items up to the first that requests data: its sum head of four numbers; the sums are dropped."""
        while True:
            self.data(1)  # the index, one after the last
            flags = struct.unpack("<H", self.data(2))[0]
            if flags & 0x800:
                self.data(1)
            if flags & 0x8000:
                head = struct.unpack("<4i", self.data(16))
                self.data(head[0] * (4 + head[2]))
                return head


def push(port, keys, letters, *options, volume="data"):
    """Begins to push to a dvm-target: logs in, sends arguments, and returns the connection at the point where the file list is due."""
    context = ssl.create_default_context(cafile=keys.ca)
    stream = context.wrap_socket(socket.create_connection(("127.0.0.1", port), 30), server_hostname="localhost")
    talk = Talk(stream)
    talk.line()
    stream.sendall(f"@RSYNCD: 30.0 sha512\n{volume}\n".encode())
    challenge = talk.line().split()[-1]
    digest = hashlib.sha512((peers.PASSWORD + challenge).encode()).digest()
    stream.sendall(f"{peers.USER} {base64.b64encode(digest).decode().rstrip('=')}\n".encode())
    answer = talk.line()
    if answer != "@RSYNCD: OK":
        raise RuntimeError(f"not let in: {answer}")
    arguments = ["--server", letters, *options, ".", volume + "/", ""]
    stream.sendall(b"".join(argument.encode() + b"\0" for argument in arguments))
    talk.raw(1)  # compatibility flags below 0x80
    talk.raw(4)  # the seed
    return talk


class Target(Listening):
    """A TLS server on its own port that gives each connection to a function, in a thread.

    `converse` gets the connections that chose the control channel, `serve` the others; without `converse`, no ALPN protocol is selected."""

    def __init__(self, keys, serve, converse=None, receive_buffer=None):
        super().__init__(receive_buffer)
        self.play, self.converse, self.failures = serve, converse, []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*keys.good)
        if converse:
            self.context.set_alpn_protocols(["dvm/1"])

    def serve(self, stream):
        try:
            stream.settimeout(30)
            tunnel = self.context.wrap_socket(stream, server_side=True)
            work = self.converse if tunnel.selected_alpn_protocol() else self.play
            with tunnel:
                work(tunnel)
        except (OSError, EOFError) as error:
            self.failures.append(error)


def open_session(tunnel):
    """A server's part of protocol 30 without a password, up to where requests are due."""
    talk = Talk(tunnel)
    tunnel.sendall(b"@RSYNCD: 30.0\n")
    talk.line()
    talk.line()
    tunnel.sendall(b"@RSYNCD: OK\n")
    while b"\0\0" not in talk.buffer:
        talk._fill()
    talk.buffer = talk.buffer.partition(b"\0\0")[2]
    tunnel.sendall(b"\x00" + struct.pack("<I", 7))
    return talk


class Control:
    """A target's part of the control channel: the login, then one answer for each request, by name."""

    def __init__(self, answers):
        self.answers, self.asked = answers, []

    def __call__(self, tunnel):
        talk = Talk(tunnel)
        own = "c" * 64
        self._send(tunnel, {"dvm": 1, "challenge": own})
        login = self._message(talk)
        text = "\0".join(["dvm/1 target", login["user"], own, login["challenge"]])
        proof = hmac.new(peers.PASSWORD.encode(), text.encode(), hashlib.sha256).hexdigest()
        self._send(tunnel, {"proof": proof})
        with contextlib.suppress(EOFError):
            while True:
                request = self._message(talk)
                self.asked.append(request["request"])
                self._send(tunnel, self.answers.get(request["request"], {"error": "not known", "unknown": True}))

    @staticmethod
    def _send(tunnel, message):
        payload = json.dumps(message).encode()
        tunnel.sendall(struct.pack(">IB", len(payload), 1) + payload)

    @staticmethod
    def _message(talk):
        length, _ = struct.unpack(">IB", talk.raw(5))
        return json.loads(talk.raw(length))
