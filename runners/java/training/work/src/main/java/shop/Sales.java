package shop;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

public class Sales {
    public record Item(String name, BigDecimal price) {}

    private final List<Item> items = new ArrayList<>();

    public static BigDecimal total(List<Integer> counts, BigDecimal price) {
        return price.multiply(BigDecimal.valueOf(counts.stream().mapToInt(Integer::intValue).sum()));
    }

    public static Map<LocalDate, Optional<String>> dates(Map<String, List<LocalDate>> names) {
        return Map.of(names.get("a").get(0), Optional.of("a"));
    }

    public static void fail() {
        throw new IllegalStateException("closed");
    }

    public Item add(Item item) {
        items.add(item);
        return item;
    }

    public static void main(String[] arguments) {
        System.out.println(total(List.of(1), BigDecimal.ONE));
    }
}
