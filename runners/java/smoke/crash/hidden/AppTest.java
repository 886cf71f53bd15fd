import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AppTest {
    @Test
    @Order(1)
    void first() {}

    @Test
    @Order(2)
    void answer() {
        assertEquals(42, App.answer());
    }
}
