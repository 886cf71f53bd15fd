import static org.junit.Assert.assertEquals;
import static org.junit.Assume.assumeTrue;

import org.junit.Ignore;
import org.junit.Test;

public class OlderTest {
    @Test
    public void wrong() {
        assertEquals(3, Sums.total(1, 2));
    }

    @Test
    @Ignore("for later")
    public void ignored() {}

    @Test
    public void assumes() {
        assumeTrue(Sums.total() == 0);
    }
}
