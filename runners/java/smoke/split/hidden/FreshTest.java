import static org.junit.jupiter.api.Assertions.assertEquals;

import gradekit.call.Submission;
import java.util.List;
import org.junit.jupiter.api.Test;

class FreshTest {
    @Test
    void begins() {
        assertEquals(0, Submission.call("Sums.count"));
        Submission.call("Sums.total", List.of(1));
        assertEquals(1, Submission.call("Sums.count"));
    }
}
