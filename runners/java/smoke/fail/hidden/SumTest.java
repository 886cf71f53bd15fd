import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;

class SumTest {
    @Test
    void small() {
        assertEquals(3, Sums.total(1, 2));
    }

    @Test
    void missing() {
        Sums.total((int[]) null);
    }

    @Test
    @Disabled("for later")
    void later() {}

    @Test
    void assumes() {
        assumeTrue(Sums.total() == 0, "not here");
    }

    @Test
    void submissionSkips() throws Exception {
        Sums.skip();
    }

    @Test
    void deep() {
        Sums.deep();
    }
}
