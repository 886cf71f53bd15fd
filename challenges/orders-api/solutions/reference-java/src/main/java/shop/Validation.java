package shop;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a request may contain, before any table is changed. */
final class Validation {
    static final int MAX_ID = Integer.MAX_VALUE;
    private static final int MAX_LINES = 50;
    private static final int MAX_QUANTITY = 1000;
    private static final int MAX_LIMIT = 100;
    private static final Pattern CURSOR =
            Pattern.compile("(?:(\\d{4}-[01]\\d-[0-3]\\dT[0-2]\\d:[0-5]\\d:[0-5]\\d\\.\\d{6}Z) )?(\\d{1,10})");

    record Problem(String field, String message) {}

    /** Every invalid field of a request. */
    static final class InvalidException extends Exception {
        private final transient List<Problem> problems;

        InvalidException(List<Problem> problems) {
            super("some values are not valid");
            this.problems = problems;
        }

        List<Problem> problems() {
            return problems;
        }
    }

    /** What only the database knows. */
    interface Shop {
        boolean customerExists(int id) throws SQLException;

        Set<String> knownSkus(Collection<String> skus) throws SQLException;
    }

    /** The key of the last item of a page; the time is null where items have only an id. */
    record Cursor(String time, int id) {
        String encoded() {
            String text = time == null ? String.valueOf(id) : time + " " + id;
            return Base64.getUrlEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private Validation() {}

    /** Whether PostgreSQL can hold it: no NUL, no half of a surrogate pair. */
    static boolean isText(String text) {
        return text != null
                && text.indexOf('\0') < 0
                && text.codePoints().noneMatch(point -> 0xD800 <= point && point <= 0xDFFF);
    }

    static Order order(JsonObject body, Shop shop) throws InvalidException, SQLException {
        var problems = new ArrayList<Problem>();
        Integer customer = Json.integer(body.get("customer_id"), 1, MAX_ID);
        if (customer == null || !shop.customerExists(customer)) {
            problems.add(new Problem("customer_id", "must be the id of an existing customer"));
        }
        List<Order.Line> lines = lines(body.get("lines"), shop, problems);
        String coupon = null;
        try {
            coupon = coupon(body.get("coupon"));
            Pricing.couponCode(coupon);
        } catch (IllegalArgumentException error) {
            problems.add(new Problem("coupon", "is not known"));
        }
        if (!problems.isEmpty()) {
            throw new InvalidException(problems);
        }
        return new Order(customer, lines, coupon);
    }

    private static List<Order.Line> lines(JsonElement element, Shop shop, List<Problem> problems) throws SQLException {
        if (!(element instanceof JsonArray array) || array.size() < 1 || array.size() > MAX_LINES) {
            problems.add(new Problem("lines", "must be a list of 1 to " + MAX_LINES + " lines"));
            return List.of();
        }
        List<JsonObject> objects = new ArrayList<>();
        array.forEach(item -> objects.add(item instanceof JsonObject object ? object : new JsonObject()));
        List<String> skus = objects.stream().map(line -> Json.text(line.get("sku"))).toList();
        Set<String> known = shop.knownSkus(skus.stream().filter(Validation::isText).toList());
        var lines = new ArrayList<Order.Line>();
        for (int index = 0; index < objects.size(); index++) {
            String sku = skus.get(index);
            Integer quantity = Json.integer(objects.get(index).get("quantity"), 1, MAX_QUANTITY);
            if (sku == null || !known.contains(sku)) {
                problems.add(new Problem("lines[" + index + "].sku", "must be the SKU of an existing product"));
            }
            if (quantity == null) {
                String message = "must be a whole number from 1 to " + MAX_QUANTITY;
                problems.add(new Problem("lines[" + index + "].quantity", message));
            }
            lines.add(new Order.Line(sku, Objects.requireNonNullElse(quantity, 0)));
        }
        return lines;
    }

    /**
     * The text of a coupon that was sent; null for none.
     *
     * @throws IllegalArgumentException it is no text
     */
    static String coupon(JsonElement element) {
        if (element == null || element.isJsonNull()) {
            return null;
        }
        String text = Json.text(element);
        if (text == null) {
            throw new IllegalArgumentException("a coupon is a text");
        }
        return text;
    }

    static int pageLimit(String text) throws InvalidException {
        Integer limit = text == null ? Integer.valueOf(20) : Json.integer(text, 1, MAX_LIMIT);
        if (limit == null) {
            throw new InvalidException(List.of(new Problem("limit", "must be a whole number from 1 to " + MAX_LIMIT)));
        }
        return limit;
    }

    /** The cursor that was encoded; null for null. */
    static Cursor cursor(String text, boolean withTime) throws InvalidException {
        if (text == null) {
            return null;
        }
        try {
            Matcher found = CURSOR.matcher(new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8));
            Integer id = found.matches() ? Json.integer(found.group(2), 0, MAX_ID) : null;
            if (id != null && (found.group(1) != null) == withTime) {
                if (withTime) {
                    Instant.parse(found.group(1));
                }
                return new Cursor(found.group(1), id);
            }
        } catch (IllegalArgumentException | DateTimeException error) {
            // It is told below.
        }
        throw new InvalidException(List.of(new Problem("cursor", "is not a cursor of ours")));
    }
}
