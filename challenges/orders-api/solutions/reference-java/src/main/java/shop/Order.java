package shop;

import java.util.List;

/** A valid order, as a client sent it. */
record Order(int customerId, List<Line> lines, String coupon) {
    record Line(String sku, int quantity) {}
}
