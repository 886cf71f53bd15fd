package gradekit;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Where things are in the image, and what the submission's class path is. */
public final class Places {
    /** What {@code build} leaves. */
    public static final Path CLASSES = Path.of("/build/classes");
    /** The classes with a {@code main}, one name a line. */
    public static final Path MAINS = Path.of("/build/mains");
    /** Fetched packages. */
    public static final Path PACKAGES = Path.of("/opt/deps/lib");
    /** Libraries that a submission may use without fetching them. */
    public static final Path EXTRAS = Path.of("/opt/gradekit/extras");
    /** A folder with nothing in it. */
    public static final Path NOTHING = Path.of("/opt/gradekit/nothing");

    private Places() {}

    /** The submission's classes, its packages and the image's extras, in this order. */
    public static List<Path> submission() throws IOException {
        List<Path> found = new ArrayList<>(List.of(CLASSES));
        found.addAll(libraries());
        return found;
    }

    /** The submission's packages and the image's extras, in this order. */
    public static List<Path> libraries() throws IOException {
        List<Path> found = new ArrayList<>(jars(PACKAGES));
        found.addAll(jars(EXTRAS));
        return found;
    }

    /** The archives of a folder by name; none where there is no such folder. */
    public static List<Path> jars(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
        }
    }

    /** The trusted archives that this program runs on. */
    public static List<Path> trusted() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)).map(Path::of).toList();
    }
}
