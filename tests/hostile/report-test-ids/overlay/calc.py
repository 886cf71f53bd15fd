import json
import os
import sys

NASTY = "<script>alert(1)</script>\x1b[31m\x07\u202e ]]> |`![p](http://evil.invalid/p.png)[j](javascript:alert(1))\n::error::x\n</td>\ud800\0"


def add(a, b):
    return 0


if __name__ == "__main__":
    print(sum(map(int, sys.stdin.read().split())))
else:
    lines = [{"test": f"{NASTY}{number}", "outcome": "failed", "message": NASTY * 3} for number in range(500)]
    data = "".join(json.dumps(line) + "\n" for line in lines).encode()
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, data)
        except OSError:
            pass
