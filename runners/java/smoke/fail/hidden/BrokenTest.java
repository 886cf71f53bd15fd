import org.junit.jupiter.api.Test;

class BrokenTest {
    @Test
    void one() {
        Sums.product(1, 2);
    }

    static int two() {
        return 2;
    }
}
