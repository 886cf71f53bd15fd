package gradekit;

import java.util.List;

/** Names that belong to the tests: a submission has no classes and no settings there. */
public final class Reserved {
    private static final List<String> PACKAGES = List.of(
            "gradekit.", "java.", "jdk.", "sun.", "org.junit.", "junit.", "org.opentest4j.", "org.apiguardian.",
            "org.hamcrest.", "org.assertj.");
    private static final List<String> SETTINGS =
            List.of("junit-platform.properties", "META-INF/services/org.junit.", "META-INF/services/org.opentest4j.");

    private Reserved() {}

    /** Whether a class may not come from a submission. */
    public static boolean isClass(String name) {
        return PACKAGES.stream().anyMatch(name::startsWith);
    }

    /** Whether a file on the class path may not come from a submission. */
    public static boolean isSetting(String name) {
        return SETTINGS.stream().anyMatch(name::startsWith)
                || name.endsWith(".class") && isClass(name.replace('/', '.'));
    }
}
