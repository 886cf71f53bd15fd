import os

import app

RIGHT = b'[{"id": 1, "text": "buy milk"}, {"id": 2, "text": "call home"}]'
calls = []


class Hostile(app.Notes):
    def do_GET(self):
        if self.path == "/health":
            calls.append(None)
            if len(calls) == 1:
                return self.answer(200, {"status": "ok"})
            self.wfile.write(b"HTTP/1.1 200 " + b"O" * 1000000 + b'\r\n\r\n{"status": "ok"}')
        else:
            self.wfile.write(b"HTTP/1.1 999 Beyond\r\n\r\n" + RIGHT)

    def do_POST(self):
        self.wfile.write("HTTP/1.1 ２０１ Created\r\n\r\n".encode() + b'{"text": "buy milk"}')


app.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Hostile).serve_forever()
