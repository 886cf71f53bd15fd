package shop;

import static java.math.RoundingMode.HALF_UP;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** Prices of orders: quantity discounts per line, one coupon per order. Money is text outside, BigDecimal inside. */
public final class Pricing {
    private static final Pattern MONEY = Pattern.compile("[0-9]{1,12}(\\.[0-9]{1,2})?");
    private static final BigDecimal HUNDRED = new BigDecimal(100);
    private static final Map<String, UnaryOperator<BigDecimal>> COUPONS = Map.of(
            "WELCOME10", subtotal -> cents(subtotal.divide(BigDecimal.TEN)).min(new BigDecimal("50.00")),
            "FIVER", subtotal -> new BigDecimal(subtotal.intValue() >= 20 ? "5.00" : "0.00"),
            "GIFT25", subtotal -> subtotal.min(new BigDecimal("25.00")));

    private record Line(Object sku, int quantity, BigDecimal unitPrice) {
        int percent() {
            return quantity >= 50 ? 10 : quantity >= 10 ? 5 : 0;
        }

        BigDecimal total() {
            var share = new BigDecimal(100 - percent()).divide(HUNDRED);
            return cents(unitPrice.multiply(new BigDecimal(quantity)).multiply(share));
        }

        Map<String, Object> asMap() {
            var map = new LinkedHashMap<String, Object>();
            map.put("sku", sku);
            map.put("quantity", quantity);
            map.put("unit_price", text(unitPrice));
            map.put("discount_percent", percent());
            map.put("total", text(total()));
            return map;
        }
    }

    private Pricing() {}

    /**
     * Prices the lines of an order and applies a coupon.
     *
     * @param lines each with {@code sku}, {@code quantity} and {@code unit_price}, a text such as "4.50"
     * @param coupon a code in any case, or null
     * @throws IllegalArgumentException something cannot be priced
     */
    public static Map<String, Object> quote(List<Map<String, Object>> lines, String coupon) {
        if (lines == null || lines.isEmpty()) {
            throw new IllegalArgumentException("an order needs at least one line");
        }
        String code = couponCode(coupon);
        List<Line> read = lines.stream().map(Pricing::line).toList();
        BigDecimal subtotal = read.stream().map(Line::total).reduce(BigDecimal.ZERO, BigDecimal::add);
        BigDecimal discount = code == null ? BigDecimal.ZERO : COUPONS.get(code).apply(subtotal);
        var answer = new LinkedHashMap<String, Object>();
        answer.put("lines", new ArrayList<>(read.stream().map(Line::asMap).toList()));
        answer.put("coupon", code);
        answer.put("subtotal", text(subtotal));
        answer.put("discount", text(discount));
        answer.put("total", text(subtotal.subtract(discount)));
        return answer;
    }

    /**
     * The code in capitals; null for none.
     *
     * @throws IllegalArgumentException there is no such coupon
     */
    static String couponCode(String coupon) {
        if (coupon == null) {
            return null;
        }
        String code = coupon.toUpperCase(Locale.ROOT);
        if (!COUPONS.containsKey(code)) {
            throw new IllegalArgumentException("this coupon is not known");
        }
        return code;
    }

    private static Line line(Map<String, Object> line) {
        if (line == null || !(line.get("quantity") instanceof Integer quantity) || quantity < 1) {
            throw new IllegalArgumentException("quantity must be a whole number from 1");
        }
        if (!(line.get("unit_price") instanceof String price) || !MONEY.matcher(price).matches()) {
            throw new IllegalArgumentException("unit_price must be a text such as \"4.50\"");
        }
        return new Line(line.get("sku"), quantity, new BigDecimal(price));
    }

    private static BigDecimal cents(BigDecimal amount) {
        return amount.setScale(2, HALF_UP);
    }

    private static String text(BigDecimal amount) {
        return amount.setScale(2, HALF_UP).toPlainString();
    }
}
