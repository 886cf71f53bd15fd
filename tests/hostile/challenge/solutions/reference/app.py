"""Notes over HTTP."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import db


class Notes(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path == "/health":
            self.answer(200, {"status": "ok"})
        elif self.path == "/notes":
            rows = db.Connection().query("select id, text from notes order by id")
            self.answer(200, [{"id": int(number), "text": text} for number, text in rows])
        else:
            self.answer(404, {})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        text = str(body["text"])
        quoted = text.replace("'", "''")
        (number,) = db.Connection().query(f"insert into notes (text) values ('{quoted}') returning id")[0]
        self.answer(201, {"id": int(number), "text": text})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Notes).serve_forever()
