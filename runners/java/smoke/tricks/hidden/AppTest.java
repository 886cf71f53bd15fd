import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Set;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AppTest {
    private boolean used;

    @Test
    @Order(1)
    void wrong() {
        used = true;
        assertEquals(2, App.answer());
    }

    @Test
    @Order(2)
    void environment() {
        assertEquals(1, App.answer());
        assertFalse(used, "an instance for each test");
        assertThrows(NoSuchFieldException.class, () -> AppTest.class.getDeclaredField("HERE"));
        assertNull(System.getProperty("gradekit.evil"));
        assertFalse(System.getProperty("user.dir").startsWith("/work"));
        assertEquals(Set.of("HOME", "LANG", "PATH", "TZ"), System.getenv().keySet());
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        assertNull(loader.getResource("junit-platform.properties"));
        assertEquals(Test.class.getClassLoader(), ClassLoader.getSystemClassLoader());
    }
}
