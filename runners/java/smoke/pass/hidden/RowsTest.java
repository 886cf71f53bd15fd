import static org.junit.Assert.assertEquals;

import java.util.List;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.junit.runners.Parameterized;
import shop.Pricing;

@RunWith(Parameterized.class)
public class RowsTest {
    private final int price;

    public RowsTest(int price) {
        this.price = price;
    }

    @Parameterized.Parameters
    public static List<Object[]> rows() {
        return List.of(new Object[] {1}, new Object[] {2});
    }

    @Test
    public void total() {
        assertEquals(price, Pricing.total(price));
    }
}
