import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

class AddTest {
    @Test
    void small() {
        Mockito.mock(Add.class);
    }
}
