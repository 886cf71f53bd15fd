"""The table of probes: what each sends, and what the answers show. All of it is pure.

A finding has to be proved by an answer that only a vulnerable app gives; what merely looks odd is clean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gradekit.checks import jsontext
from gradekit.checks.http.reading import unanswered
from gradekit.checks.jsontext import Json, JsonProblem
from gradekit.checks.security import tokens
from gradekit.checks.security.aim import Aim, Shot
from gradekit.checks.security.evidence import Taken
from gradekit.checks.security.model import ProbeName, Target
from gradekit.checks.values import canonical

_ROUNDS = 4
"""Times that a delay has to show."""
_GAP = 0.2
"""Seconds by which every delayed answer has to come later than every other; far less than what is asked for."""
_RATIO = 1.5
_SPREADS = 3.0
"""Times the answers that are not delayed may differ among themselves before a gap means something."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the answers show, and by which of them."""

    state: Literal["clean", "finding", "unworkable", "unsure"]
    """``unworkable``: the request does not work without an attack either; ``unsure``: nobody's fault."""
    what: str = ""
    at: int = 0


CLEAN = Verdict("clean")


@dataclass(frozen=True, slots=True)
class Probe:
    """One row of the table."""

    title: str
    needs: str
    """The field of a target without which there is nothing to do; empty where there is none."""
    act: Callable[[Aim, str], Iterable[Shot]]
    decide: Callable[[Target, Sequence[Taken]], Verdict]
    risk: str
    """What somebody can do with it."""
    remedy: str
    each_place: bool = False
    """Whether each place of ``inject`` is a row of its own."""

    def places(self, target: Target) -> Sequence[str]:
        """The rows of a target."""
        return target.inject if self.each_place else ("",)


# --- reading answers


def works(target: Target, taken: Taken) -> bool:
    """Whether an answer has a status that the author allows."""
    status = taken.received.status
    return any(wanted in {status, str(status), f"{status // 100}xx"} for wanted in target.status)


def _accepted(taken: Taken) -> bool:
    return taken.received.status // 100 == 2  # noqa: PLR2004 - the class


def _broken(taken: Taken) -> bool:
    return taken.received.status >= 500  # noqa: PLR2004 - the class


def _text(taken: Taken) -> str:
    return taken.received.body.text or ""


def _labelled(every: Sequence[Taken], label: str) -> list[tuple[int, Taken]]:
    return [(index, taken) for index, taken in enumerate(every) if taken.label == label]


def _unworkable(target: Target, every: Sequence[Taken], label: str = "control") -> Verdict | None:
    """The first request without an attack that did not work."""
    for index, taken in _labelled(every, label):
        if not works(target, taken):
            error = taken.received.error
            what = f"the request without an attack got {taken.received.status}"
            if error is not None:
                what = f"even without an attack {unanswered(error)}"
            return Verdict("unworkable", what, index)
    return None


# --- SQL injection

_CONTEXTS = ("'", "%'", "')", "%')", "", ")")
"""What ends the value in the statement: a text, a pattern, both in a call, a number, that in a call."""
_DELAYS: Mapping[str, tuple[str, str]] = {
    "postgres": ("(select 1 from pg_sleep(0.5))=1", "(select 1 from pg_sleep(0))=1"),
    "mariadb": ("(select 1 from (select sleep(0.5)) x)=1", "(select 1 from (select sleep(0)) x)=1"),
    "sqlite": (
        "(with recursive r(i) as (select 1 union all select i+1 from r where i<4000000) select count(*) from r)>0",
        "(with recursive r(i) as (select 1 union all select i+1 from r where i<1) select count(*) from r)>0",
    ),
}
"""A condition that is true after a while, and the same without the while. SQLite cannot sleep, but count."""
_SQL_MESSAGES = re.compile(
    r"SQLSTATE|syntax error at or near|unterminated quoted (?:string|identifier)|invalid input syntax for"
    r"|You have an error in your SQL syntax|ER_PARSE_ERROR"
    r'|SQLITE_ERROR|unrecognized token: "|near ".{0,40}": syntax|sqlite3\.\w*Error'
    r"|psycopg2?\.|org\.postgresql|PG::\w+|SequelizeDatabaseError|QueryFailedError"
)


def _sql_error(aim: Aim, place: str) -> Iterator[Shot]:
    value = aim.value(place)
    yield Shot("control")
    for quote in ("'", '"'):
        yield Shot(f"odd {quote}", place, f"{value}{quote}")
        yield Shot(f"even {quote}", place, f"{value}{quote}{quote}")
    yield Shot("control")


def _decide_sql_error(target: Target, every: Sequence[Taken]) -> Verdict:
    bad = _unworkable(target, every)
    if bad:
        return bad
    told = _SQL_MESSAGES.search(_text(every[0]))
    for quote in ("'", '"'):
        (at, odd), (_, even) = _labelled(every, f"odd {quote}")[0], _labelled(every, f"even {quote}")[0]
        if not told and _SQL_MESSAGES.search(_text(odd)):
            return Verdict("finding", f"a single {quote} in the value is answered with an error of the database", at)
        if _broken(odd) and not _broken(even):
            what = f"a single {quote} in the value breaks the statement ({odd.received.status}), two of them do not"
            return Verdict("finding", what, at)
    return CLEAN


def _sql_boolean(aim: Aim, place: str) -> Iterator[Shot]:
    value = aim.value(place)
    yield Shot("control")
    yield Shot("control")
    for end in _CONTEXTS:
        for _ in range(2):
            yield Shot(f"true {end}", place, f"{value}{end} AND 1=1 -- ")
            yield Shot(f"false {end}", place, f"{value}{end} AND 1=2 -- ")
    yield Shot("control")


def _decide_sql_boolean(target: Target, every: Sequence[Taken]) -> Verdict:
    bad = _unworkable(target, every)
    if bad:
        return bad
    for key in (_answered, _answered_alike):
        usual = {key(taken) for _, taken in _labelled(every, "control")}
        if len(usual) == 1:
            return _decided(every, usual, key)
    return CLEAN


def _answered(taken: Taken) -> tuple[int, str]:
    return taken.received.status, taken.digest


def _answered_alike(taken: Taken) -> tuple[int, str]:
    """Where bodies differ each time (a date, a number of the request), their structure has to do."""
    return taken.received.status, taken.shape


def _decided(every: Sequence[Taken], usual: set[tuple[int, str]], key: Callable[[Taken], tuple[int, str]]) -> Verdict:
    for end in _CONTEXTS:
        true = {key(taken) for _, taken in _labelled(every, f"true {end}")}
        false = {key(taken) for _, taken in _labelled(every, f"false {end}")}
        if true == usual and len(false) == 1 and false != usual:
            what = "a condition added to the value decides what is answered: as usual when it is true, else not"
            return Verdict("finding", what, _labelled(every, f"false {end}")[0][0])
    return CLEAN


def _sql_time(aim: Aim, place: str) -> Iterator[Shot]:
    value = aim.value(place)
    yield Shot("control")
    for engine, (slow, fast) in _DELAYS.items():
        for end in ("'", "%'", "')", ""):
            for _ in range(_ROUNDS):
                yield Shot(f"fast {engine} {end}", place, f"{value}{end} AND {fast} -- ")
                yield Shot(f"slow {engine} {end}", place, f"{value}{end} AND {slow} -- ")
    yield Shot("control")


def _decide_sql_time(target: Target, every: Sequence[Taken]) -> Verdict:
    bad = _unworkable(target, every)
    if bad:
        return bad
    for label in dict.fromkeys(taken.label for taken in every if taken.label.startswith("slow ")):
        slow = [taken.received.seconds for _, taken in _labelled(every, label)]
        fast = [taken.received.seconds for _, taken in _labelled(every, label.replace("slow", "fast", 1))]
        least, most = min(slow), max(fast)
        if least - most >= _GAP and least >= _RATIO * most:
            if least - most < _SPREADS * (most - min(fast)):
                return Verdict("unsure", "the times of the answers vary too much to tell a delay from chance")
            what = "a delay added to the value delays the answer, each time, and the same without the delay does not"
            return Verdict("finding", what, _labelled(every, label)[0][0])
    return CLEAN


# --- files

_PASSWD = re.compile(r"root:[^:\n]*:0:0:")


def _path_traversal(_aim: Aim, place: str) -> Iterator[Shot]:
    up = "../" * 8
    yield Shot("control")
    for value in (f"{up}etc/passwd", "/etc/passwd", "....//" * 8 + "etc/passwd", up.replace("/", "\\") + "etc\\passwd"):
        yield Shot("attack", place, value)
    yield Shot("attack", place, f"{up}etc/passwd".replace("../", "%2e%2e%2f"))
    if place.startswith("path."):
        yield Shot("attack", place, f"{up}etc/passwd", raw=True)
        yield Shot("attack", place, "%252e%252e%252f" * 8 + "etc%252fpasswd", raw=True)
    yield Shot("control")


def _decide_path_traversal(target: Target, every: Sequence[Taken]) -> Verdict:
    for index, taken in _labelled(every, "attack"):
        if _PASSWD.search(_text(taken)):
            return Verdict("finding", "the value leads to a file outside of the app's folder, /etc/passwd", index)
    return _unworkable(target, every) or CLEAN


# --- members that a client must not set


def _mass_assignment(aim: Aim, _place: str) -> Iterator[Shot]:
    reads = aim.target.read is not None
    yield Shot("before" if reads else "control", read=reads)
    yield Shot("attack", extra=aim.target.extra)
    if reads:
        yield Shot("after", read=True)


def _decide_mass_assignment(target: Target, every: Sequence[Taken]) -> Verdict:
    bad = _unworkable(target, every) or _unworkable(target, every, "before")
    if bad:
        return bad
    for name, value in target.extra.items():
        if _holds(every[0], name, value):
            return Verdict("unsure", f'"{name}" has the value {jsontext.render(value)} without being asked to')
        for index, taken in list(enumerate(every))[1:]:
            if _accepted(taken) and _holds(taken, name, value):
                return Verdict("finding", f'"{name}" of the request is taken over', index)
    return CLEAN


def _holds(taken: Taken, name: str, value: Json) -> bool:
    """Whether a member stands anywhere in an answer."""
    try:
        left: list[Json] = [jsontext.parse(_text(taken))]
    except JsonProblem:
        return False
    wanted = canonical(value)
    while left:
        item = left.pop()
        if isinstance(item, Mapping):
            if name in item and canonical(item[name]) == wanted:
                return True
            left += item.values()
        elif isinstance(item, list):
            left += item
    return False


# --- who may do what


def _authentication(_aim: Aim, _place: str) -> Iterator[Shot]:
    yield Shot("nobody", account="")
    yield Shot("control")


def _authorisation(aim: Aim, _place: str) -> Iterator[Shot]:
    for other in aim.target.others:
        yield Shot(f"as {other}", account=other)
    yield Shot("control")


def _decide_access(target: Target, every: Sequence[Taken]) -> Verdict:
    for index, taken in enumerate(every):
        if taken.label != "control" and _gets_in(target, taken):
            who = "without logging in" if taken.label == "nobody" else taken.label
            return Verdict("finding", f"the request is allowed {who} ({taken.received.status})", index)
    return _unworkable(target, every) or CLEAN


def _gets_in(target: Target, taken: Taken) -> bool:
    return _accepted(taken) and (target.leaks is None or target.leaks in _text(taken))


def _jwt_none(aim: Aim, _place: str) -> Iterator[Shot]:
    token = aim.token()
    if token:
        yield Shot("with other claims under the old signature", swap=tokens.altered(token))
        for algorithm in ("none", "None", "NONE"):
            yield Shot(f'with the algorithm "{algorithm}" and no signature', swap=tokens.unsigned(token, algorithm))
    yield Shot("control")


def _jwt_secret(aim: Aim, _place: str) -> Iterator[Shot]:
    token = aim.token()
    secret = tokens.secret_of(token) if token else None
    if secret is not None:
        yield Shot(f'with the secret "{secret}"', swap=tokens.forged(token, secret))
    yield Shot("control")


def _decide_jwt(target: Target, every: Sequence[Taken]) -> Verdict:
    for index, taken in enumerate(every):
        if taken.label != "control" and _gets_in(target, taken):
            return Verdict("finding", f"a token that was forged {taken.label} is accepted", index)
    return _unworkable(target, every) or CLEAN


# --- what answers tell

_TRACES: Mapping[str, re.Pattern[str]] = {
    "Python": re.compile(r'Traceback \(most recent call last\)|File "[^"\n]{1,300}", line \d+'),
    "Node.js": re.compile(r"\bat (?:[\w.<>\[\] ]{1,200} \()?(?:node:|file:|/)[^\s()]{1,300}:\d+:\d+"),
    "Java": re.compile(r"\bat [\w$.]{3,300}\([\w$]{1,100}\.(?:java|kt):\d+\)|\bjava\.\w+\.[\w.]*Exception\b"),
    "PHP": re.compile(r"Stack trace:\s+#0|(?:Fatal error|Warning|Notice)(?:</b>)?: .{1,300} on line"),
    "Ruby": re.compile(r"/[\w./-]{1,300}\.rb:\d+:in [`']"),
    "Go": re.compile(r"goroutine \d+ \[|/[\w./-]{1,300}\.go:\d+"),
    "the database": _SQL_MESSAGES,
}


def _verbose_errors(aim: Aim, _place: str) -> Iterator[Shot]:
    yield Shot("control")
    for place in aim.target.inject:
        for value in ("'", "[]", "-1", "9" * 400, "\N{SNOWMAN}%", ""):
            yield Shot("attack", place, value)
    if "payload" in aim.target.model_fields_set:
        for body in (b'{"', b"[]", b"null", b"\xff\xfe", b"[" * 2000):
            yield Shot("attack", body=body)
    yield Shot("control")


def _decide_verbose_errors(target: Target, every: Sequence[Taken]) -> Verdict:
    for index, taken in _labelled(every, "attack"):
        for origin, pattern in _TRACES.items():
            if pattern.search(_text(taken)) and not pattern.search(_text(every[0])):
                return Verdict(
                    "finding", f"a bad value is answered with internals: an error message of {origin}", index
                )
    return _unworkable(target, every) or CLEAN


_ORIGINS = ("https://attacker.example", "null", "http://localhost.attacker.example")


def _cors(_aim: Aim, _place: str) -> Iterator[Shot]:
    for origin in _ORIGINS:
        yield Shot("attack", headers=(("Origin", origin),))
    yield Shot("control")


def _decide_cors(target: Target, every: Sequence[Taken]) -> Verdict:
    for (index, taken), origin in zip(_labelled(every, "attack"), _ORIGINS, strict=False):
        headers = {name.lower(): value.strip() for name, value in taken.received.headers}
        allowed = headers.get("access-control-allow-credentials", "").lower() == "true"
        if allowed and headers.get("access-control-allow-origin") == origin:
            return Verdict("finding", f"the origin {origin} may read answers with the user's credentials", index)
    return _unworkable(target, every) or CLEAN


# --- limits


def _header_limit(aim: Aim, _place: str) -> Iterator[Shot]:
    yield Shot("control")
    yield Shot("attack", headers=(("X-Padding", "a" * aim.target.max_header),))
    yield Shot("control")


def _body_limit(aim: Aim, _place: str) -> Iterator[Shot]:
    yield Shot("control")
    yield Shot("attack", pad=aim.target.max_body)
    yield Shot("control")


def _decide_limit(target: Target, every: Sequence[Taken]) -> Verdict:
    at, taken = _labelled(every, "attack")[0]
    if _accepted(taken):
        return Verdict("finding", f"an oversized request is accepted ({taken.received.status})", at)
    if taken.received.error == "timeout":
        return Verdict("finding", "an oversized request is neither accepted nor refused in time", at)
    if works(target, every[0]) and not works(target, every[-1]):
        return Verdict("finding", "the app does not work any more after an oversized request", at)
    return _unworkable(target, every) or CLEAN


PROBES: Mapping[ProbeName, Probe] = {
    "sql_error": Probe(
        "SQL injection, by errors",
        "inject",
        _sql_error,
        _decide_sql_error,
        "Values of clients become part of an SQL statement, which whoever sends them can then write.",
        "Pass values as parameters of a prepared statement, never inside its text.",
        each_place=True,
    ),
    "sql_boolean": Probe(
        "SQL injection, by conditions",
        "inject",
        _sql_boolean,
        _decide_sql_boolean,
        "Values of clients become part of an SQL statement; all data can be asked for, one yes or no at a time.",
        "Pass values as parameters of a prepared statement, never inside its text.",
        each_place=True,
    ),
    "sql_time": Probe(
        "SQL injection, by time",
        "inject",
        _sql_time,
        _decide_sql_time,
        "Values of clients become part of an SQL statement, even where no answer shows it.",
        "Pass values as parameters of a prepared statement, never inside its text.",
        each_place=True,
    ),
    "path_traversal": Probe(
        "Path traversal",
        "inject",
        _path_traversal,
        _decide_path_traversal,
        "Every file that the app can read can be fetched.",
        "Resolve the path and refuse it unless it is below the folder that is served.",
        each_place=True,
    ),
    "mass_assignment": Probe(
        "Mass assignment",
        "extra",
        _mass_assignment,
        _decide_mass_assignment,
        "Clients can set what only the app may decide, such as a role.",
        "Copy the members that a client may set, by name, and ignore or refuse all others.",
    ),
    "authentication": Probe(
        "Missing authentication",
        "account",
        _authentication,
        _decide_access,
        "Whoever reaches the app can do this.",
        "Answer 401 unless the request shows who sends it.",
    ),
    "authorisation": Probe(
        "Missing authorisation",
        "others",
        _authorisation,
        _decide_access,
        "An account can do what only another one may.",
        "Compare the owner, or the needed role, with who sends the request; answer 403 or 404.",
    ),
    "jwt_none": Probe(
        "Unsigned tokens",
        "account",
        _jwt_none,
        _decide_jwt,
        "Anybody can be anybody, for the token's signature is not checked.",
        "Verify the signature, and accept the one algorithm that you sign with.",
    ),
    "jwt_secret": Probe(
        "Weak secret of tokens",
        "account",
        _jwt_secret,
        _decide_jwt,
        "Anybody can be anybody, for the secret that tokens are signed with can be guessed.",
        "Sign with at least 32 random bytes from the environment.",
    ),
    "verbose_errors": Probe(
        "Errors that tell internals",
        "",
        _verbose_errors,
        _decide_verbose_errors,
        "Stack traces and messages of the database tell an attacker how the app is built.",
        "Answer with an error of your own and write the details to the log.",
    ),
    "cors": Probe(
        "Unsafe cross-origin access",
        "",
        _cors,
        _decide_cors,
        "Any web page can use the app in the name of the user who visits it.",
        "Allow origins of a fixed list, never the one that asks.",
    ),
    "header_limit": Probe(
        "No limit on headers",
        "",
        _header_limit,
        _decide_limit,
        "A few clients can fill the app's memory.",
        "Keep the server's limit on headers, or set one.",
    ),
    "body_limit": Probe(
        "No limit on bodies",
        "",
        _body_limit,
        _decide_limit,
        "A few clients can fill the app's memory.",
        "Refuse bodies that are longer than you need with 413, before you read them.",
    ),
}
