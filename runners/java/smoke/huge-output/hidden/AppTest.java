import org.junit.jupiter.api.Test;

class AppTest {
    @Test
    void flood() {
        App.flood();
    }
}
