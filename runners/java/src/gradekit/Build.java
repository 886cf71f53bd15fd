package gradekit;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Compiles the submission in /work to /build/classes, beside it the files of src/main/resources.
 *
 * <p>Sources are in src/main/java or, where there is no such folder, anywhere but in folders of tests and of what
 * build tools leave. No build tool of the submission runs. Exit 1: it does not compile; why is on stderr.
 */
public final class Build {
    private static final Path WORK = Path.of("/work");
    private static final Set<String> PASSED_OVER = Set.of("test", "tests", "target", "build", "out", "bin");
    private static final int TOLD = 50;

    private Build() {}

    /** Compile. */
    public static void main(String[] arguments) throws IOException {
        System.exit(run());
    }

    private static int run() throws IOException {
        Path main = WORK.resolve("src/main/java");
        List<Path> sources = Files.isDirectory(main) ? sources(main, Set.of()) : sources(WORK, PASSED_OVER);
        if (sources.isEmpty()) {
            System.err.println("submission: there is no source; .java files in src/main/java or beside were expected");
            return 1;
        }
        Files.createDirectories(Places.CLASSES);
        Sources.Outcome outcome = Sources.compile(sources, Places.libraries(), Places.CLASSES);
        outcome.diagnostics().stream().limit(TOLD).map(item -> Sources.text(item, WORK)).forEach(System.err::println);
        if (!outcome.done()) {
            return 1;
        }
        List<String> classes = classes();
        List<String> taken = classes.stream().filter(Reserved::isClass).toList();
        if (!taken.isEmpty()) {
            System.err.println(taken.get(0) + ": its package is one of the test framework or of the platform; "
                    + "a package of your own was expected; rename it");
            return 1;
        }
        Path resources = WORK.resolve("src/main/resources");
        if (Files.isDirectory(resources)) {
            copy(resources);
        }
        Files.write(Places.MAINS, mains(classes));
        return 0;
    }

    /** Files ending in .java, sorted; no descriptor of a module, since all stands on one class path. */
    private static List<Path> sources(Path folder, Set<String> passedOver) throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path inner, BasicFileAttributes attributes) {
                String name = inner.getFileName().toString();
                boolean skipped = !inner.equals(folder) && (passedOver.contains(name) || name.startsWith("."));
                return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                String name = file.getFileName().toString();
                if (attributes.isRegularFile() && name.endsWith(".java") && !name.equals("module-info.java")) {
                    found.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        found.sort(null);
        return found;
    }

    private static void copy(Path from) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = Places.CLASSES.resolve(from.relativize(file).toString());
                // A class that comes ready-made would not be what the sources say.
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && !file.toString().endsWith(".class")) {
                    Files.createDirectories(target.getParent());
                    Files.copy(file, target);
                }
            }
        }
    }

    private static List<String> classes() throws IOException {
        try (Stream<Path> files = Files.walk(Places.CLASSES)) {
            return files.map(file -> Places.CLASSES.relativize(file).toString())
                    .filter(name -> name.endsWith(".class"))
                    .map(name -> name.substring(0, name.length() - ".class".length()).replace('/', '.'))
                    .sorted()
                    .toList();
        }
    }

    /** The classes that can be started; they are looked at, nothing of theirs runs. */
    private static List<String> mains(List<String> classes) throws IOException {
        List<String> found = new ArrayList<>();
        try (Loader loader = new Loader(Places.submission())) {
            for (String name : classes) {
                try {
                    Method main = Class.forName(name, false, loader).getMethod("main", String[].class);
                    if (Modifier.isStatic(main.getModifiers())) {
                        found.add(name);
                    }
                } catch (ReflectiveOperationException | LinkageError error) {
                    // It cannot be started, which is nothing to tell.
                }
            }
        }
        return found;
    }
}
