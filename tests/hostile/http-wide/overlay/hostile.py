import json
import os

import app

MODULUS = (1 << 61) - 1
VALUES = json.dumps([{"text": MODULUS * number} for number in range(24000)]).encode()
NAMES = json.dumps({"status": {str(number): MODULUS * number for number in range(30000)}}).encode()
calls = []


class Hostile(app.Notes):
    def do_GET(self):
        if self.path == "/health":
            calls.append(None)
            if len(calls) == 1:
                return self.answer(200, {"status": "ok"})
            return self.raw(NAMES)
        self.raw(VALUES)

    def raw(self, body):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


app.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Hostile).serve_forever()
