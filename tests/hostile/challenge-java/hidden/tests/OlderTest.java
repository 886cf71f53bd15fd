import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class OlderTest {
    @Test
    public void large() {
        assertEquals(1000000000001L, Calc.add(1000000000000L, 1));
    }
}
