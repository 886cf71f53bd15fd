import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gradekit.call.Submission;
import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;

class SumsTest {
    interface Sums {
        int total(List<Integer> numbers);

        void sort(int[] numbers);

        int wrong();

        int leave();

        boolean hidden();
    }

    interface Basket {
        void add(Line line);

        BigDecimal total();
    }

    record Line(String name, BigDecimal price) {}

    private final Sums sums = Submission.statics(Sums.class, "Sums");

    @Test
    void right() {
        assertEquals(3, sums.total(List.of(1, 2)));
        assertEquals(3, Submission.call("Sums.total", List.of(1, 2)));
    }

    @Test
    void object() {
        Basket basket = Submission.create(Basket.class, "Sums");
        basket.add(new Line("tea", new BigDecimal("1.50")));
        basket.add(new Line("milk", new BigDecimal("0.50")));
        assertEquals(new BigDecimal("2.00"), basket.total());
    }

    @Test
    void raises() {
        Basket basket = Submission.create(Basket.class, "Sums");
        Line line = new Line("tea", new BigDecimal("-1"));
        Throwable thrown = assertThrows(IllegalArgumentException.class, () -> basket.add(line));
        assertEquals("negative: tea", thrown.getMessage());
    }

    @Test
    void changes() {
        int[] numbers = {3, 1, 2};
        sums.sort(numbers);
        assertArrayEquals(new int[] {1, 2, 3}, numbers);
    }

    @Test
    void wrong() {
        assertEquals(3, sums.wrong());
    }

    @Test
    void raisesSomethingElse() {
        assertThrows(IllegalArgumentException.class, () -> Submission.call("Sums.nothing"));
    }

    @Test
    void exit() {
        assertEquals(0, sums.leave());
    }

    @Test
    void swallowsExit() {
        try {
            sums.leave();
        } catch (Throwable thrown) {
            assertFalse(thrown.getMessage().isEmpty());
        }
    }

    @Test
    void equalToEverything() {
        assertEquals(Submission.call("Sums.equal"), 42);
    }

    @Test
    void testsAreElsewhere() {
        assertFalse(sums.hidden());
    }
}
