public class CalcTest {
    static {
        System.err.println("BREACH: the submission's own class of the same name");
    }
}
