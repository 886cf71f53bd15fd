"""The HTTP API."""

from __future__ import annotations

import os

from flask import Flask, jsonify, request

from limiter import Limiter
from validation import Invalid, name, wanted

app = Flask(__name__)
limiter = Limiter(os.environ["REDIS_URL"])


@app.get("/health")
def health():
    return jsonify(status="ok")


@app.post("/acquire")
def acquire():
    asked = wanted(request.get_json(force=True, silent=True))
    window = limiter.acquire(asked.client, asked.limit, asked.window_ms)
    answer = jsonify(
        allowed=window.allowed,
        limit=asked.limit,
        remaining=max(0, asked.limit - window.used),
        reset_ms=window.reset_ms,
    )
    if window.allowed:
        return answer
    return answer, 429, {"Retry-After": str(max(1, -(-window.reset_ms // 1000)))}


@app.get("/clients/<client>")
def read(client: str):
    window = limiter.read(name(client))
    return jsonify(client=client, used=window.used, reset_ms=window.reset_ms)


@app.delete("/clients/<client>")
def forget(client: str):
    limiter.forget(name(client))
    return "", 204


@app.errorhandler(Invalid)
def invalid(error: Invalid):
    return jsonify(error=str(error)), error.status


@app.errorhandler(404)
def missing(error):
    return jsonify(error="there is no such path"), 404


@app.errorhandler(405)
def wrong_method(error):
    return jsonify(error="this path does not take that method"), 405
