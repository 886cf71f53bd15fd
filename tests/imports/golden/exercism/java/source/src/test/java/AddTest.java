import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;

class AddTest {
    @Test
    void small() {
        assertEquals(3, new Add().add(1, 2));
    }

    @Disabled("Remove to run test")
    @Test
    void large() {
        assertThat(new Add().add(1000, 2000)).isEqualTo(3000);
    }
}
