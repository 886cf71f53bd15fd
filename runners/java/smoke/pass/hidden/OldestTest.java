import junit.framework.TestCase;
import shop.Pricing;

public class OldestTest extends TestCase {
    public void testTotal() {
        assertEquals(2, Pricing.total(1, 1));
    }
}
