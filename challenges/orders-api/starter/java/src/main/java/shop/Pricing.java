package shop;

import java.util.List;
import java.util.Map;

/** Prices of orders (section 3 of the brief). */
public final class Pricing {
    private Pricing() {}

    /** Prices the lines of an order and applies a coupon. */
    public static Map<String, Object> quote(List<Map<String, Object>> lines, String coupon) {
        throw new UnsupportedOperationException("not written yet");
    }
}
