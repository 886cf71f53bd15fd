import java.util.List;

/** Prices, in syntax that is not that old. */
public sealed interface Good permits Good.Price {
    record Price(int cents) implements Good {}

    static int total(List<Price> prices) {
        return prices.stream().mapToInt(Price::cents).sum();
    }

    static String sort(Object thing) {
        if (thing instanceof Price price) {
            return "price of " + price.cents();
        }
        return switch (String.valueOf(thing)) {
            case "a" -> """
                a
                """;
            default -> "b";
        };
    }
}
