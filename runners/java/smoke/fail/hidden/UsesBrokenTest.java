import org.junit.jupiter.api.Test;

class UsesBrokenTest {
    @Test
    void one() {
        BrokenTest.two();
    }
}
