import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import shop.Sales;

class SalesTest {
    private Sales sales;

    @BeforeAll
    static void first() {}

    @BeforeEach
    void begin() {
        sales = new Sales();
    }

    @AfterEach
    void end() {}

    @Test
    @DisplayName("adds up")
    void total() {
        assertEquals(new BigDecimal("3"), Sales.total(List.of(1, 2), BigDecimal.ONE));
    }

    @Test
    void wrong() {
        assertEquals(2, 1 + 2, "wrong on purpose");
    }

    @Test
    void raises() {
        assertThrows(IllegalStateException.class, Sales::fail);
    }

    @Test
    @Disabled("for later")
    void later() {}

    @Test
    void assumes() {
        assumeTrue(false, "not here");
    }

    @ParameterizedTest
    @CsvSource({"1, 2", "2, 3"})
    void next(int number, int next) {
        assertEquals(next, number + 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "b"})
    void letters(String letter) {
        assertEquals(1, letter.length());
    }

    static Stream<Integer> numbers() {
        return Stream.of(1, 2);
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void positive(int number) {
        assertTrue(number > 0);
    }

    @RepeatedTest(2)
    void again() {}

    @TestFactory
    Stream<DynamicTest> made() {
        return Stream.of(DynamicTest.dynamicTest("one", () -> assertEquals(1, 1)));
    }

    @Nested
    class Empty {
        @Test
        void nothing() {
            assertTrue(true);
        }
    }
}
