package gradekit.call;

import gradekit.Json;
import gradekit.Loader;
import gradekit.Places;
import gradekit.call.Reader.Held;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/**
 * The submission's side of the call protocol, for one connection, which is this process's standard input.
 *
 * <p>Code of a stranger runs in this very process: what it answers is a claim.
 */
public final class Worker {
    private static final int MAX_MESSAGE = 10_000;
    private static final int MAX_ATTRIBUTES = 50;
    private static final int TOLD = 10;

    private final ClassLoader loader;
    private final Map<Long, Object> objects = new LinkedHashMap<>();
    private final Map<Object, Long> numbers = new IdentityHashMap<>();
    private final Map<Long, Long> sent = new LinkedHashMap<>();
    private long last;

    private Worker(ClassLoader loader) {
        this.loader = loader;
    }

    /** Answer until the connection ends. */
    public static void main(String[] arguments) throws IOException {
        Lines lines = new Lines((SocketChannel) System.inheritedChannel());
        System.setIn(InputStream.nullInputStream());
        Loader loader = new Loader(Places.submission());
        Thread.currentThread().setContextClassLoader(loader);
        Worker worker = new Worker(loader);
        for (String line = lines.read(); line != null; line = lines.read()) {
            lines.write(worker.answer(line), 0);
        }
        Runtime.getRuntime().halt(0);
    }

    private static String refusal(Object id, String why) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("id", id);
        answer.put("refused", why);
        return Json.text(answer);
    }

    private String answer(String line) {
        Object id = null;
        try {
            if (!(Json.parse(line) instanceof Map<?, ?> request)) {
                throw new Refused("a request is an object");
            }
            id = request.get("id");
            String answer = Json.text(attempt(id, request));
            return answer.length() < Lines.MAX_LINE ? answer : refusal(id, "its value is larger than 1024 KiB");
        } catch (Refused | IllegalArgumentException | ClassCastException | NullPointerException error) {
            return refusal(id, String.valueOf(error.getMessage()));
        }
    }

    private Map<String, Object> attempt(Object id, Map<?, ?> request) throws Refused {
        if (request.get("drop") instanceof List<?> drops) {
            for (Object drop : drops) {
                drop((Long) ((List<?>) drop).get(0), (Long) ((List<?>) drop).get(1));
            }
        }
        Received received = new Received();
        List<Object> positional = new ArrayList<>();
        for (Object item : request.get("args") instanceof List<?> args ? args : List.of()) {
            positional.add(received.read(item));
        }
        Map<String, Object> named = new LinkedHashMap<>();
        if (request.get("kwargs") instanceof Map<?, ?> kwargs) {
            for (Map.Entry<?, ?> entry : kwargs.entrySet()) {
                named.put((String) entry.getKey(), received.read(entry.getValue()));
            }
        }
        Fit fit = new Fit();
        Answer answer = new Answer(received, fit);
        Map<String, Object> reply = new LinkedHashMap<>();
        reply.put("id", id);
        try {
            reply.put("value", value(request, positional, named, fit, answer));
        } catch (InvocationTargetException error) {
            tell(error.getCause());
            reply.put("error", answer.error(error.getCause()));
        } catch (LinkageError | VirtualMachineError error) {
            tell(error);
            reply.put("error", answer.error(error));
        }
        List<Object> changed = answer.changed();
        if (!changed.isEmpty()) {
            reply.put("changed", changed);
        }
        return reply;
    }

    private Object value(
            Map<?, ?> request, List<Object> positional, Map<String, Object> named, Fit fit, Answer answer)
            throws Refused, InvocationTargetException {
        String operation = String.valueOf(request.get("op"));
        switch (operation) {
            case "call":
                Object value = target(request).call(positional, named, fit);
                boolean awaited = Boolean.TRUE.equals(request.get("await")) && value instanceof Future;
                return answer.packed(awaited ? result((Future<?>) value) : value);
            case "get":
                return got(target(request), answer);
            case "import":
                return isThere((String) request.get("module"));
            case "describe":
                return described((String) request.get("class"));
            default:
                throw new Refused("Java has no operation " + operation);
        }
    }

    private static Object result(Future<?> future) throws Refused, InvocationTargetException {
        try {
            return future.get();
        } catch (ExecutionException error) {
            throw new InvocationTargetException(error.getCause());
        } catch (InterruptedException error) {
            throw new Refused("it was interrupted");
        }
    }

    private Object got(Target target, Answer answer) throws Refused, InvocationTargetException {
        try {
            return answer.packed(target.get());
        } catch (Refused refused) {
            if (target.isMethod()) {
                return Map.of("$callable", Map.of("async", false));
            }
            throw refused;
        }
    }

    /** Whether there is such a class, once it is loaded. */
    private boolean isThere(String name) throws InvocationTargetException {
        try {
            Class.forName(name, true, loader);
            return true;
        } catch (ClassNotFoundException | NoClassDefFoundError error) {
            return false;
        } catch (LinkageError error) {
            throw new InvocationTargetException(error);
        }
    }

    private Object described(String name) throws Refused {
        Class<?> found = type(name);
        List<Object> bases = new ArrayList<>();
        if (found.getSuperclass() != null) {
            bases.add(reference(found.getSuperclass()));
        }
        return Map.of("kind", Throwable.class.isAssignableFrom(found) ? "exception" : "class", "bases", bases);
    }

    // --- classes and objects

    /** {@code shop:Cart.Line}: the package, then the class with those around it. */
    private static String reference(Class<?> type) {
        String space = type.getPackageName();
        String name = space.isEmpty() ? type.getName() : type.getName().substring(space.length() + 1);
        return space + ":" + name.replace('$', '.');
    }

    private Class<?> type(String reference) throws Refused {
        try {
            Target target = Target.ofName(reference.replaceFirst("^:", "").replace(':', '.'), loader);
            if (target.name().isEmpty()) {
                return target.type();
            }
        } catch (InvocationTargetException error) {
            // Only something behind a class can fail to be read.
        }
        throw new Refused("there is no class " + reference);
    }

    private Target target(Map<?, ?> request) throws Refused, InvocationTargetException {
        return target(request.get("on"), request.get("path") instanceof String path ? path : "");
    }

    private Target target(Object on, String path) throws Refused, InvocationTargetException {
        List<String> names = path.isEmpty() ? List.of() : List.of(path.split("\\."));
        if (on instanceof Map<?, ?> fields && fields.get("$module") instanceof String module) {
            String dotted = module.isEmpty() || path.isEmpty() ? module + path : module + "." + path;
            return Target.ofName(dotted, loader);
        }
        Object value = new Received().read(on);
        Object object = value instanceof Held held ? held.value() : value;
        if (object == null) {
            throw new Refused("null has nothing to call");
        }
        Target start = object instanceof Class<?> type
                ? new Target(type, null, "")
                : new Target(object.getClass(), object, "");
        return start.along(names);
    }

    private long handle(Object value) {
        long number = numbers.computeIfAbsent(value, key -> ++last);
        objects.put(number, value);
        sent.merge(number, 1L, Long::sum);
        return number;
    }

    private void drop(Long number, Long count) {
        if (sent.merge(number, -count, Long::sum) <= 0) {
            sent.remove(number);
            numbers.remove(objects.remove(number));
        }
    }

    /** Show a reviewer where the submission failed. */
    private static void tell(Throwable error) {
        try {
            System.err.println(error);
            Arrays.stream(error.getStackTrace())
                    .limit(TOLD)
                    .takeWhile(frame -> !frame.getClassName().startsWith("jdk.internal.reflect."))
                    .forEach(frame -> System.err.println("    at " + frame));
        } catch (RuntimeException | StackOverflowError own) {
            System.err.println(error.getClass().getName());
        }
    }

    /** What came with a request. */
    private final class Received extends Reader {
        @Override
        Object special(String tag, Map<?, ?> fields) throws Refused {
            Object content = fields.get(tag);
            switch (tag) {
                case "$handle":
                    if (!objects.containsKey(content)) {
                        throw new Refused("there is no object " + content);
                    }
                    return new Held(objects.get(content));
                case "$class":
                    return new Held(type((String) content));
                case "$enum":
                    List<?> names = (List<?>) content;
                    for (Object constant : constants(type((String) names.get(0)))) {
                        if (((Enum<?>) constant).name().equals(names.get(1))) {
                            return new Held(constant);
                        }
                    }
                    throw new Refused("there is no " + names);
                default:
                    throw new Refused("Java takes no " + tag);
            }
        }

        private Object[] constants(Class<?> type) {
            return type.isEnum() ? type.getEnumConstants() : new Object[0];
        }
    }

    /** What goes back; collections that came with the request are named, not repeated. */
    private final class Answer extends Packer {
        private final Received received;
        private final Fit fit;

        Answer(Received received, Fit fit) {
            this.received = received;
            this.fit = fit;
        }

        Object packed(Object value) throws Refused, InvocationTargetException {
            try {
                return pack(value, 0);
            } catch (RuntimeException error) {
                // A collection of the submission's that cannot be read to its end.
                throw new InvocationTargetException(error);
            }
        }

        @Override
        Object known(Object value) {
            for (int i = 0; i < received.containers.size(); i++) {
                if (fit.made.get(received.containers.get(i)) == value) {
                    return Map.of("$arg", (long) i);
                }
            }
            return null;
        }

        @Override
        Object other(Object value) {
            if (value instanceof Enum<?> constant) {
                return Map.of("$enum", List.of(reference(constant.getDeclaringClass()), constant.name()));
            }
            if (value instanceof Class<?> type) {
                return Map.of("$class", reference(type));
            }
            Map<String, Object> handle = new LinkedHashMap<>();
            handle.put("$handle", handle(value));
            handle.put("class", reference(value.getClass()));
            return handle;
        }

        Map<String, Object> error(Throwable error) {
            List<Object> classes = new ArrayList<>();
            for (Class<?> type = error.getClass(); type != null; type = type.getSuperclass()) {
                classes.add(reference(type));
            }
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("classes", classes);
            told.put("message", message(error));
            told.put("args", List.of());
            Map<String, Object> attributes = attributes(error);
            if (!attributes.isEmpty()) {
                told.put("attributes", attributes);
            }
            return told;
        }

        private String message(Throwable error) {
            try {
                String message = error.getMessage();
                return message == null ? "" : message.substring(0, Math.min(message.length(), MAX_MESSAGE));
            } catch (RuntimeException | StackOverflowError own) {
                return "";
            }
        }

        /** What the public accessors of an exception of the submission say. */
        private Map<String, Object> attributes(Throwable error) {
            Map<String, Object> found = new LinkedHashMap<>();
            if (error.getClass().getClassLoader() != loader) {
                return found;
            }
            for (Method method : error.getClass().getDeclaredMethods()) {
                boolean accessor = method.getName().matches("get[A-Z].*") && method.getParameterCount() == 0;
                if (accessor && Modifier.isPublic(method.getModifiers()) && found.size() < MAX_ATTRIBUTES) {
                    String name = Character.toLowerCase(method.getName().charAt(3)) + method.getName().substring(4);
                    try {
                        method.setAccessible(true);
                        found.put(name, pack(method.invoke(error), 1));
                    } catch (ReflectiveOperationException | Refused | RuntimeException own) {
                        // What cannot be read is left out.
                    }
                }
            }
            return found;
        }

        /** The collections of the request that the call changed, by their number, with what they hold now. */
        List<Object> changed() throws Refused {
            List<Object> found = new ArrayList<>();
            for (int i = 0; i < received.containers.size(); i++) {
                Object made = fit.made.get(received.containers.get(i));
                if (made != null && fit.isChanged(made)) {
                    try {
                        found.add(List.of((long) i, content(made, 0)));
                    } catch (InvocationTargetException error) {
                        throw new Refused("an argument that it changed cannot be read");
                    }
                }
            }
            return found;
        }
    }
}
