import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 501)
        self.end_headers()


ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
