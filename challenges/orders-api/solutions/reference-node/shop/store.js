/** The tables: each function is one transaction or runs inside one. */
import { createHash } from "node:crypto";
import pg from "pg";
import { quote } from "./pricing.js";

/** Nothing was changed: there is too little stock of these SKUs. */
export class OutOfStock extends Error {
  constructor(skus) {
    super(`not enough stock of ${skus.join(", ")}`);
  }
}

/** The idempotency key belongs to another order. */
export class KeyReused extends Error {}

/** The order has left the house. */
export class NotCancellable extends Error {}

const UTC = `to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at`;

export class Store {
  #pool;

  constructor(url) {
    this.#pool = new pg.Pool({ connectionString: url, max: 8 });
    // A connection that breaks while nobody uses it is replaced at the next request.
    this.#pool.on("error", (error) => console.error(`database: ${error.message}`));
  }

  async #rows(sql, values = []) {
    return (await this.#pool.query(sql, values)).rows;
  }

  async #transaction(work) {
    const db = await this.#pool.connect();
    try {
      await db.query("begin");
      const result = await work(async (sql, values = []) => (await db.query(sql, values)).rows);
      await db.query("commit");
      return result;
    } catch (error) {
      await db.query("rollback");
      throw error;
    } finally {
      db.release();
    }
  }

  async customerExists(id) {
    return (await this.#rows("select 1 from customers where id = $1", [id])).length > 0;
  }

  /** The id of the customer whose token it is, or null. */
  async customerWithToken(token) {
    const digest = createHash("sha256").update(token).digest("hex");
    const [found] = await this.#rows("select id from customers where token_hash = $1", [digest]);
    return found?.id ?? null;
  }

  async knownSkus(skus) {
    const rows = await this.#rows("select sku from products where sku = any($1)", [skus]);
    return new Set(rows.map((row) => row.sku));
  }

  async product(sku) {
    const [found] = await this.#rows(
      "select id, sku, name, category, price, stock from products where sku = $1",
      [sku],
    );
    return found ?? null;
  }

  products(category, after, limit) {
    return this.#rows(
      `select id, sku, name, category, price, stock from products
       where id > $1 and ($2::text is null or category = $2)
       order by id limit $3`,
      [after, category, limit],
    );
  }

  ordersOf(customerId, before, limit) {
    const [createdAt, id] = before ?? [null, null];
    return this.#rows(
      `select id, status, total, ${UTC} from orders
       where customer_id = $1 and ($3::integer is null or (orders.created_at, id) < ($2::timestamptz, $3))
       order by orders.created_at desc, id desc limit $4`,
      [customerId, createdAt, id, limit],
    );
  }

  async order(id) {
    const [found] = await this.#rows(
      `select id, customer_id, status, ${UTC}, coupon, subtotal, discount, total from orders where id = $1`,
      [id],
    );
    if (!found) return null;
    const lines = await this.#rows(
      `select p.sku, l.quantity, l.unit_price, l.discount_percent, l.total
       from order_lines l join products p on p.id = l.product_id
       where l.order_id = $1 order by l.line_no`,
      [id],
    );
    return { ...found, lines };
  }

  /** The invoice of an order, null if it is not the customer's. */
  async invoice(id, customerId) {
    const [found] = await this.#rows(
      `select o.id as order_id, c.name as customer, o.subtotal, o.discount, o.total
       from orders o join customers c on c.id = o.customer_id
       where o.id = $1 and c.id = $2`,
      [id, customerId],
    );
    if (!found) return null;
    const lines = await this.#rows(
      `select p.name as product, l.quantity, l.unit_price, l.total
       from order_lines l join products p on p.id = l.product_id
       where l.order_id = $1 order by l.line_no`,
      [id],
    );
    return { ...found, lines };
  }

  /** Store a valid order; its id, and whether it is new. Throws KeyReused or OutOfStock, and changes nothing then. */
  place(body, key) {
    const lines = body.lines.map(({ sku, quantity }) => ({ sku, quantity }));
    const request = JSON.stringify({ customer_id: body.customer_id, lines, coupon: body.coupon ?? null });
    return this.#transaction(async (query) => {
      if (key !== null) {
        // Two requests with one key wait for each other here, until the first has committed.
        await query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [key]);
        const [earlier] = await query(
          "select id, request = $1::jsonb as same from orders where idempotency_key = $2",
          [request, key],
        );
        if (earlier && !earlier.same) throw new KeyReused();
        if (earlier) return { id: earlier.id, isNew: false };
      }
      const products = await this.#take(query, lines);
      const priced = quote(
        lines.map((line) => ({ ...line, unit_price: products.get(line.sku).price })),
        body.coupon,
      );
      const [{ id }] = await query(
        `insert into orders (customer_id, coupon, subtotal, discount, total, idempotency_key, request)
         values ($1, $2, $3, $4, $5, $6, $7) returning id`,
        [
          body.customer_id,
          priced.coupon,
          priced.subtotal,
          priced.discount,
          priced.total,
          key,
          key === null ? null : request,
        ],
      );
      for (const [index, line] of priced.lines.entries())
        await query(
          `insert into order_lines (order_id, line_no, product_id, quantity, unit_price, discount_percent, total)
           values ($1, $2, $3, $4, $5, $6, $7)`,
          [
            id,
            index + 1,
            products.get(line.sku).id,
            line.quantity,
            line.unit_price,
            line.discount_percent,
            line.total,
          ],
        );
      return { id, isNew: true };
    });
  }

  /** Take the stock of all lines; the products by SKU. */
  async #take(query, lines) {
    const wanted = new Map();
    for (const { sku, quantity } of lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity);
    // Locked in the order of their ids, so that two orders never wait for each other in a circle.
    const found = await query(
      "select id, sku, price, stock from products where sku = any($1) order by id for update",
      [[...wanted.keys()]],
    );
    const short = found.filter(({ sku, stock }) => stock < wanted.get(sku)).map(({ sku }) => sku);
    if (short.length > 0) throw new OutOfStock(short.sort());
    for (const { id, sku } of found)
      await query("update products set stock = stock - $1 where id = $2", [wanted.get(sku), id]);
    return new Map(found.map((row) => [row.sku, row]));
  }

  /** Cancel a placed order and restore its stock; false if there is no such order. Throws NotCancellable. */
  cancel(id) {
    return this.#transaction(async (query) => {
      const [found] = await query("select status from orders where id = $1 for update", [id]);
      if (!found) return false;
      if (found.status === "shipped") throw new NotCancellable();
      if (found.status === "placed") {
        await query("update orders set status = 'cancelled' where id = $1", [id]);
        // Locked in the order of their ids, as in `#take`.
        await query(
          `select id from products where id in (select product_id from order_lines where order_id = $1)
           order by id for update`,
          [id],
        );
        await query(
          `update products set stock = stock + taken.quantity
           from (select product_id, sum(quantity) as quantity from order_lines
                 where order_id = $1 group by product_id) taken
           where products.id = taken.product_id`,
          [id],
        );
      }
      return true;
    });
  }
}
