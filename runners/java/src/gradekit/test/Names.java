package gradekit.test;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Names of tests that stay the same from run to run: {@code shop.CartTest.Empty > total(int)[2] 3, 4}.
 *
 * <p>The class, nested ones after a dot; the method with its parameters' types; of a parameterised, repeated or
 * dynamic test the number of the invocation and its display name.
 */
final class Names {
    private static final int SHOWN = 200;

    private Names() {}

    /** The name of a test, or of something that holds tests. */
    static String of(TestIdentifier test, TestPlan plan) {
        Deque<TestIdentifier> line = new ArrayDeque<>();
        for (Optional<TestIdentifier> at = Optional.of(test); at.isPresent(); at = plan.getParent(at.get())) {
            line.push(at.get());
        }
        line.pop();
        StringBuilder name = new StringBuilder();
        boolean older = test.getUniqueId().startsWith("[engine:junit-vintage]");
        for (TestIdentifier part : line) {
            if (!older) {
                append(name, part);
            } else if (name.length() == 0) {
                name.append(part.getLegacyReportingName());
            } else if (part == line.peekLast()) {
                name.append(" > ").append(shown(part));
            }
        }
        return name.toString();
    }

    private static void append(StringBuilder name, TestIdentifier part) {
        UniqueId.Segment segment = last(UniqueId.parse(part.getUniqueId()).getSegments());
        TestSource source = part.getSource().orElse(null);
        if (segment.getValue().startsWith("#")) {
            String number = "[" + segment.getValue().substring(1) + "]";
            String shown = shown(part);
            name.append(number).append(shown.startsWith(number) ? shown.substring(number.length()) : " " + shown);
        } else if (source instanceof MethodSource method) {
            name.append(" > ").append(method.getMethodName()).append(parameters(method.getMethodParameterTypes()));
        } else if (source instanceof ClassSource group) {
            name.setLength(0);
            name.append(group.getClassName().replace('$', '.'));
        }
    }

    /** {@code (int, String)}; nothing without parameters. An array is {@code int..}: a bracket begins the invocation. */
    private static String parameters(String types) {
        if (types == null || types.isEmpty()) {
            return "";
        }
        StringBuilder out = new StringBuilder("(");
        for (String type : types.split(",\\s*")) {
            String plain = type.startsWith("[") ? readable(type) : type;
            out.append(out.length() > 1 ? ", " : "").append(plain.substring(plain.lastIndexOf('.', plain.length() - 3) + 1));
        }
        return out.append(')').toString();
    }

    private static String readable(String array) {
        int depth = array.lastIndexOf('[') + 1;
        String element = switch (array.charAt(depth)) {
            case 'L' -> array.substring(depth + 1, array.length() - 1);
            case 'I' -> "int";
            case 'J' -> "long";
            case 'D' -> "double";
            case 'F' -> "float";
            case 'S' -> "short";
            case 'B' -> "byte";
            case 'C' -> "char";
            default -> "boolean";
        };
        return element.substring(element.lastIndexOf('.') + 1) + "..".repeat(depth);
    }

    private static String shown(TestIdentifier part) {
        String text = part.getDisplayName().replaceAll("\\p{Cntrl}", " ");
        return text.length() > SHOWN ? text.substring(0, SHOWN) : text;
    }

    private static UniqueId.Segment last(List<UniqueId.Segment> segments) {
        return segments.get(segments.size() - 1);
    }
}
