import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class CalcTest {
    @Test
    void small() {
        assertEquals(5, Calc.add(2, 3));
    }

    @Test
    void negative() {
        assertEquals(-4, Calc.add(-7, 3));
    }
}
