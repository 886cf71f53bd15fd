public class Sums {
    public static int total(int... values) {
        int sum = 1;
        for (int value : values) {
            sum += value;
        }
        return sum;
    }

    public static void skip() throws Exception {
        Class<?> skip = Class.forName("org.opentest4j.TestAbortedException");
        throw (RuntimeException) skip.getConstructor(String.class).newInstance("not today");
    }

    public static int deep() {
        return 1 + deep();
    }
}
