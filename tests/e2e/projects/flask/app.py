import os

import psycopg
from flask import Flask, request
from psycopg.rows import dict_row

app = Flask(__name__)


def query(text, *values):
    with psycopg.connect(os.environ["DATABASE_URL"], row_factory=dict_row) as connection:
        return connection.execute(text, values).fetchall()


@app.get("/teas")
def every_tea():
    return query("select id, name from teas order by id")


@app.post("/teas")
def new_tea():
    return query("insert into teas (name) values (%s) returning id, name", request.json["name"])[0], 201
