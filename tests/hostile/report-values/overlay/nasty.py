import json
import os

import app

NASTY = "<script>alert(1)</script>\x1b[31m\x07\u202e ]]> |`![p](http://evil.invalid/p.png)[j](javascript:alert(1))\n::error::x\n</td>\ud800"


class Nasty(app.Notes):
    def do_GET(self):
        if self.path == "/health":
            return super().do_GET()
        self.answer(200, [{"text": NASTY, NASTY: NASTY}, {"text": "<img src=x onerror=alert(1)>"}])


app.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Nasty).serve_forever()
