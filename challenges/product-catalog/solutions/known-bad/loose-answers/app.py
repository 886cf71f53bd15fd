"""The HTTP API."""

from __future__ import annotations

import os

from flask import Flask, jsonify, request
from pymongo.errors import PyMongoError

import validation
from catalogue import Catalogue, Exists, Missing, TooFew
from validation import Invalid

app = Flask(__name__)
catalogue = Catalogue(os.environ["MONGODB_URI"])


@app.get("/health")
def health():
    well = catalogue.healthy()
    return jsonify(health="ok" if well else "mongodb does not answer"), 200 if well else 503


@app.post("/products")
def add():
    return jsonify(catalogue.add(validation.new_product(body())))


@app.get("/products/<sku>")
def get(sku: str):
    return jsonify(catalogue.get(sku))


@app.patch("/products/<sku>")
def change(sku: str):
    return jsonify(catalogue.change(sku, validation.changes(body())))


@app.post("/products/<sku>/stock")
def change_stock(sku: str):
    return jsonify(catalogue.change_stock(sku, validation.stock_change(body())))


@app.get("/products")
def search():
    products, following = catalogue.page(**validation.search(request.args.to_dict()))
    return jsonify(products=products, next=following)


@app.get("/reports/categories")
def categories():
    return jsonify(categories=catalogue.categories())


def body() -> object:
    return request.get_json(force=True, silent=True)


@app.errorhandler(Invalid)
def invalid(error: Invalid):
    return jsonify(error=str(error)), error.status


@app.errorhandler(Exists)
def exists(error: Exists):
    return jsonify(error="there is a product with this sku"), 409


@app.errorhandler(TooFew)
def too_few(error: TooFew):
    return jsonify(error="not so many are left"), 409


@app.errorhandler(Missing)
def unknown(error: Missing):
    return jsonify(error="there is no such product"), 404


@app.errorhandler(PyMongoError)
def unavailable(error: PyMongoError):
    return jsonify(error="mongodb does not answer"), 503


@app.errorhandler(404)
def missing(error):
    return jsonify(error="there is no such path"), 404


@app.errorhandler(405)
def wrong_method(error):
    return jsonify(error="this path does not take that method"), 405
