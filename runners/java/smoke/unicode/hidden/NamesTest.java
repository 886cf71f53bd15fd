import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    @Test
    void é() {
        assertEquals("¡Hola, é!", Names.greet("é"));
    }

    @ParameterizedTest
    @ValueSource(strings = "Zoë 𝄞")
    void greets(String name) {
        assertEquals("¡Hola, " + name + "!", Names.greet(name));
    }

    @Test
    void loneSurrogate() {
        assertEquals("", Names.greet("\ud800\n\u0000"));
    }
}
