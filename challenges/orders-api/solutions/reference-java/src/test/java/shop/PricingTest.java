package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class PricingTest {
    private static Map<String, Object> line(Object price, Object quantity) {
        var line = new HashMap<String, Object>();
        line.put("sku", "X");
        line.put("unit_price", price);
        line.put("quantity", quantity);
        return line;
    }

    @ParameterizedTest
    @CsvSource({
        "1.20, 1, 0, 1.20",
        "1.20, 9, 0, 10.80",
        "1.20, 10, 5, 11.40",
        "1.20, 49, 5, 55.86",
        "1.20, 50, 10, 54.00",
        "0.03, 10, 5, 0.29",
    })
    void linesArePriced(String price, int quantity, int percent, String total) {
        var priced = (Map<?, ?>) ((List<?>) Pricing.quote(List.of(line(price, quantity)), null).get("lines")).get(0);
        assertEquals(percent, priced.get("discount_percent"));
        assertEquals(total, priced.get("total"));
    }

    @ParameterizedTest
    @CsvSource({
        ", 20.00, 0.00, 20.00",
        "welcome10, 20.05, 2.01, 18.04",
        "WELCOME10, 900.00, 50.00, 850.00",
        "FIVER, 19.99, 0.00, 19.99",
        "FIVER, 20.00, 5.00, 15.00",
        "GIFT25, 24.00, 24.00, 0.00",
    })
    void couponsCount(String coupon, String price, String discount, String total) {
        var answer = Pricing.quote(List.of(line(price, 1)), coupon);
        assertEquals(discount, answer.get("discount"));
        assertEquals(total, answer.get("total"));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(ints = {0, -1})
    void badQuantitiesAreRefused(Integer quantity) {
        assertThrows(IllegalArgumentException.class, () -> Pricing.quote(List.of(line("1.00", quantity)), null));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"-0.01", "cheap", "1.234"})
    void badPricesAreRefused(String price) {
        assertThrows(IllegalArgumentException.class, () -> Pricing.quote(List.of(line(price, 1)), null));
    }

    @Test
    void theCommandLinePrintsAQuote() throws IOException {
        var input = "{\"lines\": [{\"sku\": \"X\", \"unit_price\": \"4.75\", \"quantity\": 2}]}";
        var out = new ByteArrayOutputStream();
        int code = Quote.run(new ByteArrayInputStream(input.getBytes()), new PrintStream(out), System.err);
        assertEquals(0, code);
        assertEquals(true, out.toString().contains("\"total\":\"9.50\""));
    }
}
