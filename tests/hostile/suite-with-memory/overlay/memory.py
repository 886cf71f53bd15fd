import os

import app

runs = []


class Memory(app.Notes):
    def do_GET(self):
        if self.path != "/run":
            return super().do_GET()
        runs.append(None)
        self.answer(200, len(runs))


app.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Memory).serve_forever()
