"""A server on this machine that hands out files, and can be told to break off, to lie, or to forget ranges."""

import contextlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Shop:
    """What a server hands out: `files` by name. `asked` lists each request as (name, its Range header or "")."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    breaks_after: int | None = None  # bytes; the connection is then closed, once
    knows_ranges: bool = True


@contextlib.contextmanager
def open_shop():
    """Start a server on a free port of 127.0.0.1; yield its shop."""
    shop = Shop()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

        def do_GET(self):
            name, wanted = self.path.lstrip("/"), self.headers.get("Range", "")
            shop.asked.append((name, wanted))
            if name not in shop.files:
                self.send_error(404)
                return
            content, start = shop.files[name], 0
            if wanted and shop.knows_ranges:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            body, shop.breaks_after = content[start:][: shop.breaks_after], None
            self.wfile.write(body)
            self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    shop.url = f"http://127.0.0.1:{server.server_address[1]}/"
    try:
        yield shop
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
