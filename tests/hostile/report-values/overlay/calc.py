import sys

NASTY = "<script>alert(1)</script>\x1b[31m\x07\u202e ]]> |`![p](http://evil.invalid/p.png)[j](javascript:alert(1))\n::error::x\n</td>\ud800"
sys.stderr.buffer.write(NASTY.encode("utf-8", "surrogatepass"))
sys.stdout.buffer.write(NASTY.encode("utf-8", "surrogatepass") + bytes(range(256)))


class Odd:
    def __eq__(self, other):
        raise ValueError(NASTY)

    def __repr__(self):
        return NASTY


def add(a, b):
    if a < 0:
        raise type("<script>alert(2)</script>", (Exception,), {})(NASTY)
    return Odd()
