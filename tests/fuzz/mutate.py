"""Changes to an input that keep most of its form, so that what comes after the first error is reached too."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

Mutator = Callable[[bytes, Random], bytes]

_JSON = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}:,]|[^\s\[\]{}:,"]+', re.DOTALL)
_OPEN, _CLOSE = (b"[", b"{"), (b"]", b"}")
_VALUES = [
    *rb"""null true -1 -0 1.0 1e400 -1e-400 1E+5 NaN -Infinity 0x1 [] {} "" "\ud800" "\u0000" "\u202e\u001b[2J" "[["
    "2024-02-30T25:00:60Z" "$.a" "${x}" {"a":1,"a":2} [1,"a",null,[2]] {"":{"":""}} "passed" "a+$" "((a{9}){9}){9}"
    """.split(),
    *(b"\xff", b"9" * 401, b"9" * 4301, b"1" + b"0" * 300 + b"e300", b'"' + b"a" * 5000 + b'"'),
    *(b"[" * 70 + b"]" * 70, b"[" * 9999),
]
_BYTES = [
    *rb"""\ " ' / ../ < & : :: ##""".split(),
    *(b"\0", b"\n", b"\r\n", b"\t", b" ", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xe2\x80\xae"),
]
_NUMBERS = (b"0", b"-1", b"255", b"65536", b"4294967296", b"99999999999999999999", b"1" * 4400)
_HEADERS = [
    *rb"""Content-Length: 5
Content-Length: 5, 5
Content-Length: -1
Transfer-Encoding: chunked
Transfer-Encoding: gzip, chunked
Set-Cookie: a=b; Path=/
Set-Cookie: a="
Location: http://[
: x
 folded
Host: other.example
Connection: close
Content-Type: application/json""".split(b"\n"),
    b"A: \x80\xff",
    b"a" * 70_000,
]


def raw(data: bytes, random: Random) -> bytes:
    """A few pieces removed, doubled, moved, replaced or put in."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        at = random.randrange(len(changed) + 1)
        end = min(len(changed), at + random.choice((1, 1, 2, 8, 64)))
        match random.randrange(6):
            case 0:
                del changed[at:end]
            case 1:
                changed[at:at] = changed[at:end] * random.choice((1, 2, 9))
            case 2:
                changed[at:at] = random.choice(_BYTES)
            case 3:
                changed[at:end] = random.randbytes(end - at)
            case 4:
                other = random.randrange(len(changed) + 1)
                changed[other:other] = changed[at:end]
            case _:
                digits = [match.span() for match in re.finditer(rb"\d+", changed)]
                start, stop = random.choice(digits or [(at, at)])
                changed[start:stop] = random.choice(_NUMBERS)
    return bytes(changed)


def json_text(data: bytes, random: Random) -> bytes:
    """A value of a JSON text replaced, doubled, wrapped or removed; anything else changed as bytes."""
    tokens = list(_JSON.finditer(data))
    starts = [index for index, token in enumerate(tokens) if token[0] not in {*_CLOSE, b":", b","}]
    if not starts or random.random() < 0.1:
        return raw(data, random)
    begin, end = _span(tokens, random.choice(starts))
    old = data[begin:end]
    match random.randrange(6):
        case 0:
            new = old + b", " + old
        case 1:
            depth = random.choice((1, 2, 63, 64, 65))
            new = b"[" * depth + old + b"]" * depth
        case 2:
            first, last = _span(tokens, random.choice(starts))
            new = data[first:last]
        case 3:
            new = raw(old, random)
        case _:
            new = random.choice(_VALUES)
    return data[:begin] + new + data[end:]


def lines(inner: Mutator = raw, separator: bytes = b"\n") -> Mutator:
    """Changes of one line by another mutator, or of the order and number of lines."""

    def mutate(data: bytes, random: Random) -> bytes:
        parts = data.split(separator)
        at = random.randrange(len(parts))
        match random.randrange(6):
            case 0:
                parts.insert(at, random.choice(parts))
            case 1:
                parts.pop(at)
            case 2:
                random.shuffle(parts)
            case _:
                parts[at] = inner(parts[at], random)
        return separator.join(parts)

    return mutate


_YAML = [
    *rb"""~ no 0o7 1_000 .inf -.nan 2024-01-01 =: <<: *a &a !!binary !!set !x | > >-9 ? - -- --- ... %YAML 0x_ 1e999 {}
    [] {a: [a,b] {a: {b: [{}]}} "\x" "\uD800" 'it''s' ${x}
    ${run.uuid} ${case.a} $.a $..* any all none 5s 1MiB ../x /x . **""".split(),
    *(b"[" * 200, b"{a: " * 99, b"9" * 5000, b'"' + b"a" * 3000 + b'"', b"\xff", b"\t", b"&a [*a, *a]", b"? [a, b]"),
]


def yaml_text(data: bytes, random: Random) -> bytes:
    """Lines of YAML moved, doubled, indented otherwise, or with another value; now and then changed as bytes."""
    parts = data.split(b"\n")
    at = random.randrange(len(parts))
    end = min(len(parts), at + random.choice((1, 1, 2, 5, 20)))
    match random.randrange(8):
        case 0:
            parts[at:at] = parts[at:end]
        case 1:
            del parts[at:end]
        case 2:
            other = random.randrange(len(parts) + 1)
            parts[other:other] = parts[at:end]
        case 3:
            spaces = random.choice((1, 2, 4))
            parts[at:end] = [
                b" " * spaces + line if random.random() < 0.5 else line.removeprefix(b" " * spaces)
                for line in parts[at:end]
            ]
        case 4 | 5:
            key, mark, value = parts[at].partition(b": ")
            parts[at] = key + mark + (random.choice(_YAML) if random.random() < 0.7 else json_text(value, random))
        case 6:
            parts[at] = json_text(parts[at], random)
        case _:
            return raw(data, random)
    return b"\n".join(parts)


def http(data: bytes, random: Random) -> bytes:
    """A message of HTTP with another header, another body of the right length or in chunks, or other bytes."""
    head, blank, body = data.partition(b"\r\n\r\n")
    first, *headers = head.split(b"\r\n")
    match random.randrange(6):
        case 0:
            headers.insert(random.randrange(len(headers) + 1), random.choice(_HEADERS))
        case 1 if headers:
            at = random.randrange(len(headers))
            headers[at] = raw(headers[at], random)
        case 2:
            first = raw(first, random)
        case 3 | 4:
            body = json_text(body, random)
            headers = [header for header in headers if not header.lower().startswith((b"content-l", b"transfer-"))]
            if random.random() < 0.2:
                headers.append(b"Transfer-Encoding: chunked")
                body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
            else:
                headers.append(b"Content-Length: %d" % len(body))
        case _:
            return raw(data, random)
    return b"\r\n".join((first, *headers)) + (blank or b"\r\n\r\n") + body


def grown(data: bytes, random: Random, limit: int) -> bytes:
    """A piece of the input repeated up to a length: what is quadratic in it, shows."""
    begin = random.randrange(len(data) + 1)
    piece = data[begin : begin + random.choice((1, 1, 2, 3, 5, 10, 30, 200))] or b"a"
    room = max(0, random.choice((1 << 12, 1 << 16, limit)) - len(data))
    return data[:begin] + piece * (room // len(piece)) + data[begin:]


def _span(tokens: list[re.Match[bytes]], index: int) -> tuple[int, int]:
    """Where the value that begins with a token begins and ends."""
    depth = 0
    for token in tokens[index:]:
        depth += (token[0] in _OPEN) - (token[0] in _CLOSE)
        if depth <= 0:
            return tokens[index].start(), token.end()
    return tokens[index].start(), tokens[-1].end()
