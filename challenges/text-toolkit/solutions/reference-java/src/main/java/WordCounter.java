import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Counts the words of many texts. */
public final class WordCounter {
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+");

    private final Map<String, Integer> counts = new HashMap<>();

    /** Begin with texts, if there are any. */
    public WordCounter(String... texts) {
        for (String text : texts) {
            add(text);
        }
    }

    /** All words. */
    public int total() {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Count a text; how many words it has. */
    public int add(String text) {
        List<String> words = WORD.matcher(lower(text)).results().map(MatchResult::group).toList();
        words.forEach(word -> counts.merge(word, 1, Integer::sum));
        return words.size();
    }

    /** How often a word was met. */
    public int count(String word) {
        return counts.getOrDefault(lower(word), 0);
    }

    /**
     * Forget a word; how often it was met.
     *
     * @throws NoSuchElementException it never was
     */
    public int remove(String word) {
        Integer met = counts.remove(lower(word));
        if (met == null) {
            throw new NoSuchElementException("the word " + word + " was never met");
        }
        return met;
    }

    /** Add what another counter has counted. */
    public void merge(WordCounter other) {
        other.toMap().forEach((word, count) -> counts.merge(word, count, Integer::sum));
    }

    /** All words with how often they were met. */
    public Map<String, Integer> toMap() {
        return Map.copyOf(counts);
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }
}
