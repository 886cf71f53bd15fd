import os

import app

calls = []


class Hostile(app.Notes):
    def do_GET(self):
        calls.append(None)
        if self.path != "/health":
            self.raw('[{"id": 1, "text": "buy milk"}, {"id": 2, "text": "call home"}]'.encode("utf-16"))
        elif len(calls) == 1:
            self.answer(200, {"status": "ok"})
        else:
            self.raw(b'\xef\xbb\xbf{"status": "ok"}')

    def raw(self, body):
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-16\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)


app.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Hostile).serve_forever()
