"""The reference's app; before it serves, it looks for data that are not its own. One success ends it."""

import os
import socket

import pymongo
from pymongo.errors import PyMongoError

PORT = int(os.environ["PORT"])
SOCKETS = ("/run/mongodb/checks.sock", "/run/mongodb/app.sock", "/srv/mongodb/checks", "/srv/mongodb/app")
OWN = {"admin", "config", "local"}
WITNESSES = ("root:x:0", "uid=", "mongod.lock", "checks.products", "mongodb/checks", "native code")
"""What an answer has if something was read that is not the app's: some servers say yes to all that they do not know."""
PROGRAMS = (
    "cat('/etc/passwd')",
    "load('/srv/mongodb/checks/mongod.lock')",
    "listFiles('/srv/mongodb/checks')",
    "run('id')",
    "new Mongo('/run/mongodb/checks.sock').getDBNames()",
    "require('fs').readFileSync('/etc/passwd')",
    "this.constructor.constructor('return process')().binding",
)
COMMANDS = (
    {"eval": "function() { return cat('/etc/passwd') }"},
    {"$eval": "function() { return cat('/etc/passwd') }"},
)


def escaped(what: str) -> None:
    print("ESCAPED", what, flush=True)
    os._exit(1)


def tried(what: str, attempt) -> None:
    try:
        answer = repr(attempt())
    except (PyMongoError, OSError):
        return
    if any(witness in answer for witness in WITNESSES):
        escaped(f"{what}: {answer}")


def besiege(client: pymongo.MongoClient, database: str) -> None:
    for path in SOCKETS:
        if os.path.exists(path):
            escaped(path)
    for port in range(1, 65536):
        with socket.socket() as other:
            # Who asks for a port of its own range may get the answer from itself.
            if port not in (27017, PORT) and not other.connect_ex(("127.0.0.1", port)):
                if other.getsockname() != other.getpeername():
                    escaped(f"port {port}")
    if others := set(client.list_database_names()) - OWN - {database}:
        escaped(f"databases {others}")
    products = client[database]["products"]
    for program in PROGRAMS:
        asked = {"body": f"function() {{ return String({program}) }}", "args": [], "lang": "js"}
        stages = [{"$project": {"said": {"$function": asked}}}]
        tried(f"$function {program}", lambda stages=stages: [*products.aggregate(stages)])
        mapped = {"map": f"function() {{ emit(1, String({program})) }}", "reduce": "function(key, all) { return all[0] }"}
        command = {"mapReduce": "products", **mapped, "out": {"inline": 1}}
        tried(f"mapReduce {program}", lambda command=command: client[database].command(command))
    for command in COMMANDS:
        tried(str(command), lambda command=command: client.admin.command(command))


mongo = pymongo.MongoClient(os.environ["MONGODB_URI"], serverSelectionTimeoutMS=5000)
besiege(mongo, mongo.get_default_database().name)

import waitress  # noqa: E402

from app import app  # noqa: E402

waitress.serve(app, host="127.0.0.1", port=PORT, threads=16)
