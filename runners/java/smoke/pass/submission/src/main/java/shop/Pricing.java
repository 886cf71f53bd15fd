package shop;

public class Pricing {
    public static int total(int... prices) {
        int sum = 0;
        for (int price : prices) {
            sum += price;
        }
        return sum;
    }

    static String hidden() {
        return "for the package only";
    }
}
