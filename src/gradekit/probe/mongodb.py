"""Commands of MongoDB."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import struct
from typing import Any

from gradekit.probe.bson import UINT32, Bson, bson_document
from gradekit.probe.replies import Budget, ReplyError, complaint
from gradekit.probe.wire import GRACE, PIECE, Deadline, ExchangeError, Incoming, Json, exactly, send

OP_MSG = 2013
MAX_BATCHES = 1_000
"""Of one answer: a server that always says that there is more is not followed for ever."""
WRITE_ERRORS = {11000: "DuplicateKey", 121: "DocumentValidationFailure", 2: "BadValue", 66: "ImmutableField"}
"""Names of the numbers that stand in the answer to a write, where the server names none."""
OF_THE_SESSION = frozenset({"ok", "$clusterTime", "operationTime", "electionId", "opTime"})
"""What an answer says of the server, not of the data."""
_HEADER = struct.Struct("<iiii")


def mongodb(request: Json) -> Json:
    """Run commands of MongoDB, texts of Extended JSON, one after the other, up to the first that fails."""
    whole = Deadline(float(request["total"]) + GRACE)
    timeout, size = float(request["timeout"]), int(request["max_bytes"])
    results: list[Json] = []
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as sock:
        try:
            whole.apply(sock)
            sock.connect(f"{request['folder']}/{request['socket']}")
        except OSError as error:
            return {"results": [complaint("refused", error.strerror or str(error))]}
        for text in request["commands"]:
            deadline = Deadline(min(timeout, whole.left()))
            results.append(_document_command(sock, str(text), str(request["database"]), deadline, Budget(size)))
            if results[-1]["code"] is not None:
                break
    return {"results": results}


def _document_command(sock: socket.socket, text: str, database: str, deadline: Deadline, budget: Budget) -> Json:
    """The answer to one command as the text of relaxed Extended JSON, or the code and text of what went wrong."""
    try:
        value = _answer(sock, text, database, deadline, budget)
    except ReplyError as error:
        code, _, said = str(error).partition(": ")
    except ExchangeError as error:
        code, said = error.kind, error.detail
    except TimeoutError:
        code, said = "timeout", f"no complete reply within {deadline.seconds:g} s"
    except OSError as error:
        code, said = "closed", error.strerror or str(error)
    except (ValueError, ArithmeticError, RecursionError) as error:
        code, said = "SYNTAX", f"the command is no Extended JSON: {error}"
    except (AttributeError, TypeError, LookupError):
        code, said = "protocol", "the reply is not one of MongoDB"
    else:
        return {"reply": json.dumps(value, separators=(",", ":")), "code": None, "error": None}
    return complaint(code, said)


def _answer(sock: socket.socket, text: str, database: str, deadline: Deadline, budget: Budget) -> Any:  # noqa: ANN401 - a JSON value
    """The documents that a command finds, or else what its answer says beside that it succeeded."""
    command = json.loads(text)
    if not isinstance(command, dict) or not command:
        raise ValueError("it is no object, the command's name first")
    answer = _asked(sock, {**command, "$db": database}, deadline, budget)
    for failed in answer.get("writeErrors") or ():
        name = WRITE_ERRORS.get(failed.get("code"), str(failed.get("code")))
        raise ReplyError(f"{name}: {failed.get('errmsg')}")
    if "cursor" in answer:
        return _documents(sock, answer["cursor"], database, deadline, budget)
    return {name: value for name, value in answer.items() if name not in OF_THE_SESSION}


def _documents(sock: socket.socket, cursor: Json, database: str, deadline: Deadline, budget: Budget) -> list[Any]:
    """All documents of a cursor, batch by batch."""
    found = list(cursor["firstBatch"])
    for _ in range(MAX_BATCHES):
        number = cursor["id"]
        if not isinstance(number, int):
            raise ExchangeError("protocol", "the reply is not one of MongoDB")
        if not number:
            return found
        # The name of the collection stands behind that of the database, and may have dots in it.
        collection = str(cursor["ns"]).partition(".")[2]
        more = {"getMore": {"$numberLong": str(number)}, "collection": collection, "$db": database}
        cursor = _asked(sock, more, deadline, budget)["cursor"]
        found += cursor["nextBatch"]
    raise ExchangeError("too-large", f"the reply has more than {MAX_BATCHES} batches")


def _asked(sock: socket.socket, command: Json, deadline: Deadline, budget: Budget) -> Json:
    """The answer to a command.

    Raises:
        ReplyError: the server complains, with the name of its code, a colon and its words.
        ExchangeError, OSError: there is no answer.
        ValueError, ArithmeticError: the command is no Extended JSON.
    """
    body = bytes(4) + b"\0" + bson_document(command, 0)
    send(sock, _HEADER.pack(16 + len(body), 1, 0, OP_MSG) + body, deadline)
    # Nothing is sent ahead, so that nothing of a later reply can be in a buffer that ends here.
    with io.BufferedReader(Incoming(sock, deadline), PIECE) as reader:
        length, _, to, operation = _HEADER.unpack(b"".join(exactly(reader, 16)))
        if operation != OP_MSG or to != 1 or length < 16 + 4 + 1 + 5:
            raise ExchangeError("protocol", "what came is no reply of MongoDB")
        budget.take(length)
        data = b"".join(exactly(reader, length - 16))
    flags, kind = UINT32.unpack_from(data)[0], data[4]
    # A checksum behind the document is allowed; more sections, or a message after this one, were not asked for.
    end = len(data) - (4 if flags & 1 else 0)
    if flags & ~1 or kind:
        raise ExchangeError("protocol", "the reply is in parts that were not asked for")
    answer = Bson(data[5:end]).whole()
    if answer.get("ok") != 1:
        name = answer.get("codeName") or answer.get("code") or "Error"
        raise ReplyError(f"{name}: {answer.get('errmsg')}")
    return answer
