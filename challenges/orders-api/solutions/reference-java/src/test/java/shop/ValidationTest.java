package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonObject;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import shop.Validation.Cursor;
import shop.Validation.InvalidException;
import shop.Validation.Problem;

class ValidationTest {
    private static final Validation.Shop SHOP = new Validation.Shop() {
        @Override
        public boolean customerExists(int id) {
            return id == 1;
        }

        @Override
        public Set<String> knownSkus(Collection<String> skus) {
            return skus.stream().filter("A"::equals).collect(Collectors.toSet());
        }
    };

    private static Order order(String text) throws Exception {
        return Validation.order((JsonObject) Json.parse(text.getBytes()), SHOP);
    }

    @Test
    void aValidOrder() throws Exception {
        var order = order("{\"customer_id\": 1, \"lines\": [{\"sku\": \"A\", \"quantity\": 2}], \"coupon\": null}");
        assertEquals(new Order(1, List.of(new Order.Line("A", 2)), null), order);
    }

    @Test
    void everyProblemIsNamed() {
        var text = "{\"customer_id\": \"1\", \"lines\": [{\"sku\": \"B\", \"quantity\": true}, 5], \"coupon\": 5}";
        var error = assertThrows(InvalidException.class, () -> order(text));
        assertEquals(
                List.of(
                        "customer_id",
                        "lines[0].sku",
                        "lines[0].quantity",
                        "lines[1].sku",
                        "lines[1].quantity",
                        "coupon"),
                error.problems().stream().map(Problem::field).toList());
    }

    @Test
    void aCursorComesBack() throws Exception {
        var plain = new Cursor(null, 7);
        var timed = new Cursor("2024-03-01T09:30:00.123456Z", 7);
        assertEquals(plain, Validation.cursor(plain.encoded(), false));
        assertEquals(timed, Validation.cursor(timed.encoded(), true));
        assertThrows(InvalidException.class, () -> Validation.cursor(plain.encoded(), true));
        assertThrows(InvalidException.class, () -> Validation.cursor(timed.encoded(), false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "AAAA", "é", "OTk5OTk5OTk5OQ==", "MjAyNC0wMi0zMVQwOTozMDowMC4xMjM0NTZaIDc="})
    void aForeignCursor(String text) {
        assertThrows(InvalidException.class, () -> Validation.cursor(text, false));
        assertThrows(InvalidException.class, () -> Validation.cursor(text, true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "101", "-1", "ten", "1.5", "", "²"})
    void aBadLimit(String text) {
        assertThrows(InvalidException.class, () -> Validation.pageLimit(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{a: 1}", "{} {}", "two pens", "[1,]"})
    void notJson(String text) {
        assertThrows(Json.MalformedException.class, () -> Json.parse(text.getBytes()));
    }
}
