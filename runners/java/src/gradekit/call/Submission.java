package gradekit.call;

import gradekit.Json;
import gradekit.call.Fit.Fitted;
import gradekit.call.Reader.Held;
import java.io.IOException;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.lang.reflect.Type;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Calls the submission, which is in a container of its own, from a split suite.
 *
 * <pre>{@code
 * interface Cart { void add(String name, int count); BigDecimal total(); }
 *
 * Cart cart = Submission.create(Cart.class, "shop.Cart");
 * cart.add("tea", 2);
 * assertEquals(new BigDecimal("3.00"), cart.total());
 * assertEquals(6, Submission.call("shop.Pricing.total", List.of(1, 2, 3)));
 * }</pre>
 *
 * <p>Data cross; lists, maps and arrays that the submission changes are changed here. An exception comes as the
 * platform's where it is or extends one that is unchecked, with a {@link Raised} as its cause; else as a Raised.
 */
public final class Submission {
    private static final Path SOCKET = Path.of("/call/socket");
    private static final int WAIT = 2000;
    private static final int PAUSE = 5;

    private static double seconds;
    private static Lines lines;
    private static SocketChannel channel;
    private static long session;
    private static long requests;
    private static String fault;

    private Submission() {}

    /** An object that stayed with the submission. */
    private record Remote(long session, long number, String type) {}

    /** Begin; each call may take this long. False: nobody listens. */
    public static synchronized boolean open(Duration perCall) {
        seconds = perCall.toMillis() / 1000.0;
        for (int i = 0; i < WAIT; i++) {
            try {
                connect();
                return true;
            } catch (IOException error) {
                pause();
            }
        }
        return false;
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
    }

    /** Go on with a fresh process of the submission. */
    public static synchronized void renew() {
        close();
    }

    /** Why a call since the last time had no proper answer; null when all had. */
    public static synchronized String takeFault() {
        String found = fault;
        fault = null;
        return found;
    }

    /**
     * Call a static method, or a class for an object of it.
     *
     * @param target {@code shop.Pricing.total}
     */
    public static Object call(String target, Object... arguments) {
        return request(Map.of("$module", target), "", Object.class, arguments);
    }

    /** Call a static method whose result is of a type. */
    public static <T> T callAs(Class<T> type, String target, Object... arguments) {
        return type.cast(request(Map.of("$module", target), "", type, arguments));
    }

    /** A new object of a class of the submission, seen through an interface of the tests. */
    public static <T> T create(Class<T> face, String name, Object... arguments) {
        return face.cast(request(Map.of("$module", name), "", face, arguments));
    }

    /** The static methods of a class of the submission, seen through an interface of the tests. */
    public static <T> T statics(Class<T> face, String name) {
        return face.cast(proxy(face, Map.of("$module", name), name, null));
    }

    // --- objects of the submission

    private static Object proxy(Class<?> face, Object on, String label, Remote remote) {
        InvocationHandler calls = (self, method, arguments) -> {
            Object[] given = arguments == null ? new Object[0] : arguments;
            if (method.getDeclaringClass() == Object.class) {
                return ofEveryObject(self, method, given, label);
            }
            if (method.isDefault()) {
                return InvocationHandler.invokeDefault(self, method, given);
            }
            if (remote != null && remote.session != session) {
                throw failed("an object of a process that has ended was called: " + label + "." + method.getName());
            }
            return request(on, method.getName(), method.getGenericReturnType(), given);
        };
        return Proxy.newProxyInstance(face.getClassLoader(), new Class<?>[] {face}, new Handler(calls, remote));
    }

    private record Handler(InvocationHandler calls, Remote remote) implements InvocationHandler {
        @Override
        public Object invoke(Object self, Method method, Object[] arguments) throws Throwable {
            return calls.invoke(self, method, arguments);
        }
    }

    private static Object ofEveryObject(Object self, Method method, Object[] given, String label) {
        return switch (method.getName()) {
            case "equals" -> self == given[0];
            case "hashCode" -> System.identityHashCode(self);
            default -> "submission's " + label;
        };
    }

    // --- requests

    private static synchronized Object request(Object on, String path, Type type, Object... arguments) {
        Arguments packer = new Arguments();
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("id", ++requests);
        request.put("op", "call");
        request.put("on", on);
        request.put("path", path);
        try {
            List<Object> packed = new ArrayList<>();
            for (Object argument : arguments) {
                packed.add(packer.pack(argument, 0));
            }
            request.put("args", packed);
        } catch (Refused | InvocationTargetException error) {
            throw failed("an argument cannot go to the submission: " + error.getMessage());
        }
        Map<?, ?> answer = exchange(Json.text(request));
        Answers reader = new Answers(packer.containers);
        try {
            if (answer.get("refused") instanceof String why) {
                throw failed("the submission cannot be called so: " + why);
            }
            for (Object change : answer.get("changed") instanceof List<?> changes ? changes : List.of()) {
                List<?> pair = (List<?>) change;
                update(packer.containers.get(((Long) pair.get(0)).intValue()), reader.read(pair.get(1)));
            }
            if (answer.get("error") instanceof Map<?, ?> error) {
                throw thrown(error);
            }
            Object value = reader.read(answer.get("value"));
            return value instanceof Given given ? given.value : typed(value, type);
        } catch (Refused | ClassCastException | IndexOutOfBoundsException | UnsupportedOperationException error) {
            throw failed("the submission's answer is not of the protocol: " + error.getMessage());
        }
    }

    private static Map<?, ?> exchange(String line) {
        try {
            if (lines == null) {
                connect();
            }
            if (lines.unasked()) {
                throw new IOException("it wrote unasked, or its process had ended before");
            }
            lines.write(line, seconds);
            String answer = lines.read(seconds);
            if (answer != null && Json.parse(answer) instanceof Map<?, ?> fields
                    && Long.valueOf(requests).equals(fields.get("id"))) {
                return fields;
            }
            throw new IOException(answer == null ? "its process ended" : "an answer to nothing that was asked");
        } catch (IOException | IllegalArgumentException error) {
            close();
            throw failed("the submission did not answer: " + error.getMessage());
        }
    }

    private static void connect() throws IOException {
        SocketChannel fresh = SocketChannel.open(UnixDomainSocketAddress.of(SOCKET));
        fresh.configureBlocking(false);
        channel = fresh;
        lines = new Lines(fresh);
        session++;
    }

    private static void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException error) {
            // It is of no more use either way.
        }
        lines = null;
        channel = null;
    }

    private static NoAnswer failed(String why) {
        fault = fault == null ? why : fault;
        return new NoAnswer(why);
    }

    // --- answers

    private static Object typed(Object value, Type type) throws Refused {
        if (type == void.class) {
            return null;
        }
        Fit fit = new Fit() {
            @Override
            Fitted held(Object kept, Class<?> wanted) {
                if (kept instanceof Remote remote && wanted.isInterface()) {
                    Map<String, Object> on = Map.of("$handle", remote.number);
                    return new Fitted(proxy(wanted, on, remote.type, remote), 0);
                }
                return super.held(kept, wanted);
            }
        };
        try {
            Fitted fitted = fit.fit(value, type);
            if (fitted != null) {
                return fitted.value();
            }
        } catch (InvocationTargetException error) {
            throw new Refused(error.getCause().toString());
        }
        throw new Refused(value + " where " + type.getTypeName() + " was expected");
    }

    private static RuntimeException thrown(Map<?, ?> error) {
        List<String> classes = new ArrayList<>();
        for (Object name : (List<?>) error.get("classes")) {
            classes.add(((String) name).replace(':', '.').replaceFirst("^\\.", ""));
        }
        String message = String.valueOf(error.get("message"));
        Raised raised = new Raised(classes.isEmpty() ? List.of("?") : classes, message);
        for (String name : classes) {
            if (name.equals("java.lang.RuntimeException") || name.equals("java.lang.Exception")) {
                break;
            }
            if (name.startsWith("java.")) {
                try {
                    Class<?> type = Class.forName(name, false, ClassLoader.getPlatformClassLoader());
                    if (RuntimeException.class.isAssignableFrom(type)) {
                        Object made = type.getConstructor(String.class).newInstance(message);
                        return (RuntimeException) ((RuntimeException) made).initCause(raised);
                    }
                } catch (ReflectiveOperationException | LinkageError | IllegalStateException other) {
                    // One that cannot be made here; the next may be.
                }
            }
        }
        return raised;
    }

    /** Give a collection or array of the tests the content that the submission's has now. */
    @SuppressWarnings("unchecked")
    private static void update(Object target, Object content) throws Refused {
        if (target instanceof Map<?, ?> map) {
            map.clear();
            ((Map<?, ?>) content).forEach((key, value) -> ((Map<Object, Object>) map).put(key, value));
            return;
        }
        List<Object> items = new ArrayList<>((Collection<Object>) content);
        if (target instanceof Collection<?> collection) {
            collection.clear();
            for (Object item : items) {
                ((Collection<Object>) collection).add(typed(item, Object.class));
            }
        } else {
            for (int i = 0; i < Array.getLength(target); i++) {
                Array.set(target, i, typed(items.get(i), target.getClass().getComponentType()));
            }
        }
    }

    /** An argument that came back. */
    private record Given(Object value) {}

    private static final class Answers extends Reader {
        private final List<Object> given;

        Answers(List<Object> given) {
            this.given = given;
        }

        @Override
        Object special(String tag, Map<?, ?> fields) throws Refused {
            Object content = fields.get(tag);
            return switch (tag) {
                case "$handle" -> new Held(new Remote(session, (Long) content, String.valueOf(fields.get("class"))));
                case "$arg" -> new Given(given.get(((Long) content).intValue()));
                case "$enum" -> ((List<?>) content).get(1);
                case "$class" -> content;
                default -> throw new Refused("a tag " + tag);
            };
        }
    }

    private static final class Arguments extends Packer {
        private final List<Object> containers = new ArrayList<>();

        @Override
        Object known(Object value) {
            if (!(value instanceof byte[])) {
                containers.add(value);
            }
            return null;
        }

        @Override
        Object other(Object value) throws Refused {
            boolean proxy = Proxy.isProxyClass(value.getClass());
            if (proxy && Proxy.getInvocationHandler(value) instanceof Handler made && made.remote != null) {
                return Map.of("$handle", made.remote.number);
            }
            if (value instanceof Remote remote) {
                return Map.of("$handle", remote.number);
            }
            if (value instanceof Enum<?> constant) {
                return constant.name();
            }
            throw new Refused("an object of " + value.getClass().getName() + ", which is no plain data");
        }
    }
}
