package gradekit.call;

import gradekit.call.Reader.Held;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Makes values of the types that a method wants of values that came over the wire, where that is without doubt.
 *
 * <p>The cost of a value says how far it is from the type: overloads are chosen by it.
 */
class Fit {
    /** A value of the type, and its distance. */
    record Fitted(Object value, int cost) {}

    private static final int EXACT = 0;
    private static final int NEAR = 1;
    private static final int WIDER = 3;
    private static final int OTHER = 5;
    private static final int TEXT = 8;
    private static final int ANY = 12;
    private static final Map<Class<?>, Class<?>> BOXES = Map.of(
            int.class, Integer.class, long.class, Long.class, double.class, Double.class, float.class, Float.class,
            short.class, Short.class, byte.class, Byte.class, char.class, Character.class, boolean.class, Boolean.class);
    private static final List<Class<?>> WHOLE =
            List.of(Integer.class, Long.class, BigInteger.class, Short.class, Byte.class);

    /** What was made of each list, map, set and byte array. */
    final Map<Object, Object> made = new IdentityHashMap<>();

    private final Map<Object, List<Object>> before = new IdentityHashMap<>();

    /** Take over what was made for the way that is chosen, and remember what it holds. */
    final void keep(Map<Object, Object> chosen) {
        made.putAll(chosen);
        chosen.values().forEach(container -> before.put(container, elements(container)));
    }

    /** Whether what was made holds something else than at first; a record or bean never counts. */
    final boolean isChanged(Object container) {
        List<Object> then = before.get(container);
        List<Object> now = elements(container);
        boolean same = then.size() == now.size();
        for (int i = 0; same && i < now.size(); i++) {
            Object item = now.get(i);
            boolean plain = item != null && item.getClass().getName().startsWith("java.lang.");
            same = item == then.get(i) || plain && item.equals(then.get(i));
        }
        return !same;
    }

    private static List<Object> elements(Object container) {
        List<Object> found = new ArrayList<>();
        if (container instanceof Map<?, ?> map) {
            map.forEach((key, value) -> {
                found.add(key);
                found.add(value);
            });
        } else if (container instanceof Collection<?> collection) {
            found.addAll(collection);
        } else if (container.getClass().isArray()) {
            for (int i = 0; i < Array.getLength(container); i++) {
                found.add(Array.get(container, i));
            }
        }
        return found;
    }

    /** Something of the submission as a type; null: it is none. */
    Fitted held(Object kept, Class<?> wanted) {
        return wanted.isInstance(kept) ? new Fitted(kept, kept.getClass() == wanted ? EXACT : NEAR) : null;
    }

    /** The value as a type; null: it does not fit. */
    final Fitted fit(Object value, Type type) throws InvocationTargetException {
        Class<?> wanted = raw(type);
        Class<?> boxed = BOXES.getOrDefault(wanted, wanted);
        if (boxed == Optional.class) {
            Fitted inner = value == null ? null : fit(value, argument(type, 0));
            return value == null || inner != null
                    ? new Fitted(inner == null ? Optional.empty() : Optional.of(inner.value), NEAR)
                    : null;
        }
        if (value == null) {
            return wanted.isPrimitive() ? null : new Fitted(null, EXACT);
        }
        if (value instanceof Held held) {
            return held(held.value(), boxed);
        }
        int boxing = wanted == boxed ? NEAR : EXACT;
        if (value instanceof Number number) {
            return number(number, boxed, boxing);
        }
        if (value instanceof String text) {
            return text(text, boxed);
        }
        if (value instanceof Map<?, ?> map) {
            return map(map, type, boxed);
        }
        if (value instanceof Collection<?> items) {
            return items(items, type, boxed);
        }
        if (boxed.isInstance(value)) {
            made.put(value, value);
            return new Fitted(value, boxed == value.getClass() ? EXACT : ANY);
        }
        return time(value, boxed);
    }

    // --- numbers

    private static Fitted number(Number value, Class<?> wanted, int boxing) {
        if (value instanceof Double real) {
            return real(real, wanted, boxing);
        }
        if (value instanceof BigDecimal decimal) {
            if (wanted == double.class || wanted == Double.class) {
                return new Fitted(decimal.doubleValue(), OTHER + boxing);
            }
            return wanted.isInstance(decimal) ? new Fitted(decimal, wanted == BigDecimal.class ? EXACT : ANY) : null;
        }
        BigInteger whole = value instanceof BigInteger big ? big : BigInteger.valueOf(value.longValue());
        int place = WHOLE.indexOf(wanted);
        if (place >= 0) {
            Object exact = exact(whole, wanted);
            return exact == null ? null : new Fitted(exact, place + boxing);
        }
        if (wanted == Double.class || wanted == Float.class) {
            boolean twice = wanted == Double.class;
            return new Fitted(twice ? (Object) whole.doubleValue() : whole.floatValue(), (twice ? OTHER : OTHER + 1) + boxing);
        }
        if (wanted == BigDecimal.class) {
            return new Fitted(new BigDecimal(whole), OTHER);
        }
        if (wanted == OptionalInt.class && exact(whole, Integer.class) != null) {
            return new Fitted(OptionalInt.of(whole.intValue()), OTHER);
        }
        if (wanted == OptionalLong.class && exact(whole, Long.class) != null) {
            return new Fitted(OptionalLong.of(whole.longValue()), OTHER);
        }
        Object natural = natural(whole);
        return wanted.isInstance(natural) ? new Fitted(natural, ANY) : null;
    }

    private static Fitted real(Double value, Class<?> wanted, int boxing) {
        if (wanted == Double.class) {
            return new Fitted(value, boxing);
        }
        if (wanted == Float.class) {
            return new Fitted(value.floatValue(), WIDER + boxing);
        }
        if (wanted == BigDecimal.class && !value.isNaN() && !value.isInfinite()) {
            return new Fitted(BigDecimal.valueOf(value), OTHER);
        }
        if (wanted == OptionalDouble.class) {
            return new Fitted(OptionalDouble.of(value), OTHER);
        }
        return wanted.isInstance(value) ? new Fitted(value, ANY) : null;
    }

    private static Object exact(BigInteger whole, Class<?> wanted) {
        int bits = whole.bitLength();
        if (wanted == Integer.class) {
            return bits < 32 ? whole.intValue() : null;
        }
        if (wanted == Long.class) {
            return bits < 64 ? whole.longValue() : null;
        }
        if (wanted == Short.class) {
            return bits < 16 ? whole.shortValue() : null;
        }
        if (wanted == Byte.class) {
            return bits < 8 ? whole.byteValue() : null;
        }
        return whole;
    }

    private static Object natural(BigInteger whole) {
        Object small = exact(whole, Integer.class);
        return small != null ? small : exact(whole, whole.bitLength() < 64 ? Long.class : BigInteger.class);
    }

    // --- texts and times

    private static Fitted text(String value, Class<?> wanted) {
        if (wanted == String.class) {
            return new Fitted(value, EXACT);
        }
        if (wanted.isEnum()) {
            for (Object constant : wanted.getEnumConstants()) {
                if (((Enum<?>) constant).name().equals(value)) {
                    return new Fitted(constant, WIDER);
                }
            }
            return null;
        }
        try {
            Object made = parsed(value, wanted);
            return made != null ? new Fitted(made, TEXT) : wanted.isInstance(value) ? new Fitted(value, ANY) : null;
        } catch (RuntimeException error) {
            return null;
        }
    }

    private static Object parsed(String value, Class<?> wanted) {
        if (wanted == Character.class && value.length() == 1) {
            return value.charAt(0);
        }
        if (wanted == BigDecimal.class) {
            return new BigDecimal(value);
        }
        if (wanted == BigInteger.class) {
            return new BigInteger(value);
        }
        if (wanted == UUID.class) {
            return UUID.fromString(value);
        }
        if (wanted == LocalDate.class) {
            return LocalDate.parse(value);
        }
        if (wanted == LocalDateTime.class) {
            return LocalDateTime.parse(value);
        }
        if (wanted == LocalTime.class) {
            return LocalTime.parse(value);
        }
        if (wanted == OffsetDateTime.class) {
            return OffsetDateTime.parse(value);
        }
        if (wanted == ZonedDateTime.class) {
            return ZonedDateTime.parse(value);
        }
        if (wanted == Instant.class) {
            return Instant.parse(value);
        }
        return wanted == Duration.class ? Duration.parse(value) : null;
    }

    private static Fitted time(Object value, Class<?> wanted) {
        if (value instanceof OffsetDateTime time && wanted == Instant.class) {
            return new Fitted(time.toInstant(), NEAR);
        }
        if (value instanceof OffsetDateTime time && wanted == ZonedDateTime.class) {
            return new Fitted(time.toZonedDateTime(), NEAR);
        }
        if (value instanceof LocalDateTime time && wanted == Instant.class) {
            return new Fitted(time.toInstant(ZoneOffset.UTC), OTHER);
        }
        return null;
    }

    // --- lists, sets, arrays

    private Fitted items(Collection<?> items, Type type, Class<?> wanted) throws InvocationTargetException {
        boolean set = items instanceof Set;
        if (wanted.isArray()) {
            return set ? null : array(items, type instanceof GenericArrayType generic
                    ? generic.getGenericComponentType()
                    : wanted.getComponentType());
        }
        Collection<Object> target = collection(wanted, set);
        if (target == null) {
            return null;
        }
        Type element = Iterable.class.isAssignableFrom(wanted) ? argument(type, 0) : Object.class;
        int cost = wanted == Object.class ? ANY : set == target instanceof Set ? EXACT : WIDER;
        made.put(items, target);
        int worst = 0;
        for (Object item : items) {
            Fitted fitted = fit(item, element);
            if (fitted == null) {
                return null;
            }
            worst = Math.max(worst, fitted.cost);
            target.add(fitted.value);
        }
        return new Fitted(target, cost + worst);
    }

    private static Collection<Object> collection(Class<?> wanted, boolean set) {
        List<Collection<Object>> kinds = set
                ? List.of(new LinkedHashSet<>(), new TreeSet<>())
                : List.of(new ArrayList<>(), new LinkedHashSet<>(), new TreeSet<>(), new ArrayDeque<>(), new LinkedList<>());
        return kinds.stream().filter(wanted::isInstance).findFirst().orElse(null);
    }

    private Fitted array(Collection<?> items, Type element) throws InvocationTargetException {
        Object array = Array.newInstance(raw(element), items.size());
        made.put(items, array);
        int place = 0;
        int worst = 0;
        for (Object item : items) {
            Fitted fitted = fit(item, element);
            if (fitted == null) {
                return null;
            }
            worst = Math.max(worst, fitted.cost);
            Array.set(array, place++, fitted.value);
        }
        return new Fitted(array, NEAR + worst);
    }

    // --- maps, records, beans

    private Fitted map(Map<?, ?> map, Type type, Class<?> wanted) throws InvocationTargetException {
        Map<Object, Object> target = wanted.isAssignableFrom(LinkedHashMap.class)
                ? new LinkedHashMap<>()
                : wanted.isAssignableFrom(TreeMap.class) ? new TreeMap<>() : null;
        if (target == null) {
            boolean named = map.keySet().stream().allMatch(String.class::isInstance) && !wanted.getName().startsWith("java.");
            return named ? object(map, wanted) : null;
        }
        made.put(map, target);
        boolean any = wanted == Object.class;
        int worst = 0;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            Fitted key = key(entry.getKey(), any ? Object.class : argument(type, 0));
            Fitted value = fit(entry.getValue(), any ? Object.class : argument(type, 1));
            if (key == null || value == null) {
                return null;
            }
            worst = Math.max(worst, Math.max(key.cost, value.cost));
            target.put(key.value, value.value);
        }
        return new Fitted(target, (any ? ANY : EXACT) + worst);
    }

    /** A key of a map: JSON has texts where a map has numbers. */
    private Fitted key(Object key, Type type) throws InvocationTargetException {
        Fitted fitted = fit(key, type);
        if (fitted == null && key instanceof String text && text.matches("-?[0-9]{1,30}")) {
            return fit(new BigInteger(text), type);
        }
        return fitted;
    }

    private Fitted object(Map<?, ?> fields, Class<?> wanted) throws InvocationTargetException {
        if (wanted.isRecord()) {
            Map<String, Type> components = new LinkedHashMap<>();
            for (RecordComponent component : wanted.getRecordComponents()) {
                components.put(component.getName(), component.getGenericType());
            }
            Class<?>[] types = Arrays.stream(wanted.getRecordComponents())
                    .map(RecordComponent::getType)
                    .toArray(Class<?>[]::new);
            try {
                return constructed(fields, components, wanted.getDeclaredConstructor(types));
            } catch (NoSuchMethodException error) {
                return null;
            }
        }
        if (wanted.isInterface() || Modifier.isAbstract(wanted.getModifiers()) || wanted.isEnum() || wanted.isArray()) {
            return null;
        }
        for (Constructor<?> constructor : wanted.getDeclaredConstructors()) {
            Map<String, Type> parameters = new LinkedHashMap<>();
            for (Parameter parameter : constructor.getParameters()) {
                parameters.put(parameter.isNamePresent() ? parameter.getName() : "", parameter.getParameterizedType());
            }
            boolean usable = !Modifier.isPrivate(constructor.getModifiers()) && !parameters.isEmpty();
            if (usable && parameters.keySet().equals(fields.keySet())) {
                return constructed(fields, parameters, constructor);
            }
        }
        return bean(fields, wanted);
    }

    private Fitted constructed(Map<?, ?> fields, Map<String, Type> names, Constructor<?> constructor)
            throws InvocationTargetException {
        if (!names.keySet().containsAll(fields.keySet())) {
            return null;
        }
        List<Object> arguments = new ArrayList<>();
        int worst = 0;
        for (Map.Entry<String, Type> name : names.entrySet()) {
            boolean given = fields.containsKey(name.getKey()) || raw(name.getValue()) == Optional.class;
            Fitted fitted = given ? fit(fields.get(name.getKey()), name.getValue()) : null;
            if (fitted == null) {
                return null;
            }
            worst = Math.max(worst, fitted.cost);
            arguments.add(fitted.value);
        }
        try {
            constructor.setAccessible(true);
            return new Fitted(constructor.newInstance(arguments.toArray()), WIDER + worst);
        } catch (InstantiationException | IllegalAccessException error) {
            return null;
        }
    }

    /** An object with a constructor without parameters, and a setter for each field that is given. */
    private Fitted bean(Map<?, ?> fields, Class<?> wanted) throws InvocationTargetException {
        Map<String, Method> setters = new HashMap<>();
        for (Method method : wanted.getMethods()) {
            String name = method.getName();
            boolean setter = name.matches("set[A-Z_].*") && method.getParameterCount() == 1 && !method.isBridge();
            if (setter && setters.put(Character.toLowerCase(name.charAt(3)) + name.substring(4), method) != null) {
                return null;
            }
        }
        if (fields.isEmpty() || !setters.keySet().containsAll(fields.keySet())) {
            return null;
        }
        try {
            Map<Method, Object> values = new LinkedHashMap<>();
            int worst = 0;
            for (Map.Entry<?, ?> field : fields.entrySet()) {
                Method setter = setters.get(field.getKey());
                Fitted fitted = fit(field.getValue(), setter.getGenericParameterTypes()[0]);
                if (fitted == null) {
                    return null;
                }
                worst = Math.max(worst, fitted.cost);
                values.put(setter, fitted.value);
            }
            Constructor<?> constructor = wanted.getDeclaredConstructor();
            constructor.setAccessible(true);
            Object bean = constructor.newInstance();
            for (Map.Entry<Method, Object> value : values.entrySet()) {
                value.getKey().setAccessible(true);
                value.getKey().invoke(bean, value.getValue());
            }
            return new Fitted(bean, OTHER + worst);
        } catch (NoSuchMethodException | InstantiationException | IllegalAccessException error) {
            return null;
        }
    }

    // --- types

    static Class<?> raw(Type type) {
        if (type instanceof Class<?> plain) {
            return plain;
        }
        if (type instanceof ParameterizedType generic) {
            return (Class<?>) generic.getRawType();
        }
        if (type instanceof GenericArrayType array) {
            return Array.newInstance(raw(array.getGenericComponentType()), 0).getClass();
        }
        if (type instanceof WildcardType wildcard) {
            return raw(wildcard.getUpperBounds()[0]);
        }
        return raw(((TypeVariable<?>) type).getBounds()[0]);
    }

    private static Type argument(Type type, int place) {
        Type[] arguments = type instanceof ParameterizedType generic ? generic.getActualTypeArguments() : new Type[0];
        return place < arguments.length ? arguments[place] : Object.class;
    }
}
