package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("prices")
class PricingTest {
    @Test
    @DisplayName("adds up what there is")
    void total() {
        assertEquals(6, Pricing.total(1, 2, 3));
        assertEquals("for the package only", Pricing.hidden());
        assertNotNull(Pricing.class.getResource("names.txt"));
    }

    @ParameterizedTest
    @CsvSource({"1, 2, 3", "0, 0, 0"})
    void addsUp(int one, int two, int sum) {
        assertEquals(sum, Pricing.total(one, two));
    }

    static Stream<Object> none() {
        return Stream.of(Named.of("nothing", new int[0]));
    }

    @ParameterizedTest
    @MethodSource("none")
    void sum(int[] prices) {
        assertEquals(0, Pricing.total(prices));
    }

    @RepeatedTest(2)
    void again() {
        assertEquals(0, Pricing.total());
    }

    @TestFactory
    Stream<DynamicContainer> made() {
        return Stream.of(
                DynamicContainer.dynamicContainer("group", Stream.of(zero("first"), zero("second"))),
                DynamicContainer.dynamicContainer("group", Stream.of(zero("third"))));
    }

    private static DynamicTest zero(String name) {
        return DynamicTest.dynamicTest(name, () -> assertEquals(0, Pricing.total()));
    }

    @Test
    void injected(TestInfo info) {
        assertNotNull(info);
    }

    @Test
    void injected() {
        assertEquals(1, Pricing.total(1));
    }

    @Nested
    class Empty {
        @Test
        void total() {
            assertEquals(0, Pricing.total());
        }

        @Nested
        class Still {
            @Test
            void total() {
                assertEquals(0, Pricing.total());
            }
        }
    }

    static class Apart {
        @Test
        void total() {
            assertEquals(2, Pricing.total(2));
        }
    }
}

class Second {
    @Test
    void total() {
        assertEquals(3, Pricing.total(3));
    }
}

abstract class Base {
    @Test
    void never() {}
}
