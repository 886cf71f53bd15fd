import static org.junit.jupiter.api.Assertions.assertEquals;

import gradekit.call.Submission;
import org.junit.jupiter.api.Test;

class CalcTest {
    interface Calc {
        long add(long a, long b);
    }

    private final Calc calc = Submission.statics(Calc.class, "Calc");

    @Test
    void small() {
        assertEquals(5, calc.add(2, 3));
    }

    @Test
    void negative() {
        assertEquals(-4, calc.add(-7, 3));
    }
}
