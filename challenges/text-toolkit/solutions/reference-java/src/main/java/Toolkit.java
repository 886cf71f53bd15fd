import java.text.Normalizer;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Small tools for text: slugs, lines, words, numbers, templates and outlines. */
public final class Toolkit {
    private static final Map<String, Integer> ROMAN = new LinkedHashMap<>();
    private static final Pattern DATE = Pattern.compile("(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}");
    private static final Pattern SENTENCE = Pattern.compile("[^.!?]*[.!?]");
    private static final Pattern MARK = Pattern.compile("\\{\\{|}}|\\{([a-z_]+)}|[{}]");
    private static final Pattern HEADING = Pattern.compile("(#+) +(.*\\S) *");
    private static final Comparator<String> BY_CODE_POINT =
            Comparator.comparing(text -> text.codePoints().toArray(), Arrays::compare);

    static {
        String[] letters = {"M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"};
        int[] values = {1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1};
        for (int i = 0; i < letters.length; i++) {
            ROMAN.put(letters[i], values[i]);
        }
    }

    private Toolkit() {}

    /** A heading of an outline. */
    public record Heading(String title, List<Heading> children) {}

    /** Letters a-z and digits, everything else as single hyphens. */
    public static String slug(String text) {
        String plain = Normalizer.normalize(text, Normalizer.Form.NFKD).replaceAll("\\p{M}", "");
        return plain.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    }

    /** The words in lines of at most {@code width} characters; a longer word has a line of its own. */
    public static List<String> wrap(String text, int width) {
        if (width < 1) {
            throw new IllegalArgumentException("width must be at least 1, not " + width);
        }
        List<String> lines = new ArrayList<>();
        for (String word : text.strip().split("(?U)\\s+")) {
            int last = lines.size() - 1;
            if (last >= 0 && length(lines.get(last)) + 1 + length(word) <= width) {
                lines.set(last, lines.get(last) + " " + word);
            } else if (!word.isEmpty()) {
                lines.add(word);
            }
        }
        return lines;
    }

    /** A line by its number from 0. */
    public static String lineAt(String text, int number) {
        return List.of(text.split("\n", -1)).get(number);
    }

    /** How often each word stands in a text. */
    public static Map<String, Integer> wordCounts(String text) {
        return new WordCounter(text).toMap();
    }

    /** Pairs of word and count, the most frequent first, equally frequent ones by their code points. */
    public static List<List<Object>> topWords(String text, int count) {
        if (count < 0) {
            throw new IllegalArgumentException("count must not be negative: " + count);
        }
        Comparator<Map.Entry<String, Integer>> rarer = Map.Entry.comparingByValue();
        return wordCounts(text).entrySet().stream()
                .sorted(rarer.reversed().thenComparing(Map.Entry.comparingByKey(BY_CODE_POINT)))
                .limit(count)
                .map(entry -> List.<Object>of(entry.getKey(), entry.getValue()))
                .toList();
    }

    /** How many characters must be put in, left out or replaced. */
    public static int editDistance(String first, String second) {
        int[] above = first.codePoints().toArray();
        int[] beside = second.codePoints().toArray();
        int[] row = new int[beside.length + 1];
        Arrays.setAll(row, i -> i);
        for (int letter : above) {
            int diagonal = row[0]++;
            for (int i = 1; i < row.length; i++) {
                int replaced = diagonal + (letter == beside[i - 1] ? 0 : 1);
                diagonal = row[i];
                row[i] = Math.min(Math.min(row[i], row[i - 1]) + 1, replaced);
            }
        }
        return row[beside.length];
    }

    /** 1 for equal texts, 0 for such as have nothing in common. */
    public static double similarity(String first, String second) {
        int longest = Math.max(length(first), length(second));
        return longest == 0 ? 1 : 1 - (double) editDistance(first, second) / longest;
    }

    /** A number for a text. */
    public static long fingerprint(String text) {
        // 2^55 * 131 is less than 2^63.
        return text.codePoints().asLongStream().reduce(0, (number, point) -> (number * 131 + point) % (1L << 55));
    }

    /** A whole number from 1 to 3999 in Roman numerals. */
    public static String roman(int number) {
        if (number < 1 || number > 3999) {
            throw new IllegalArgumentException(number + " is not from 1 to 3999");
        }
        StringBuilder written = new StringBuilder();
        int rest = number;
        for (Map.Entry<String, Integer> entry : ROMAN.entrySet()) {
            written.append(entry.getKey().repeat(rest / entry.getValue()));
            rest %= entry.getValue();
        }
        return written.toString();
    }

    /** The number of Roman numerals. */
    public static int fromRoman(String text) {
        int number = 0;
        int at = 0;
        for (Map.Entry<String, Integer> entry : ROMAN.entrySet()) {
            for (; text.startsWith(entry.getKey(), at); at += entry.getKey().length()) {
                number += entry.getValue();
            }
        }
        if (number < 1 || number > 3999 || !roman(number).equals(text)) {
            throw new IllegalArgumentException(text + " is no Roman number");
        }
        return number;
    }

    /** Days from one date to another; negative when the second is earlier. */
    public static long daysBetween(String first, String second) {
        return ChronoUnit.DAYS.between(date(first), date(second));
    }

    /** What goes up to the first {@code .}, {@code !} or {@code ?}. */
    public static Optional<String> firstSentence(String text) {
        Matcher found = SENTENCE.matcher(text);
        return found.lookingAt() ? Optional.of(found.group().strip()) : Optional.empty();
    }

    /**
     * The template with {@code {name}} replaced by values; double braces are braces.
     *
     * @throws NoSuchElementException a name has no value
     */
    public static String fill(String template, Map<String, Object> values) {
        return MARK.matcher(template).replaceAll(mark -> Matcher.quoteReplacement(filled(mark.group(), mark.group(1), values)));
    }

    /** The headings of a text, those of a deeper level inside of the one before. */
    public static List<Heading> outline(String text) {
        List<Heading> top = new ArrayList<>();
        List<List<Heading>> levels = new ArrayList<>(List.of(top));
        for (String line : text.split("\n")) {
            Matcher found = HEADING.matcher(line);
            if (!found.matches()) {
                continue;
            }
            int depth = found.group(1).length();
            if (depth > levels.size()) {
                throw new IllegalArgumentException("more than one level deeper than the heading before: " + line);
            }
            Heading heading = new Heading(found.group(2), new ArrayList<>());
            levels.get(depth - 1).add(heading);
            levels.subList(depth, levels.size()).clear();
            levels.add(heading.children());
        }
        return Collections.unmodifiableList(top);
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    private static LocalDate date(String text) {
        if (!DATE.matcher(text).matches()) {
            throw new IllegalArgumentException(text + " is not a date");
        }
        return LocalDate.parse(text);
    }

    private static String filled(String mark, String name, Map<String, Object> values) {
        if (mark.equals("{{") || mark.equals("}}")) {
            return mark.substring(1);
        }
        if (name == null) {
            throw new IllegalArgumentException("a brace stands alone");
        }
        if (!values.containsKey(name)) {
            throw new NoSuchElementException("there is no value for " + name);
        }
        Object value = values.get(name);
        return value == null ? "" : value.toString();
    }
}
