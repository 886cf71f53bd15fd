"""An app that is right in some operations and wrong in others; one ends the connection."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWERS = {
    "/right": (200, "application/json", json.dumps({"id": 1})),
    "/other-form": (200, "application/json", json.dumps({"id": "one"})),
    "/server-error": (500, "application/json", json.dumps({"id": 1})),
    "/other-type": (200, "text/html", "<p>\x1b[31m"),
}


class App(BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.partition("?")[0]
        status, kind, text = ANSWERS.get(path, (404, "text/plain", ""))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), App).serve_forever()
