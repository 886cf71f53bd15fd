package gradekit.call;

import gradekit.call.Fit.Fitted;
import gradekit.call.Reader.Held;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a request is about: a class, or an object, and the name of something of it.
 *
 * <p>All but private members count, inherited ones too.
 *
 * @param type the class, or that of the object
 * @param object the object; null for the class itself
 * @param name the member; empty for the class or object itself
 */
record Target(Class<?> type, Object object, String name) {
    private static final int SPREAD = 20;

    /** A way to meet a call: what is invoked on what, with which arguments, and how far they are from what came. */
    private record Way(Executable executable, Object receiver, Object[] arguments, int cost, Map<Object, Object> made) {}

    /** The class of a dotted name, and the names that are left: {@code shop.Cart.Line.of} is {@code of} of Line. */
    static Target ofName(String dotted, ClassLoader loader) throws Refused, InvocationTargetException {
        String[] names = dotted.split("\\.");
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < names.length; i++) {
            name.append(i > 0 ? "." : "").append(names[i]);
            Class<?> found = load(name.toString(), loader);
            while (found != null && i + 1 < names.length) {
                Class<?> inner = load(found.getName() + "$" + names[i + 1], loader);
                if (inner == null) {
                    break;
                }
                found = inner;
                i++;
            }
            if (found != null) {
                return new Target(found, null, "").along(Arrays.asList(names).subList(i + 1, names.length));
            }
        }
        throw new Refused("there is no class " + dotted + " in the submission");
    }

    private static Class<?> load(String name, ClassLoader loader) {
        try {
            return Class.forName(name, false, loader);
        } catch (ClassNotFoundException | NoClassDefFoundError error) {
            // The second one is how a file system without case tells that there is only shop.Cart for shop.cart.
            return null;
        }
    }

    /** Follow names: all but the last are values. */
    Target along(List<String> names) throws Refused, InvocationTargetException {
        Target at = this;
        for (String next : names) {
            if (!at.name.isEmpty()) {
                Object value = at.get();
                if (value == null) {
                    throw new Refused(at.label() + " is null");
                }
                at = new Target(value.getClass(), value, "");
            }
            at = new Target(at.type, at.object, next);
        }
        return at;
    }

    /** How a message names it. */
    String label() {
        String base = type.getName().replace('$', '.');
        return name.isEmpty() ? base : base + "." + name;
    }

    /** The value of a field, or what the accessor without parameters says: {@code x()}, {@code getX()}, {@code isX()}. */
    Object get() throws Refused, InvocationTargetException {
        if (name.isEmpty()) {
            return object == null ? type : object;
        }
        for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            for (Field field : at.getDeclaredFields()) {
                boolean fits = field.getName().equals(name) && !Modifier.isPrivate(field.getModifiers());
                if (fits && (object != null || Modifier.isStatic(field.getModifiers())) && field.trySetAccessible()) {
                    try {
                        return field.get(object);
                    } catch (IllegalAccessException error) {
                        throw new Refused(label() + " cannot be read");
                    } catch (LinkageError error) {
                        throw new InvocationTargetException(error);
                    }
                }
            }
        }
        String capital = Character.toUpperCase(name.charAt(0)) + name.substring(1);
        for (String accessor : List.of(name, "get" + capital, "is" + capital)) {
            Target target = new Target(type, object, accessor);
            if (target.candidates().stream().anyMatch(method -> method.getParameterCount() == 0)) {
                return target.call(List.of(), Map.of(), new Fit());
            }
        }
        throw new Refused("there is no " + label());
    }

    /**
     * Call it with values as they came; a class itself makes an object.
     *
     * @throws Refused nothing of this name takes them, or more than one thing does
     * @throws InvocationTargetException what it threw
     */
    Object call(List<Object> positional, Map<String, Object> named, Fit fit)
            throws Refused, InvocationTargetException {
        List<? extends Executable> candidates = candidates();
        List<Way> ways = new ArrayList<>();
        for (Executable candidate : candidates) {
            boolean bound = object != null || candidate instanceof Constructor || isStatic(candidate);
            if (bound) {
                add(ways, candidate, object, positional, named);
            } else if (!positional.isEmpty()
                    && positional.get(0) instanceof Held held
                    && candidate.getDeclaringClass().isInstance(held.value())) {
                add(ways, candidate, held.value(), positional.subList(1, positional.size()), named);
            }
        }
        Way way = best(ways, candidates);
        fit.keep(way.made);
        return invoked(way);
    }

    /** Whether there is a method of this name. */
    boolean isMethod() {
        return !name.isEmpty() && !candidates().isEmpty();
    }

    private Object invoked(Way way) throws Refused, InvocationTargetException {
        try {
            if (way.executable instanceof Constructor<?> constructor) {
                return constructor.newInstance(way.arguments);
            }
            return ((Method) way.executable).invoke(way.receiver, way.arguments);
        } catch (InstantiationException error) {
            throw new Refused(label() + " is abstract");
        } catch (IllegalAccessException error) {
            throw new Refused(label() + " cannot be called");
        } catch (ExceptionInInitializerError error) {
            throw new InvocationTargetException(error);
        }
    }

    private Way best(List<Way> ways, List<? extends Executable> candidates) throws Refused {
        int least = ways.stream().mapToInt(Way::cost).min().orElse(0);
        List<Way> near = ways.stream().filter(way -> way.cost == least).toList();
        for (Way way : near) {
            if (near.stream().allMatch(other -> narrower(way.executable, other.executable))) {
                return way;
            }
        }
        if (candidates.isEmpty()) {
            throw new Refused("there is no " + label());
        }
        String forms = String.join(", ", candidates.stream().map(Target::form).toList());
        throw new Refused(
                label() + (near.isEmpty() ? ": the arguments fit none of " : ": the arguments fit more than one of ") + forms);
    }

    private static String form(Executable candidate) {
        return "(" + String.join(", ", Arrays.stream(candidate.getParameterTypes()).map(Class::getSimpleName).toList()) + ")";
    }

    private static boolean narrower(Executable one, Executable other) {
        Class<?>[] narrow = one.getParameterTypes();
        Class<?>[] wide = other.getParameterTypes();
        if (narrow.length != wide.length) {
            return narrow.length > wide.length;
        }
        for (int i = 0; i < narrow.length; i++) {
            if (!wide[i].isAssignableFrom(narrow[i])) {
                return false;
            }
        }
        return true;
    }

    /** Methods of the name, each form once, from the class upwards; constructors for the class itself. */
    private List<? extends Executable> candidates() {
        if (name.isEmpty() || name.equals("new") && object == null) {
            return object != null
                    ? List.of()
                    : Arrays.stream(type.getDeclaredConstructors()).filter(Target::isUsable).toList();
        }
        Map<List<Class<?>>, Method> found = new LinkedHashMap<>();
        collect(type, found);
        return List.copyOf(found.values());
    }

    private void collect(Class<?> from, Map<List<Class<?>>, Method> found) {
        if (from == null) {
            return;
        }
        for (Method method : from.getDeclaredMethods()) {
            if (method.getName().equals(name) && !method.isBridge() && isUsable(method)) {
                found.putIfAbsent(List.of(method.getParameterTypes()), method);
            }
        }
        collect(from.getSuperclass(), found);
        for (Class<?> above : from.getInterfaces()) {
            collect(above, found);
        }
    }

    private static boolean isUsable(Executable candidate) {
        return !Modifier.isPrivate(candidate.getModifiers()) && !candidate.isSynthetic() && candidate.trySetAccessible();
    }

    private static boolean isStatic(Executable candidate) {
        return Modifier.isStatic(candidate.getModifiers());
    }

    /** Add the way to call a candidate with values by place and by name, if there is one. */
    private static void add(
            List<Way> ways, Executable candidate, Object receiver, List<Object> positional, Map<String, Object> named)
            throws InvocationTargetException {
        List<Object> given = new ArrayList<>(positional);
        Parameter[] parameters = candidate.getParameters();
        for (int i = positional.size(); i < parameters.length && !named.isEmpty(); i++) {
            if (!parameters[i].isNamePresent() || !named.containsKey(parameters[i].getName())) {
                return;
            }
            given.add(named.get(parameters[i].getName()));
        }
        if (given.size() != positional.size() + named.size()) {
            return;
        }
        Type[] types = candidate.getGenericParameterTypes();
        if (types.length != parameters.length) {
            types = candidate.getParameterTypes();
        }
        if (given.size() == types.length) {
            add(ways, candidate, receiver, given, types, 0);
        }
        int last = types.length - 1;
        if (candidate.isVarArgs() && given.size() >= last) {
            List<Object> folded = new ArrayList<>(given.subList(0, last));
            folded.add(new ArrayList<>(given.subList(last, given.size())));
            add(ways, candidate, receiver, folded, types, SPREAD);
        }
    }

    private static void add(
            List<Way> ways, Executable candidate, Object receiver, List<Object> given, Type[] types, int cost)
            throws InvocationTargetException {
        Fit fit = new Fit();
        Object[] arguments = new Object[types.length];
        int sum = cost;
        for (int i = 0; i < types.length; i++) {
            Fitted fitted = fit.fit(given.get(i), types[i]);
            if (fitted == null) {
                return;
            }
            arguments[i] = fitted.value();
            sum += fitted.cost();
        }
        ways.add(new Way(candidate, receiver, arguments, sum, fit.made));
    }
}
