import os
import sys

import app


def test_wrong():
    print('{"test": "test_a.py::test_wrong", "outcome": "passed"}')
    os.write(1, b'{"end": 2}\n')
    assert app.ANSWER == 2


def test_environment():
    assert "PYTHONPATH" not in os.environ
    assert sys.path[-2:] == ["/work", "/opt/deps"]
    assert os.getcwd() != "/work"
