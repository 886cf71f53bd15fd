"""Products in MongoDB."""

from __future__ import annotations

from datetime import UTC, datetime

import pymongo
from pymongo import MongoClient, ReturnDocument
from pymongo.errors import DuplicateKeyError

FIELDS = {"_id": 0, "sku": 1, "name": 1, "category": 1, "price_cents": 1, "tags": 1, "stock": 1}


class Exists(Exception):
    """There is such a product."""


class Missing(Exception):
    """There is no such product."""


class TooFew(Exception):
    """Not so many are left."""


class Catalogue:
    """The collection ``products`` of a database."""

    def __init__(self, uri: str) -> None:
        self._client = MongoClient(uri, serverSelectionTimeoutMS=2000, timeoutMS=5000)
        self._products = self._client.get_default_database()["products"]
        self._products.create_index("sku", unique=True)
        self._products.create_index([("category", pymongo.ASCENDING), ("sku", pymongo.ASCENDING)])
        self._products.create_index([("tags", pymongo.ASCENDING), ("sku", pymongo.ASCENDING)])

    def healthy(self) -> bool:
        try:
            return self._client.admin.command("ping")["ok"] == 1
        except pymongo.errors.PyMongoError:
            return False

    def add(self, product: dict) -> dict:
        try:
            self._products.insert_one({**product, "created_at": datetime.now(UTC)})
        except DuplicateKeyError as error:
            raise Exists from error
        return product

    def get(self, sku: str) -> dict:
        return _found(self._products.find_one({"sku": sku}, FIELDS))

    def change(self, sku: str, fields: dict) -> dict:
        if not fields:
            return self.get(sku)
        return _found(
            self._products.find_one_and_update(
                {"sku": sku}, {"$set": fields}, projection=FIELDS, return_document=ReturnDocument.AFTER
            )
        )

    def change_stock(self, sku: str, change: int) -> dict:
        found = self._products.find_one_and_update(
            {"sku": sku, "stock": {"$gte": -change}},
            {"$inc": {"stock": change}},
            projection=FIELDS,
            return_document=ReturnDocument.AFTER,
        )
        if found is None:
            self.get(sku)
            raise TooFew
        return _found(found)

    def page(self, wanted: dict, limit: int) -> tuple[list[dict], str | None]:
        # One more than asked for says whether there are more.
        found = list(self._products.find(wanted, FIELDS).sort("sku", 1).limit(limit + 1))
        products = [_found(product) for product in found[:limit]]
        return products, products[-1]["sku"] if len(found) > limit else None

    def categories(self) -> list[dict]:
        return list(
            self._products.aggregate(
                [
                    {
                        "$group": {
                            "_id": "$category",
                            "products": {"$sum": 1},
                            "stock": {"$sum": "$stock"},
                            "cheapest_cents": {"$min": "$price_cents"},
                            "value_cents": {"$sum": {"$multiply": ["$price_cents", "$stock"]}},
                        }
                    },
                    {"$sort": {"_id": 1}},
                    {
                        "$project": {
                            "_id": 0,
                            "category": "$_id",
                            "products": 1,
                            "stock": 1,
                            "cheapest_cents": 1,
                            "value_cents": 1,
                        }
                    },
                ]
            )
        )


def _found(product: dict | None) -> dict:
    if product is None:
        raise Missing
    return product
