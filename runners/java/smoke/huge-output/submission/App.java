public class App {
    public static void flood() {
        while (true) {
            System.out.println("x".repeat(4096));
        }
    }
}
