import os

import app

NASTY = "<script>alert(1)</script> \x1b[31m\x9b31m\x07 ]]> |`![p](http://evil.invalid/p.png)[j](javascript:alert(1)) ::error::x </td>"
calls = []


class Nasty(app.Notes):
    def do_GET(self):
        calls.append(None)
        if len(calls) == 1:
            return super().do_GET()
        if self.path == "/health":  # no header at all: the complaint quotes it
            return self.wfile.write(f"HTTP/1.1 200 OK\r\n{NASTY}\r\n\r\n".encode("latin-1"))
        self.wfile.write(f"HTTP/1.1 500 {NASTY}\r\n".encode("latin-1"))
        self.wfile.write(f"X-Nasty: {NASTY}\r\n folded {NASTY}\r\nLocation: javascript:alert(1)\r\n\r\n".encode("latin-1"))

    def do_POST(self):
        self.wfile.write(NASTY.encode("latin-1"))


app.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Nasty).serve_forever()
