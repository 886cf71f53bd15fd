public class AppTest {
    public static final String HERE = "the submission's own class of the same name";
}
