import os

import app


class Hostile(app.Notes):
    def do_GET(self):
        if self.path != "/health":
            return super().do_GET()
        self.wfile.write(b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nTrailer: X-End\nContent-Length: 3\n\n")
        self.wfile.write(b'8;a="\r";b\r\n{"status\r\n8 ;x\r\n": "ok"}\r\n0;last\r\nX-End: status: 500\r\n\r\nHTTP/1.1 500 X\r\n\r\n')

    def do_POST(self):
        self.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Length: 20\r\nContent-Length: 2\r\n\r\n" + b'{"text": "buy milk"}')


app.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Hostile).serve_forever()
