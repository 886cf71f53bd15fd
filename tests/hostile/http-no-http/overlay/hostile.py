import os
import socket
import struct

import app

calls = []


class Hostile(app.Notes):
    def do_GET(self):
        calls.append(None)
        if self.path != "/health" or len(calls) == 1:
            return super().do_GET()
        # 999 bytes are announced, some come, and then the connection is reset.
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"status": "ok"}')
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(self.connection.detach())

    def do_POST(self):
        self.wfile.write(b'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nHTTP/1.1 201 Created\r\n\r\n{"text": "buy milk"}')


app.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Hostile).serve_forever()
