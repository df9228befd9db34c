"""What runs in the background of a case: work in a thread, a scripted server, and a relay."""

import contextlib
import socket
import threading


class Background:
    """Runs `work` in a thread while a `with` block runs; then sets `done` and joins the thread."""

    def __init__(self):
        self.done, self._threads = threading.Event(), []

    def works(self):
        """The functions that are run, each in a thread."""
        return [self.work]

    def work(self):
        """Runs until `done` is set."""
        raise NotImplementedError

    def __enter__(self):
        self._threads = [threading.Thread(target=work, daemon=True) for work in self.works()]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for thread in self._threads:
            thread.join()


class Listening:
    """Listens on a free local port; within `with`, `serve` gets each connection in a thread. An error of a connection ends only
    its own thread."""

    def __init__(self, receive_buffer=None):
        self.listener = socket.socket()
        if receive_buffer:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(128)
        self.port = self.listener.getsockname()[1]

    def serve(self, connection):
        """Handles one connection."""
        raise NotImplementedError

    def close(self):
        """Accepts no more connections; wakes the accepting thread."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError):
            self.serve(connection)


class Relay(Listening):
    """Forwards each connection to another local port; `carry` handles one direction of it."""

    def __init__(self, to_port):
        super().__init__()
        self.to_port = to_port

    def serve(self, connection):
        server = socket.create_connection(("127.0.0.1", self.to_port), 20)
        server.settimeout(None)
        for ends in ((connection, server, "server"), (server, connection, "client")):
            threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def carry(self, near, far, towards):
        """Forwards one direction to its end; `towards` is "server" or "client"."""
        self.forward(near, far)

    @staticmethod
    def forward(near, far):
        """Forwards all data, then the end of file."""
        with contextlib.suppress(OSError):
            while data := near.recv(1 << 16):
                far.sendall(data)
        with contextlib.suppress(OSError):
            far.shutdown(socket.SHUT_WR)

    def _carry(self, near, far, towards):
        with contextlib.suppress(OSError):
            self.carry(near, far, towards)
