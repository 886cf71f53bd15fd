import os

import app


class Crashing(app.Notes):
    def do_GET(self):
        if self.path == "/health":
            return super().do_GET()
        os._exit(1)


app.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Crashing).serve_forever()
