package gradekit;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Our compiler: it runs no annotation processor and no plug-in, and finds sources only where it is told to. */
public final class Sources {
    private Sources() {}

    /** What a compilation came to. */
    public record Outcome(boolean done, List<Diagnostic<? extends JavaFileObject>> diagnostics) {}

    /**
     * Compile files.
     *
     * @param files all sources
     * @param path archives and folders of classes
     * @param target the folder for the classes
     */
    public static Outcome compile(Collection<Path> files, List<Path> path, Path target) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> collector = new DiagnosticCollector<>();
        String classPath = path.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
        // A plug-in on the processor path may start by itself even when processing is off: that path has nothing.
        List<String> options = List.of(
                "-proc:none", "-processorpath", Places.NOTHING.toString(), "-sourcepath", Places.NOTHING.toString(),
                "-implicit:none", "-cp", classPath, "-d", target.toString(), "-encoding", "UTF-8", "-g", "-parameters",
                "-nowarn", "-Xlint:none", "-Xmaxerrs", "1000");
        try (StandardJavaFileManager manager =
                compiler.getStandardFileManager(collector, Locale.ROOT, StandardCharsets.UTF_8)) {
            boolean done = compiler.getTask(
                            null, manager, collector, options, null, manager.getJavaFileObjectsFromPaths(files))
                    .call();
            return new Outcome(
                    done,
                    collector.getDiagnostics().stream()
                            .filter(item -> item.getKind() == Diagnostic.Kind.ERROR)
                            .toList());
        }
    }

    /** A complaint as {@code FILE:LINE: what is wrong}, the file seen from a folder. */
    public static String text(Diagnostic<? extends JavaFileObject> item, Path folder) {
        String message = item.getMessage(Locale.ROOT).strip();
        Path file = file(item);
        return file == null ? message : folder.relativize(file) + ":" + item.getLineNumber() + ": " + message;
    }

    /** The file that a complaint is about; null when it is about none. */
    public static Path file(Diagnostic<? extends JavaFileObject> item) {
        return item.getSource() == null ? null : Path.of(item.getSource().toUri());
    }
}
