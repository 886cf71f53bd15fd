package shop;

import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** The tables: each public method is one transaction. Rows are maps of columns; money and times are texts. */
final class Store implements Validation.Shop {
    private static final String UTC =
            "to_char(created_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as created_at";

    /** Nothing was changed: a rule of the shop speaks against it. */
    static final class ConflictException extends Exception {
        private final String code;

        ConflictException(String code, String message) {
            super(message);
            this.code = code;
        }

        String code() {
            return code;
        }
    }

    /** An order that was stored, now or by an earlier request with the same key. */
    record Placed(int id, boolean isNew) {}

    private interface Work<T> {
        T in(Connection db) throws SQLException, ConflictException;
    }

    private final DataSource database;

    private Store(DataSource database) {
        this.database = database;
    }

    /** The store at a URL such as {@code postgresql://user:password@host:port/name}. */
    static Store at(String url) {
        URI parts = URI.create(url);
        String[] account = parts.getUserInfo().split(":", 2);
        var source = new PGSimpleDataSource();
        source.setServerNames(new String[] {parts.getHost()});
        source.setPortNumbers(new int[] {parts.getPort()});
        source.setDatabaseName(parts.getPath().substring(1));
        source.setUser(account[0]);
        source.setPassword(account[1]);
        return new Store(source);
    }

    @Override
    public boolean customerExists(int id) throws SQLException {
        return !rows("select 1 from customers where id = ?", id).isEmpty();
    }

    /** The id of the customer whose token it is, or null. */
    Integer customerWithToken(String token) throws SQLException {
        String sql = "select id from customers where token_hash = encode(sha256(convert_to(?, 'UTF8')), 'hex')";
        var found = first(rows(sql, token));
        return found == null ? null : (Integer) found.get("id");
    }

    @Override
    public Set<String> knownSkus(Collection<String> skus) throws SQLException {
        var found = new HashSet<String>();
        for (var row : rows("select sku from products where sku = any(?)", (Object) skus.toArray(String[]::new))) {
            found.add((String) row.get("sku"));
        }
        return found;
    }

    /** The product, or null. */
    Map<String, Object> product(String sku) throws SQLException {
        return first(rows("select id, sku, name, category, price::text, stock from products where sku = ?", sku));
    }

    List<Map<String, Object>> products(String category, int after, int limit) throws SQLException {
        return rows(
                """
                select id, sku, name, category, price::text, stock from products
                where id > ? and (?::text is null or category = ?)
                order by id limit ?
                """,
                after, category, category, limit);
    }

    List<Map<String, Object>> ordersOf(int customer, Validation.Cursor before, int limit) throws SQLException {
        String time = before == null ? null : before.time();
        Integer id = before == null ? null : before.id();
        return rows(
                "select id, status, total::text, " + UTC
                        + """
                           from orders
                          where customer_id = ?
                            and (?::integer is null or (orders.created_at, id) < (?::timestamptz, ?::integer))
                          order by orders.created_at desc, id desc limit ?
                          """,
                customer, id, time, id, limit);
    }

    /** The order with its lines, or null. */
    Map<String, Object> order(int id) throws SQLException {
        var found = first(rows(
                "select id, customer_id, status, " + UTC + ", coupon, subtotal::text, discount::text, total::text"
                        + " from orders where id = ?",
                id));
        if (found != null) {
            found.put(
                    "lines",
                    rows(
                            """
                            select p.sku, l.quantity, l.unit_price::text, l.discount_percent, l.total::text
                            from order_lines l join products p on p.id = l.product_id
                            where l.order_id = ? order by l.line_no
                            """,
                            id));
        }
        return found;
    }

    /** The invoice of an order, or null if it is not the customer's. */
    Map<String, Object> invoice(int id, int customer) throws SQLException {
        var found = first(rows(
                """
                select o.id as order_id, c.name as customer, o.subtotal::text, o.discount::text, o.total::text
                from orders o join customers c on c.id = o.customer_id
                where o.id = ? and c.id = ?
                """,
                id,
                customer));
        if (found != null) {
            found.put(
                    "lines",
                    rows(
                            """
                            select p.name as product, l.quantity, l.unit_price::text, l.total::text
                            from order_lines l join products p on p.id = l.product_id
                            where l.order_id = ? order by l.line_no
                            """,
                            id));
        }
        return found;
    }

    /** Stores an order; {@code key} is null where the client sent none. */
    Placed place(Order order, String key) throws SQLException, ConflictException {
        var request = new LinkedHashMap<String, Object>();
        request.put("customer_id", order.customerId());
        request.put("lines", order.lines());
        request.put("coupon", order.coupon());
        String text = Json.write(request);
        return transaction(db -> {
            if (key != null) {
                // Two requests with one key wait for each other here, until the first has committed.
                rows(db, "select pg_advisory_xact_lock(hashtextextended(?, 0))", key);
                var earlier = first(rows(
                        db, "select id, request = ?::jsonb as same from orders where idempotency_key = ?", text, key));
                if (earlier != null) {
                    if (!Boolean.TRUE.equals(earlier.get("same"))) {
                        String message = "this idempotency key came with another order";
                        throw new ConflictException("idempotency_conflict", message);
                    }
                    return new Placed((int) earlier.get("id"), false);
                }
            }
            return new Placed(insert(db, order, take(db, order), key, text), true);
        });
    }

    /** Takes the stock of all lines; the products by SKU. */
    private static Map<String, Map<String, Object>> take(Connection db, Order order)
            throws SQLException, ConflictException {
        var wanted = new TreeMap<String, Integer>();
        order.lines().forEach(line -> wanted.merge(line.sku(), line.quantity(), Integer::sum));
        // Locked in the order of their ids, so that two orders never wait for each other in a circle.
        var found = rows(
                db,
                "select id, sku, price::text, stock from products where sku = any(?) order by id for update",
                (Object) wanted.keySet().toArray(String[]::new));
        var products = new HashMap<String, Map<String, Object>>();
        found.forEach(row -> products.put((String) row.get("sku"), row));
        var missing = wanted.keySet().stream()
                .filter(sku -> (int) products.get(sku).get("stock") < wanted.get(sku))
                .toList();
        if (!missing.isEmpty()) {
            throw new ConflictException("insufficient_stock", "not enough stock of " + String.join(", ", missing));
        }
        for (var row : found) {
            int quantity = wanted.get((String) row.get("sku"));
            change(db, "update products set stock = stock - ? where id = ?", quantity, row.get("id"));
        }
        return products;
    }

    private static int insert(
            Connection db, Order order, Map<String, Map<String, Object>> products, String key, String request)
            throws SQLException {
        List<Map<String, Object>> lines = new ArrayList<>();
        for (var line : order.lines()) {
            Object price = products.get(line.sku()).get("price");
            lines.add(Map.of("sku", line.sku(), "quantity", line.quantity(), "unit_price", price));
        }
        var priced = Pricing.quote(lines, order.coupon());
        int id = (int) first(rows(
                        db,
                        """
                        insert into orders (customer_id, coupon, subtotal, discount, total, idempotency_key, request)
                        values (?, ?, ?::numeric, ?::numeric, ?::numeric, ?, ?::jsonb) returning id
                        """,
                        order.customerId(),
                        priced.get("coupon"),
                        priced.get("subtotal"),
                        priced.get("discount"),
                        priced.get("total"),
                        key,
                        key == null ? null : request))
                .get("id");
        int number = 0;
        for (Object item : (List<?>) priced.get("lines")) {
            var line = (Map<?, ?>) item;
            number++;
            change(
                    db,
                    """
                    insert into order_lines
                        (order_id, line_no, product_id, quantity, unit_price, discount_percent, total)
                    values (?, ?, ?, ?, ?::numeric, ?, ?::numeric)
                    """,
                    id,
                    number,
                    products.get((String) line.get("sku")).get("id"),
                    line.get("quantity"),
                    line.get("unit_price"),
                    line.get("discount_percent"),
                    line.get("total"));
        }
        return id;
    }

    /** Cancels a placed order and restores its stock; false if there is no such order. */
    boolean cancel(int id) throws SQLException, ConflictException {
        return transaction(db -> {
            var found = first(rows(db, "select status from orders where id = ? for update", id));
            if (found == null) {
                return false;
            }
            if (found.get("status").equals("shipped")) {
                throw new ConflictException("not_cancellable", "a shipped order can not be cancelled");
            }
            if (found.get("status").equals("placed")) {
                change(db, "update orders set status = 'cancelled' where id = ?", id);
                var taken = rows(
                        db,
                        """
                        select product_id, sum(quantity)::integer as quantity from order_lines
                        where order_id = ? group by product_id order by product_id
                        """,
                        id);
                for (var row : taken) {
                    String sql = "update products set stock = stock + ? where id = ?";
                    change(db, sql, row.get("quantity"), row.get("product_id"));
                }
            }
            return true;
        });
    }

    // --- statements

    private <T> T transaction(Work<T> work) throws SQLException, ConflictException {
        try (Connection db = database.getConnection()) {
            db.setAutoCommit(false);
            try {
                T result = work.in(db);
                db.commit();
                return result;
            } catch (SQLException | ConflictException | RuntimeException error) {
                db.rollback();
                throw error;
            }
        }
    }

    private List<Map<String, Object>> rows(String sql, Object... values) throws SQLException {
        try (Connection db = database.getConnection()) {
            return rows(db, sql, values);
        }
    }

    private static List<Map<String, Object>> rows(Connection db, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = prepared(db, sql, values);
                ResultSet result = statement.executeQuery()) {
            ResultSetMetaData columns = result.getMetaData();
            var rows = new ArrayList<Map<String, Object>>();
            while (result.next()) {
                var row = new LinkedHashMap<String, Object>();
                for (int column = 1; column <= columns.getColumnCount(); column++) {
                    row.put(columns.getColumnLabel(column), result.getObject(column));
                }
                rows.add(row);
            }
            return rows;
        }
    }

    private static void change(Connection db, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = prepared(db, sql, values)) {
            statement.executeUpdate();
        }
    }

    private static PreparedStatement prepared(Connection db, String sql, Object... values) throws SQLException {
        PreparedStatement statement = db.prepareStatement(sql);
        for (int index = 0; index < values.length; index++) {
            Object value = values[index];
            statement.setObject(index + 1, value instanceof String[] texts ? db.createArrayOf("text", texts) : value);
        }
        return statement;
    }

    private static Map<String, Object> first(List<Map<String, Object>> rows) {
        return rows.isEmpty() ? null : rows.get(0);
    }
}
