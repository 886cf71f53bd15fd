import java.util.Scanner;

public class Total {
    public static void main(String[] arguments) {
        Scanner in = new Scanner(System.in);
        System.out.println(in.nextDouble() + in.nextDouble());
    }
}
