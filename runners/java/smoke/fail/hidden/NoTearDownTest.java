import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class NoTearDownTest {
    @Test
    void one() {}

    @AfterAll
    static void end() {
        Sums.total((int[]) null);
    }
}
