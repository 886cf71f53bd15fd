package gradekit;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON without a library, so that no class of ours meets another version of one that a submission brought.
 *
 * <p>Null, Boolean, String, Long, BigInteger, Double, List and Map with String keys.
 */
public final class Json {
    /** How deep a text may be nested; the call protocol's limit. */
    public static final int MAX_DEPTH = 256;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /**
     * The value of a text.
     *
     * @throws IllegalArgumentException it is not JSON, or nested too deeply
     */
    public static Object parse(String text) {
        Json reader = new Json(text);
        Object value = reader.value(0);
        if (reader.next() != '\0' || reader.at < text.length()) {
            throw reader.wrong("more than one value");
        }
        return value;
    }

    /** A value as JSON in ASCII, on one line; halves of surrogate pairs become U+FFFD. */
    public static String text(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value);
        return out.toString();
    }

    private static void write(StringBuilder out, Object value) {
        if (value instanceof Map<?, ?> map) {
            String separator = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(separator);
                quote(out, (String) entry.getKey());
                out.append(':');
                write(out, entry.getValue());
                separator = ",";
            }
            out.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof List<?> list) {
            String separator = "[";
            for (Object item : list) {
                out.append(separator);
                write(out, item);
                separator = ",";
            }
            out.append(list.isEmpty() ? "[]" : "]");
        } else if (value instanceof String string) {
            quote(out, string);
        } else {
            out.append(value);
        }
    }

    private static void quote(StringBuilder out, String value) {
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char letter = value.charAt(i);
            if (letter == '"' || letter == '\\') {
                out.append('\\').append(letter);
            } else if (letter >= ' ' && letter < 0x7f) {
                out.append(letter);
            } else if (Character.isHighSurrogate(letter)
                    && i + 1 < value.length()
                    && Character.isLowSurrogate(value.charAt(i + 1))) {
                escape(out, letter);
                escape(out, value.charAt(++i));
            } else {
                escape(out, Character.isSurrogate(letter) ? '\ufffd' : letter);
            }
        }
        out.append('"');
    }

    private static void escape(StringBuilder out, char letter) {
        out.append("\\u").append(Character.forDigit(letter >> 12, 16)).append(Character.forDigit(letter >> 8 & 15, 16));
        out.append(Character.forDigit(letter >> 4 & 15, 16)).append(Character.forDigit(letter & 15, 16));
    }

    private IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException("JSON, character " + at + ": " + what);
    }

    private char next() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return at < text.length() ? text.charAt(at) : '\0';
    }

    private Object value(int depth) {
        if (depth > MAX_DEPTH) {
            throw wrong("nested too deeply");
        }
        return switch (next()) {
            case '{' -> map(depth);
            case '[' -> list(depth);
            case '"' -> string();
            case 't' -> word("true", Boolean.TRUE);
            case 'f' -> word("false", Boolean.FALSE);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw wrong("no value");
        }
        at += word.length();
        return value;
    }

    private Map<String, Object> map(int depth) {
        Map<String, Object> map = new LinkedHashMap<>();
        at++;
        if (next() == '}') {
            at++;
            return map;
        }
        while (true) {
            if (next() != '"') {
                throw wrong("no key");
            }
            String key = string();
            if (next() != ':') {
                throw wrong("no colon");
            }
            at++;
            map.put(key, value(depth + 1));
            if (closes('}')) {
                return map;
            }
        }
    }

    private List<Object> list(int depth) {
        List<Object> list = new ArrayList<>();
        at++;
        if (next() == ']') {
            at++;
            return list;
        }
        while (true) {
            list.add(value(depth + 1));
            if (closes(']')) {
                return list;
            }
        }
    }

    private boolean closes(char end) {
        char letter = next();
        if (letter != ',' && letter != end) {
            throw wrong("neither a comma nor " + end);
        }
        at++;
        return letter == end;
    }

    private String string() {
        StringBuilder out = new StringBuilder();
        at++;
        while (at < text.length()) {
            char letter = text.charAt(at++);
            if (letter == '"') {
                return out.toString();
            }
            if (letter < ' ') {
                throw wrong("a control character");
            }
            out.append(letter == '\\' ? escaped() : letter);
        }
        throw wrong("a text without end");
    }

    private char escaped() {
        char letter = at < text.length() ? text.charAt(at++) : '\0';
        int plain = "\"\\/bfnrt".indexOf(letter);
        if (plain >= 0) {
            return "\"\\/\b\f\n\r\t".charAt(plain);
        }
        if (letter != 'u' || at + 4 > text.length()) {
            throw wrong("no such escape");
        }
        int code = 0;
        for (int end = at + 4; at < end; at++) {
            int digit = Character.digit(text.charAt(at), 16);
            if (digit < 0 || text.charAt(at) > 'f') {
                throw wrong("no such escape");
            }
            code = code << 4 | digit;
        }
        return (char) code;
    }

    private Object number() {
        int start = at;
        while (at < text.length() && "+-.0123456789Ee".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String digits = text.substring(start, at);
        if (!digits.matches("-?(0|[1-9][0-9]*+)(\\.[0-9]++)?([Ee][+-]?[0-9]++)?") || digits.length() > 5000) {
            throw wrong("no value");
        }
        if (digits.matches("-?[0-9]+")) {
            return digits.length() < 19 ? (Object) Long.valueOf(digits) : new BigInteger(digits);
        }
        return Double.valueOf(digits);
    }
}
