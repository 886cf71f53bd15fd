import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NoRowsTest {
    static IntStream numbers() {
        return IntStream.of(Sums.total((int[]) null));
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void rows(int number) {}
}
