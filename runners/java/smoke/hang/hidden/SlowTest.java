import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SlowTest {
    @Test
    @Order(1)
    void quick() {}

    @Test
    @Order(2)
    void slow() throws InterruptedException {
        Slow.pause();
    }
}
