package gradekit.call;

import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;

/**
 * Writes values as the call protocol has them: data, collections, maps, arrays and records by their content.
 *
 * <p>A subclass says what becomes of everything else.
 */
abstract class Packer {
    static final int MAX_DEPTH = 64;
    private static final long MAX_SAFE = 1L << 53;
    private static final int MAX_DIGITS = 4_300;
    private static final DateTimeFormatter DATE_TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS");
    private static final DateTimeFormatter ZONED = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSxxx");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS");

    /** What to write for something that is no data. */
    abstract Object other(Object value) throws Refused;

    /** What to write for a collection, map, array or record instead of its content; null for the content. */
    Object known(Object value) {
        return null;
    }

    /**
     * A value as JSON.
     *
     * @throws Refused it is nested too deeply or has too many digits
     * @throws InvocationTargetException the code of a record failed
     */
    final Object pack(Object value, int depth) throws Refused, InvocationTargetException {
        if (value == null || value instanceof Boolean || value instanceof String) {
            return value;
        }
        if (value instanceof Number number) {
            return number(number);
        }
        if (value instanceof Character) {
            return value.toString();
        }
        Object scalar = scalar(value);
        if (scalar != null) {
            return scalar;
        }
        if (depth >= MAX_DEPTH) {
            throw new Refused("its value is nested deeper than " + MAX_DEPTH + ", or contains itself");
        }
        if (value instanceof Optional<?> optional) {
            return pack(optional.orElse(null), depth + 1);
        }
        boolean record = value instanceof Record;
        if (!record && !(value instanceof Collection) && !(value instanceof Map) && !value.getClass().isArray()) {
            return other(value);
        }
        Object known = known(value);
        if (known != null) {
            return known;
        }
        return record ? record(value, depth) : content(value, depth);
    }

    /** What a collection, map or array holds, as JSON. */
    final Object content(Object value, int depth) throws Refused, InvocationTargetException {
        if (value instanceof byte[] bytes) {
            return Map.of("$bytes", Base64.getEncoder().encodeToString(bytes));
        }
        if (value instanceof Map<?, ?> map) {
            return map(map, depth);
        }
        List<Object> items = new ArrayList<>();
        if (value instanceof Collection<?> collection) {
            for (Object item : collection) {
                items.add(pack(item, depth + 1));
            }
        } else {
            for (int i = 0; i < Array.getLength(value); i++) {
                items.add(pack(Array.get(value, i), depth + 1));
            }
        }
        return value instanceof Set ? Map.of("$set", items) : items;
    }

    private Object map(Map<?, ?> map, int depth) throws Refused, InvocationTargetException {
        Map<String, Object> plain = new LinkedHashMap<>();
        List<Object> pairs = new ArrayList<>();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            Object key = pack(entry.getKey(), depth + 1);
            Object item = pack(entry.getValue(), depth + 1);
            if (key instanceof String text && !text.startsWith("$")) {
                plain.put(text, item);
            }
            List<Object> pair = new ArrayList<>();
            pair.add(key);
            pair.add(item);
            pairs.add(pair);
        }
        return plain.size() == pairs.size() ? plain : Map.of("$map", pairs);
    }

    private Object record(Object value, int depth) throws Refused, InvocationTargetException {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            Method accessor = component.getAccessor();
            if (!accessor.trySetAccessible()) {
                return other(value);
            }
            try {
                fields.put(component.getName(), pack(accessor.invoke(value), depth + 1));
            } catch (IllegalAccessException error) {
                return other(value);
            }
        }
        return fields;
    }

    private static Object number(Number value) throws Refused {
        if (value instanceof BigDecimal decimal) {
            return Map.of("$decimal", digits(decimal.toString()));
        }
        if (value instanceof BigInteger integer) {
            boolean safe = integer.abs().compareTo(BigInteger.valueOf(MAX_SAFE)) <= 0;
            return safe ? (Object) integer.longValue() : Map.of("$int", digits(integer.toString()));
        }
        if (value instanceof Double || value instanceof Float) {
            double real = value instanceof Float ? Double.parseDouble(value.toString()) : value.doubleValue();
            if (Double.isNaN(real)) {
                return Map.of("$float", "nan");
            }
            return Double.isInfinite(real) ? Map.of("$float", real > 0 ? "inf" : "-inf") : (Object) real;
        }
        long whole = value.longValue();
        return Math.abs(whole) <= MAX_SAFE && whole != Long.MIN_VALUE ? (Object) whole : Map.of("$int", "" + whole);
    }

    private static String digits(String text) throws Refused {
        if (text.length() > MAX_DIGITS) {
            throw new Refused("its value is a number of more than " + MAX_DIGITS + " digits");
        }
        return text;
    }

    private static Object scalar(Object value) {
        if (value instanceof LocalDate date) {
            return Map.of("$date", date.toString());
        }
        if (value instanceof LocalDateTime time) {
            return Map.of("$datetime", DATE_TIME.format(time));
        }
        if (value instanceof OffsetDateTime time) {
            return Map.of("$datetime", ZONED.format(time));
        }
        if (value instanceof ZonedDateTime time) {
            return Map.of("$datetime", ZONED.format(time));
        }
        if (value instanceof Instant instant) {
            return Map.of("$datetime", ZONED.format(instant.atOffset(ZoneOffset.UTC)));
        }
        if (value instanceof LocalTime time) {
            return Map.of("$time", TIME.format(time));
        }
        if (value instanceof Duration duration) {
            BigDecimal seconds = BigDecimal.valueOf(duration.getSeconds()).add(BigDecimal.valueOf(duration.getNano(), 9));
            return Map.of("$timedelta", seconds.setScale(6, RoundingMode.DOWN).toPlainString());
        }
        if (value instanceof UUID uuid) {
            return Map.of("$uuid", uuid.toString());
        }
        return optional(value);
    }

    private static Object optional(Object value) {
        if (value instanceof OptionalInt number && number.isPresent()) {
            return (long) number.getAsInt();
        }
        if (value instanceof OptionalDouble number && number.isPresent()) {
            return number.getAsDouble();
        }
        return value instanceof OptionalLong number && number.isPresent() ? number.getAsLong() : null;
    }
}
