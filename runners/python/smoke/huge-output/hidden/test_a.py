import sys

import app


def test_flood(capfd):
    with capfd.disabled():
        app.flood()
    assert sys
