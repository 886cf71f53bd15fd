package gradekit.call;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.temporal.Temporal;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Reads values of the call protocol: Boolean, String, Long, BigInteger, Double, BigDecimal, dates, UUID, byte[],
 * and List, Set and Map of these; a subclass knows the tags that name something of the submission.
 */
abstract class Reader {
    /** Something of the submission, as opposed to data. */
    record Held(Object value) {}

    /** Lists, maps, sets and byte arrays in the order in which they begin. */
    final List<Object> containers = new ArrayList<>();

    /** The value of a tag that is no data. */
    abstract Object special(String tag, Map<?, ?> fields) throws Refused;

    /**
     * The value of some JSON.
     *
     * @throws Refused it is none of the protocol
     */
    final Object read(Object json) throws Refused {
        if (json instanceof List<?> list) {
            List<Object> items = new ArrayList<>();
            containers.add(items);
            return filled(items, list);
        }
        if (!(json instanceof Map<?, ?> fields)) {
            return json;
        }
        for (Object key : fields.keySet()) {
            if (((String) key).startsWith("$")) {
                return tagged((String) key, fields);
            }
        }
        Map<Object, Object> map = new LinkedHashMap<>();
        containers.add(map);
        for (Map.Entry<?, ?> entry : fields.entrySet()) {
            map.put(entry.getKey(), read(entry.getValue()));
        }
        return map;
    }

    private <T extends Collection<Object>> T filled(T items, Object json) throws Refused {
        for (Object item : list(json)) {
            items.add(read(item));
        }
        return items;
    }

    private static List<?> list(Object json) throws Refused {
        if (json instanceof List<?> list) {
            return list;
        }
        throw new Refused("a tag needs a list");
    }

    private Object tagged(String tag, Map<?, ?> fields) throws Refused {
        Object content = fields.get(tag);
        switch (tag) {
            case "$tuple":
                return filled(new ArrayList<>(), content);
            case "$frozenset":
                return filled(new LinkedHashSet<>(), content);
            case "$set":
                LinkedHashSet<Object> set = new LinkedHashSet<>();
                containers.add(set);
                return filled(set, content);
            case "$map":
                return pairs(list(content));
            default:
        }
        if (!(content instanceof String text)) {
            return special(tag, fields);
        }
        try {
            return scalar(tag, text, fields);
        } catch (RuntimeException error) {
            throw new Refused(tag + " has a wrong content");
        }
    }

    private Object pairs(List<?> pairs) throws Refused {
        Map<Object, Object> map = new LinkedHashMap<>();
        containers.add(map);
        for (Object pair : pairs) {
            if (list(pair).size() != 2) {
                throw new Refused("$map needs a list of pairs");
            }
            map.put(read(list(pair).get(0)), read(list(pair).get(1)));
        }
        return map;
    }

    private Object scalar(String tag, String text, Map<?, ?> fields) throws Refused {
        return switch (tag) {
            case "$int" -> new BigInteger(text);
            case "$decimal" -> new BigDecimal(text);
            case "$float" -> Map.of("nan", Double.NaN, "inf", Double.POSITIVE_INFINITY, "-inf", Double.NEGATIVE_INFINITY)
                    .get(text);
            case "$date" -> LocalDate.parse(text);
            case "$datetime" -> dateTime(text);
            case "$time" -> LocalTime.parse(text);
            case "$timedelta" -> Duration.ofNanos(new BigDecimal(text).movePointRight(9).longValueExact());
            case "$uuid" -> UUID.fromString(text);
            case "$bytes", "$bytearray" -> bytes(tag, text);
            default -> special(tag, fields);
        };
    }

    private byte[] bytes(String tag, String text) {
        byte[] data = Base64.getDecoder().decode(text);
        if (tag.equals("$bytearray")) {
            containers.add(data);
        }
        return data;
    }

    private static Temporal dateTime(String text) {
        boolean zoned = text.endsWith("Z") || text.matches(".*T.*[+-][0-9:]+");
        return zoned ? OffsetDateTime.parse(text) : LocalDateTime.parse(text);
    }
}
