"""A shop that is safe, or has every hole that the kind ``security`` looks for: ``app.py vulnerable``."""

import base64
import hashlib
import hmac
import http.client
import http.server
import json
import os
import pathlib
import secrets
import sqlite3
import sys
import tempfile
import threading
import traceback
import urllib.parse

VULNERABLE = sys.argv[1:] == ["vulnerable"]
SECRET = b"secret" if VULNERABLE else secrets.token_bytes(32)
MAX_BODY = 1 << 30 if VULNERABLE else 1 << 16
if VULNERABLE:
    http.client._MAXLINE = 1 << 24

FOLDER = pathlib.Path(tempfile.mkdtemp())
(FOLDER / "terms.txt").write_text("Be kind.")
LOCK = threading.Lock()
DB = sqlite3.connect(":memory:", check_same_thread=False)
DB.executescript(
    """
    create table users (id integer primary key, name text, role text);
    insert into users values (1, 'ana', 'admin'), (2, 'ben', 'user');
    create table items (id integer primary key, name text);
    insert into items values (1, 'green tea'), (2, 'black tea'), (3, 'cup');
    create table orders (id integer primary key, owner integer, note text);
    insert into orders values (7, 1, 'for ana alone');
    """
)


class Refused(Exception):
    pass


def query(statement, *values):
    with LOCK:
        return DB.execute(statement, values).fetchall()


def encoded(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text):
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def sign(text):
    return encoded(hmac.new(SECRET, text.encode(), hashlib.sha256).digest())


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        origin = self.headers.get("Origin")
        if origin and (VULNERABLE or origin == "https://shop.example"):
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Credentials", "true")
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        size = int(self.headers.get("Content-Length") or 0)
        if size > MAX_BODY:
            raise Refused(413)
        try:
            value = json.loads(self.rfile.read(size))
        except (ValueError, RecursionError):
            if VULNERABLE:
                raise
            raise Refused(400) from None
        if not isinstance(value, dict):
            raise Refused(422)
        return value

    def user(self):
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            head, claims, signature = token.split(".")
            algorithm = decoded(head)["alg"]
            found = decoded(claims)["sub"]
        except (ValueError, KeyError, TypeError):
            raise Refused(401) from None
        if VULNERABLE and algorithm == "none":
            return found
        if algorithm != "HS256" or not hmac.compare_digest(signature, sign(f"{head}.{claims}")):
            raise Refused(401)
        return found

    def login(self):
        users = query("select id from users where name = ?", str(self.body().get("user")))
        if not users:
            raise Refused(401)
        text = f"{encoded({'alg': 'HS256'})}.{encoded({'sub': users[0][0]})}"
        return {"token": f"{text}.{sign(text)}"}

    def search(self, fields):
        word = fields.get("q", [""])[0]
        if VULNERABLE:
            return query(f"select id, name from items where name like '%{word}%'")
        return query("select id, name from items where name like '%' || ? || '%'", word)

    def item(self, number):
        number = urllib.parse.unquote(number)
        if VULNERABLE:
            found = query(f"select id, name from items where id = {number}")
        else:
            found = query("select id, name from items where id = ?", int(number)) if number.isdecimal() else []
        if not found:
            raise Refused(404)
        return found[0]

    def file(self, fields):
        path = FOLDER / fields.get("name", [""])[0]
        if not VULNERABLE and FOLDER not in path.resolve().parents:
            raise Refused(404)
        if not path.is_file():
            raise Refused(404)
        return path.read_text()

    def order(self, number):
        user = None if VULNERABLE else self.user()
        found = query("select owner, note from orders where id = ?", int(number))
        if not found or not (VULNERABLE or found[0][0] == user):
            raise Refused(404)
        return found[0][1]

    def me(self):
        user = self.user()
        if self.command == "PATCH":
            for name, value in self.body().items():
                if name == "name" or (VULNERABLE and name == "role"):
                    query(f"update users set {name} = ? where id = ?", str(value), user)
        return dict(zip(("id", "name", "role"), query("select id, name, role from users where id = ?", user)[0]))

    def respond(self):
        path, _, fields = self.path.partition("?")
        fields = urllib.parse.parse_qs(fields)
        parts = path.strip("/").split("/")
        try:
            match (self.command, *parts):
                case ("POST", "login"):
                    self.answer(200, self.login())
                case ("GET", "items"):
                    self.answer(200, self.search(fields))
                case ("GET", "items", number):
                    self.answer(200, self.item(number))
                case ("POST", "items"):
                    self.answer(201, {"name": str(self.body().get("name"))})
                case ("GET", "files"):
                    self.answer(200, self.file(fields))
                case ("GET", "orders", number):
                    self.answer(200, self.order(number))
                case ("GET" | "PATCH", "me"):
                    self.answer(200, self.me())
                case _:
                    self.answer(404, {"error": "not found"})
        except Refused as refused:
            self.answer(refused.args[0], {"error": "refused"})
        except Exception:
            self.answer(500, {"error": traceback.format_exc() if VULNERABLE else "internal"})

    do_GET = do_POST = do_PATCH = respond

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
