import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class FluentTest {
    @Test
    void reads() {
        assertThat(List.of(1, 2, 3)).hasSize(3).startsWith(1);
        assertThat("text").isEqualTo("text");
        assertThatThrownBy(() -> List.of().get(0)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
