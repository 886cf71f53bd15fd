import os

import app


def message(status, body):
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nConnection: keep-alive\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Hostile(app.Notes):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        super().do_GET()
        self.wfile.write(message(500, b"[]") * 5)

    def do_POST(self):
        self.wfile.write(message(500, b"{}") + message(201, b'{"text": "buy milk"}') * 5)


app.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Hostile).serve_forever()
