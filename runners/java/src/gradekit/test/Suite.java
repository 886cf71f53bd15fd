package gradekit.test;

import gradekit.Loader;
import gradekit.Places;
import gradekit.Sources;
import gradekit.call.Submission;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;
import org.junit.jupiter.engine.JupiterTestEngine;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.vintage.engine.VintageTestEngine;

/**
 * Compiles the hidden suite in /hidden and runs it, JUnit 5 and 4, over the classes that {@code build} left.
 *
 * <p>With {@code split SECONDS} the submission is not here, and {@link Submission} calls it. Records go to descriptor
 * 3; a file that does not compile or load is one of them.
 */
public final class Suite {
    private static final Path HIDDEN = Path.of("/hidden");
    private static final int UNREACHABLE = 3;
    private static final int TOLD = 5;

    private final Records records = new Records();
    private final Path classes;

    private Suite(Path classes) {
        this.classes = classes;
    }

    /** Run; never returns. */
    public static void main(String[] arguments) throws IOException {
        boolean split = arguments.length > 0;
        Suite suite = new Suite(Files.createTempDirectory("classes-"));
        if (split && !Submission.open(Duration.ofMillis((long) (1000 * Double.parseDouble(arguments[1]))))) {
            System.err.println("the submission's container does not listen");
            Runtime.getRuntime().halt(UNREACHABLE);
        }
        suite.run(split);
        System.out.flush();
        suite.records.end();
        // Neither threads nor shutdown hooks of the submission may hold it up, or come after the end.
        Runtime.getRuntime().halt(0);
    }

    private void run(boolean split) throws IOException {
        List<Path> path = new ArrayList<>(List.of(classes));
        path.add(HIDDEN);
        path.addAll(split ? Places.jars(Places.EXTRAS) : Places.submission());
        Map<Path, List<String>> found = compiled(path);
        Launcher launcher = LauncherFactory.create(LauncherConfig.builder()
                .enableTestEngineAutoRegistration(false)
                .enableTestExecutionListenerAutoRegistration(false)
                .enableLauncherSessionListenerAutoRegistration(false)
                .enableLauncherDiscoveryListenerAutoRegistration(false)
                .enablePostDiscoveryFilterAutoRegistration(false)
                .addTestEngines(new JupiterTestEngine(), new VintageTestEngine())
                .build());
        Supplier<String> fault = split ? Submission::takeFault : () -> null;
        Loader loader = new Loader(path);
        Thread.currentThread().setContextClassLoader(loader);
        boolean first = true;
        for (Map.Entry<Path, List<String>> file : found.entrySet()) {
            if (split && !first) {
                Submission.renew();
            }
            first = false;
            try {
                LauncherDiscoveryRequest request = request(file.getValue(), loader);
                launcher.execute(request, new Listener(records, fault));
            } catch (Exception | LinkageError error) {
                errored(file.getKey(), error.toString());
            }
        }
    }

    private static LauncherDiscoveryRequest request(List<String> names, Loader loader) throws ClassNotFoundException {
        LauncherDiscoveryRequestBuilder builder =
                LauncherDiscoveryRequestBuilder.request().enableImplicitConfigurationParameters(false);
        for (String name : names) {
            Class<?> found = Class.forName(name, false, loader);
            found.getDeclaredMethods();
            if (!found.isAnonymousClass() && !found.isLocalClass()) {
                builder.selectors(DiscoverySelectors.selectClass(found));
            }
        }
        return builder.build();
    }

    private void errored(Path file, String message) {
        records.write(HIDDEN.relativize(file).toString(), "errored", message, 0);
    }

    /** The classes of each file of the suite that compiles; the others are recorded. */
    private Map<Path, List<String>> compiled(List<Path> path) throws IOException {
        List<Path> all = new ArrayList<>(Places.trusted());
        all.addAll(path);
        Set<Path> files = new TreeSet<>(files(HIDDEN, ".java"));
        while (!files.isEmpty()) {
            Sources.Outcome outcome = Sources.compile(files, all, classes);
            if (outcome.done()) {
                break;
            }
            Map<Path, List<Diagnostic<? extends JavaFileObject>>> wrong = new TreeMap<>();
            for (Diagnostic<? extends JavaFileObject> item : outcome.diagnostics()) {
                Path file = Sources.file(item);
                // What is about no file of the suite is about all of them.
                for (Path each : file != null && files.contains(file) ? List.of(file) : List.copyOf(files)) {
                    wrong.computeIfAbsent(each, key -> new ArrayList<>()).add(item);
                }
            }
            wrong.forEach((file, items) -> errored(file, items.stream()
                    .limit(TOLD)
                    .map(item -> Sources.text(item, HIDDEN))
                    .collect(Collectors.joining("\n"))));
            for (Path left : files(classes, ".class")) {
                Files.delete(left);
            }
            if (wrong.isEmpty()) {
                throw new IllegalStateException("the compiler failed and does not say why");
            }
            files.removeAll(wrong.keySet());
        }
        return byFile();
    }

    /** What was compiled, each class with those inside it; a second class of a file counts as one of its own. */
    private Map<Path, List<String>> byFile() throws IOException {
        Map<Path, List<String>> found = new TreeMap<>();
        for (Path file : files(classes, ".class")) {
            String name = classes.relativize(file).toString().replaceFirst("\\.class$", "");
            int nested = name.indexOf('$', name.lastIndexOf('/') + 2);
            Path source = HIDDEN.resolve((nested < 0 ? name : name.substring(0, nested)) + ".java");
            found.computeIfAbsent(source, key -> new ArrayList<>()).add(name.replace('/', '.'));
        }
        return found;
    }

    private static List<Path> files(Path folder, String ending) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(ending) && Files.isRegularFile(file))
                    .sorted()
                    .toList();
        }
    }
}
