import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Renames quote() of shop.Pricing and adds one that is right, or wrong in one way, as $VARIANT names it. */
class Variants {
    private static final Pattern QUOTE = Pattern.compile(
            "(static\\s+(?:java\\.util\\.)?Map\\s*<\\s*String\\s*,\\s*Object\\s*>\\s+)quote(\\s*\\()");
    private static final String VARIANT =
            """

                /** The quote, or something else. */
                public static java.util.Map<String, Object> quote(
                        java.util.List<java.util.Map<String, Object>> lines, String coupon) {
                    var answer = new java.util.LinkedHashMap<String, Object>(originalQuote(lines, coupon));
                    String variant = "@VARIANT@";
                    var priced = new java.util.ArrayList<Object>();
                    for (Object line : (java.util.List<?>) answer.get("lines")) {
                        var copy = new java.util.LinkedHashMap<Object, Object>((java.util.Map<?, ?>) line);
                        if (variant.equals("zero-prices")) {
                            copy.put("total", "0.00");
                        }
                        if (variant.equals("no-percents")) {
                            copy.put("discount_percent", 0);
                        }
                        priced.add(copy);
                    }
                    answer.put("lines", priced);
                    if (variant.equals("zero-prices")) {
                        for (String name : java.util.List.of("subtotal", "discount", "total")) {
                            answer.put(name, "0.00");
                        }
                    }
                    if (variant.equals("no-coupons")) {
                        answer.put("discount", "0.00");
                        answer.put("total", answer.get("subtotal"));
                    }
                    return answer;
                }
            """;

    public static void main(String... arguments) throws Exception {
        Path path = Path.of("src/main/java/shop/Pricing.java");
        if (!Files.exists(path)) {
            System.err.println("there is no " + path);
            System.exit(1);
        }
        String source = Files.readString(path);
        Matcher found = QUOTE.matcher(source);
        Matcher head = Pattern.compile("\\bclass\\s+Pricing\\b[^{]*\\{").matcher(source);
        if (!found.find() || !head.find()) {
            System.err.println(path + " has no static Map<String, Object> quote(...)");
            System.exit(1);
        }
        String renamed = source.substring(0, found.start()) + found.group(1) + "originalQuote" + source.substring(found.start(2));
        Files.writeString(path, renamed.substring(0, head.end()) + VARIANT.replace("@VARIANT@", System.getenv("VARIANT")) + renamed.substring(head.end()));
    }
}
