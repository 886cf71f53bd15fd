import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import org.junit.Test;
import shop.Pricing;

public class OlderTest {
    @Test
    public void total() {
        assertThat(Pricing.total(1, 1), is(2));
    }

    @Test(expected = NullPointerException.class)
    public void raises() {
        Pricing.total((int[]) null);
    }
}
