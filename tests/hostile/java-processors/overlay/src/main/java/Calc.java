import java.util.Scanner;

public final class Calc {
    private Calc() {}

    public static long add(long a, long b) {
        return 0;
    }

    public static void main(String[] arguments) {
        Scanner in = new Scanner(System.in);
        System.out.println(in.nextLong() + in.nextLong());
    }
}
