public class Slow {
    public static void pause() throws InterruptedException {
        Thread.sleep(1_000_000);
    }
}
