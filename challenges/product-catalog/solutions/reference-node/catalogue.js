// Products in MongoDB.
import { MongoClient } from "mongodb";

const FIELDS = { _id: 0, sku: 1, name: 1, category: 1, price_cents: 1, tags: 1, stock: 1 };
const DUPLICATE = 11000;

export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

export class Catalogue {
  constructor(uri) {
    this.client = new MongoClient(uri, { serverSelectionTimeoutMS: 2000, socketTimeoutMS: 5000 });
    this.products = this.client.db().collection("products");
  }

  async prepare() {
    await this.products.createIndex({ sku: 1 }, { unique: true });
    await this.products.createIndex({ category: 1, sku: 1 });
    await this.products.createIndex({ tags: 1, sku: 1 });
  }

  async healthy() {
    try {
      return (await this.client.db().command({ ping: 1 })).ok === 1;
    } catch {
      return false;
    }
  }

  async add(product) {
    try {
      await this.products.insertOne({ ...product, created_at: new Date() });
    } catch (error) {
      if (error.code === DUPLICATE) throw new Refused("there is a product with this sku", 409);
      throw error;
    }
    return product;
  }

  async get(sku) {
    return found(await this.products.findOne({ sku }, { projection: FIELDS }));
  }

  async change(sku, fields) {
    if (Object.keys(fields).length === 0) return this.get(sku);
    return found(await this.products.findOneAndUpdate({ sku }, { $set: fields }, after()));
  }

  async changeStock(sku, change) {
    const wanted = { sku, stock: { $gte: -change } };
    const product = await this.products.findOneAndUpdate(wanted, { $inc: { stock: change } }, after());
    if (product === null) {
      await this.get(sku);
      throw new Refused("not so many are left", 409);
    }
    return found(product);
  }

  async page({ wanted, limit }) {
    // One more than asked for says whether there are more.
    const query = this.products.find(wanted, { projection: FIELDS }).sort({ sku: 1 }).limit(limit + 1);
    const all = await query.toArray();
    const products = all.slice(0, limit).map(found);
    return { products, next: all.length > limit ? products.at(-1).sku : null };
  }

  async categories() {
    const sums = {
      _id: "$category",
      products: { $sum: 1 },
      stock: { $sum: "$stock" },
      cheapest_cents: { $min: "$price_cents" },
      value_cents: { $sum: { $multiply: ["$price_cents", "$stock"] } },
    };
    const found = await this.products.aggregate([{ $group: sums }, { $sort: { _id: 1 } }]).toArray();
    return { categories: found.map(({ _id, ...rest }) => ({ category: _id, ...rest })) };
  }
}

function after() {
  return { projection: FIELDS, returnDocument: "after" };
}

function found(product) {
  if (product === null) throw new Refused("there is no such product", 404);
  return { ...product, tags: product.tags ?? [] };
}
