import gzip
import json
import os
import time

import app

calls = {"/health": 0}


class Hostile(app.Notes):
    def do_GET(self):
        if self.path == "/health":
            calls["/health"] += 1
            if calls["/health"] == 1:
                return self.answer(200, {"status": "ok"})
            return self.health()
        return self.notes()

    def raw(self, data):
        self.wfile.write(data)
        self.wfile.flush()

    def head(self, *lines, status="200 OK"):
        self.raw("\r\n".join((f"HTTP/1.1 {status}", "Content-Type: application/json", *lines, "", "")).encode())

    def body(self, data, *lines):
        self.head(f"Content-Length: {len(data)}", *lines)
        self.raw(data)

    def notes(self):
        self.body(b'[{"id": "\\ud800", "text": "buy milk"}, {"id": 2, "text": "call home"}]')

    def health(self):
        self.body(b'{"status": "ok", "status": NaN, "status": "ok", "x": Infinity}')


if __name__ == "__main__":
    app.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Hostile).serve_forever()
