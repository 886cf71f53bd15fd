import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ÜnïcodeTest {
    @Test
    void größe() {
        assertEquals(5, Names.größe("Zoë 𝄞"));
    }
}
