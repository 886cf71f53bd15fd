import org.junit.Assert;
import org.junit.Test;

public class OldTest {
    @Test
    public void adds() {
        Assert.assertEquals(2, 1 + 1);
    }
}
