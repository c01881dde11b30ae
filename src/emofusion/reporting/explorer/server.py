"""Serve the page, and corpus data that may not be embedded, to browsers on this computer only."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from emofusion.errors import DataError
from emofusion.reporting.closing import PAGE
from emofusion.reporting.explorer.extra import read_extra, read_selected
from emofusion.reporting.explorer.media import Cache, NoRecording, media_folder, recording

ADDRESS = "127.0.0.1"

MEDIA = "/media/"


def serve(results: Path, corpus: Path, port: int = 0, ready: Callable[[str], None] = print) -> None:
    """Serve the page until Ctrl-C.

    Args:
        results: the folder that the workflow made.
        corpus: the corpus that it read.
        port: where to listen; 0: any free port.
        ready: called with the address of the page as soon as browsers can open it.

    Raises:
        DataError: no page, no utterance table, or a port that another program uses.
    """
    with (
        TemporaryDirectory(prefix="emofusion-", ignore_cleanup_errors=True) as cache,
        Server(results, corpus, port, Path(cache)) as server,
        suppress(KeyboardInterrupt),
    ):
        ready(server.address)
        server.serve_forever()


class Server(ThreadingHTTPServer):
    """Answers on 127.0.0.1 only, each request in its own thread.

    Args:
        results: the folder that the workflow made.
        corpus: the corpus that it read.
        port: where to listen; 0: any free port.
        cache: the folder for the media that are cut.

    Raises:
        DataError: see `serve`.
    """

    daemon_threads = True

    def __init__(self, results: Path, corpus: Path, port: int, cache: Path):
        self.page = read_page(results).encode()
        self.table = read_selected(results)
        self.extra = json.dumps(read_extra(results)).encode()
        self.folder, self.cache = media_folder(corpus), Cache(cache)
        try:
            super().__init__((ADDRESS, port), _Handler)
        except (OSError, OverflowError) as error:
            raise DataError(
                f"port {port}: cannot be used ({error}); choose another, or 0 for any free one"
            ) from None
        self.hosts = {f"{name}:{self.server_port}" for name in (ADDRESS, "localhost")}

    @property
    def address(self) -> str:
        """Address of the page."""
        return f"http://{ADDRESS}:{self.server_port}/"

    def media(self, utterance: str) -> Path:
        """The WebM file of an utterance of the table.

        Raises:
            NoRecording: not in the table, or without a recording.
            DataError: a recording that cannot be read.
        """
        if utterance not in self.table.index:
            raise NoRecording(f"No utterance of these results is called {utterance!r}.")
        return self.cache.webm(utterance, recording(self.table.loc[utterance], self.folder))

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: browsers hang up on a medium as soon as they have seen enough."""


def read_page(results: Path) -> str:
    """The page that the workflow made.

    Raises:
        DataError: it is not there.
    """
    path = results / PAGE
    if not path.is_file():
        raise DataError(
            f"{path}: no such file; expected the page to explore. Run the workflow, which makes "
            "it, or name the folder of its results"
        )
    return path.read_text(encoding="utf-8")


class _Handler(BaseHTTPRequestHandler):
    """One request of a browser."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with the page, its data, or an utterance's medium; refuse the rest."""
        path = urlsplit(self.path).path
        if self.headers.get("Host", "").lower() not in self.server.hosts:
            self._say(HTTPStatus.FORBIDDEN, f"Open {self.server.address} instead.")
        elif path == "/":
            self._send(self.server.page, "text/html; charset=utf-8")
        elif path == "/extra.json":
            self._send(self.server.extra, "application/json")
        elif path.startswith(MEDIA):
            self._send_media(unquote(path.removeprefix(MEDIA)))
        else:
            self._say(HTTPStatus.NOT_FOUND, "Only the page, /extra.json and /media/ are here.")

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        """Keep the terminal quiet."""

    def _send_media(self, utterance: str) -> None:
        try:
            path = self.server.media(utterance)
        except NoRecording as error:
            return self._say(HTTPStatus.NOT_FOUND, str(error))
        except DataError as error:
            return self._say(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
        except Exception as error:
            text = f"{utterance}: cannot be played ({error}); copy or unpack its recording again"
            return self._say(HTTPStatus.INTERNAL_SERVER_ERROR, text)
        return self._send_range(path.read_bytes())

    def _send_range(self, content: bytes) -> None:
        """Send the part of a medium that the browser asks for."""
        size = len(content)
        span = byte_range(self.headers.get("Range", ""), size)
        if span is None:
            self._send(content, "video/webm", {"Accept-Ranges": "bytes"})
        elif not span:
            headers = {"Content-Range": f"bytes */{size}"}
            status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
            self._send(b"", "video/webm", headers, status)
        else:
            headers = {"Content-Range": f"bytes {span[0]}-{span[-1]}/{size}"}
            part = content[span.start : span.stop]
            self._send(part, "video/webm", headers, HTTPStatus.PARTIAL_CONTENT)

    def _say(self, status: HTTPStatus, text: str) -> None:
        self._send(text.encode(), "text/plain; charset=utf-8", status=status)

    def _send(
        self,
        content: bytes,
        kind: str,
        headers: dict[str, str] | None = None,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> None:
        self.send_response(status)
        all_headers = {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            "Cache-Control": "no-cache",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }
        for name, value in (all_headers | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def byte_range(header: str, size: int) -> range | None:
    """Positions that a Range header requests; empty if none of them exists.

    Args:
        header: such as `bytes=0-99`, `bytes=100-` or `bytes=-100`.
        size: that of the file [bytes].

    Returns:
        The positions, or None for the whole file: no header, or one of another form.
    """
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip(), re.ASCII)
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(size, int(last) + 1) if last else size)
