import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import helpers.Mirror;
import org.junit.jupiter.api.Test;

class PurseTest {
    @Test
    void enough() throws Exception {
        assertEquals(3, new Mirror("Purse").call("take", 5, 2));
    }

    @Test
    void tooFew() {
        assertThrows(TooFewCoinsException.class, () -> new Purse().take(1, 2));
    }
}
