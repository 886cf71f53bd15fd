import org.frobnicate.Frobnicator;
import org.junit.jupiter.api.Test;

class AppTest {
    @Test
    void answer() {
        Frobnicator.frobnicate(new App());
    }
}
