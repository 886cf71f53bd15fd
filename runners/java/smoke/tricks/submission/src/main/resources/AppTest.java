import org.junit.jupiter.api.Test;

class AppTest {
    @Test
    void wrong() {}
}
