package gradekit.deps;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.text.ParseException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.ivy.Ivy;
import org.apache.ivy.core.LogOptions;
import org.apache.ivy.core.module.descriptor.Artifact;
import org.apache.ivy.core.module.descriptor.DependencyDescriptor;
import org.apache.ivy.core.module.descriptor.ModuleDescriptor;
import org.apache.ivy.core.module.id.ModuleRevisionId;
import org.apache.ivy.core.report.ArtifactDownloadReport;
import org.apache.ivy.core.report.ResolveReport;
import org.apache.ivy.core.resolve.ResolveOptions;
import org.apache.ivy.core.settings.IvySettings;
import org.apache.ivy.plugins.parser.m2.PomModuleDescriptorParser;
import org.apache.ivy.plugins.resolver.IBiblioResolver;
import org.apache.ivy.util.AbstractMessageLogger;
import org.apache.ivy.util.Message;

/**
 * Fetches the packages that /in/pom.xml, else /in/build.gradle or build.gradle.kts, names, as archives in /out/lib.
 *
 * <p>Ivy reads the files of Maven; no plug-in and no build tool runs. Exit 2: the file is refused or cannot be met;
 * exit 3: no package can be had; exit 4: another Java is demanded.
 */
public final class Deps {
    private static final Path IN = Path.of("/in");
    private static final Path OUT = Path.of("/out");
    private static final int MAX_BYTES = 256 << 10;
    private static final int MAX_TOLD = 4_000;
    private static final String[] CONFIGURATIONS = {"compile", "runtime", "provided", "optional"};

    private Deps() {}

    /** Fetch. */
    public static void main(String[] arguments) throws IOException, GeneralSecurityException {
        System.exit(run());
    }

    private static int run() throws IOException, GeneralSecurityException {
        String text;
        String source = "pom.xml";
        note();
        try {
            text = read(source);
            Optional<String> other = Optional.empty();
            for (String script : List.of("build.gradle", "build.gradle.kts")) {
                if (text == null && Files.exists(IN.resolve(script))) {
                    source = script;
                    other = Demands.ofScript(script, read(script));
                    text = Gradle.pom(script, read(script));
                }
            }
            if (text == null) {
                return 0;
            }
            Pom pom = Pom.read(text);
            other = other.or(pom::otherJava);
            if (other.isPresent()) {
                System.err.println(other.get());
                return 4;
            }
            if (pom.wantsNothing()) {
                return 0;
            }
        } catch (Refused refused) {
            System.err.println(refused.getMessage());
            return 2;
        }
        Mirror mirror = Mirror.ofSettings();
        mirror.prepare();
        Path scratch = Files.createTempDirectory(OUT, ".scratch-");
        Told told = new Told();
        String problem;
        try {
            problem = fetch(text, mirror, scratch, told);
        } catch (Refused refused) {
            problem = refused.getMessage();
        } finally {
            remove(scratch);
        }
        if (problem == null) {
            return 0;
        }
        String complaint = mirror.complaint();
        if (complaint != null) {
            System.err.println("the package repository cannot be reached: " + complaint);
            return 3;
        }
        String all = source + ": its packages cannot be fetched:\n" + problem + "\n" + told;
        System.err.println(all.substring(0, Math.min(all.length(), MAX_TOLD)));
        return 2;
    }

    private static void note() throws IOException {
        try {
            String text = read(".java-version");
            // The sentence has no character that JSON would want to be escaped.
            Demands.hint(text == null ? "" : text).ifPresent(note -> System.out.println("{\"note\": \"" + note + "\"}"));
        } catch (Refused ignored) {
            // A hint that cannot be read is none.
            return;
        }
    }

    private static String read(String name) throws Refused, IOException {
        Path file = IN.resolve(name);
        if (!Files.exists(file)) {
            return null;
        }
        if (Files.size(file) > MAX_BYTES) {
            throw new Refused(name + ": it is larger than " + (MAX_BYTES >> 10) + " KiB");
        }
        try {
            byte[] data = Files.readAllBytes(file);
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(data)).toString().replaceFirst("^\ufeff", "");
        } catch (CharacterCodingException error) {
            throw new Refused(name + ": it is not UTF-8");
        }
    }

    /** Let Ivy resolve and fetch; what went wrong, or null. */
    private static String fetch(String pom, Mirror mirror, Path scratch, Told told) throws IOException, Refused {
        Path file = Files.writeString(scratch.resolve("pom.xml"), pom);
        Ivy ivy = Ivy.newInstance(settings(mirror, scratch));
        ivy.pushContext();
        ivy.getLoggerEngine().setDefaultLogger(told);
        Message.setDefaultLogger(told);
        ResolveReport report;
        try {
            ModuleDescriptor wanted = PomModuleDescriptorParser.getInstance()
                    .parseDescriptor(ivy.getSettings(), file.toUri().toURL(), false);
            for (DependencyDescriptor each : wanted.getDependencies()) {
                ModuleRevisionId id = each.getDependencyRevisionId();
                if (!Arrays.asList(each.getModuleConfigurations()).equals(List.of("test"))) {
                    Pom.checkVersion("pom.xml: " + id.getOrganisation() + ":" + id.getName(), String.valueOf(id.getRevision()));
                }
            }
            Set<String> known = new TreeSet<>(Arrays.asList(wanted.getConfigurationsNames()));
            ResolveOptions options = new ResolveOptions();
            options.setConfs(Stream.of(CONFIGURATIONS).filter(known::contains).toArray(String[]::new));
            options.setOutputReport(false);
            options.setLog(LogOptions.LOG_QUIET);
            report = ivy.resolve(wanted, options);
        } catch (ParseException | RuntimeException error) {
            return String.valueOf(error.getMessage());
        }
        if (report.hasError()) {
            return String.join("\n", report.getAllProblemMessages());
        }
        Path target = Files.createDirectories(OUT.resolve("lib"));
        for (ArtifactDownloadReport each : report.getAllArtifactsReports()) {
            if (each.getLocalFile() != null && each.getArtifact().getExt().equals("jar")) {
                Path archive = target.resolve(name(each.getArtifact()));
                if (Files.exists(archive)) {
                    throw new Refused("two packages want to be " + archive.getFileName());
                }
                Files.copy(each.getLocalFile().toPath(), archive);
            }
        }
        return null;
    }

    private static IvySettings settings(Mirror mirror, Path scratch) {
        IvySettings settings = new IvySettings();
        settings.setBaseDir(scratch.toFile());
        settings.setDefaultIvyUserDir(scratch.resolve("user").toFile());
        settings.setDefaultCache(scratch.resolve("cache").toFile());
        settings.setVariable("ivy.maven.lookup.sources", "false");
        settings.setVariable("ivy.maven.lookup.javadoc", "false");
        IBiblioResolver resolver = new IBiblioResolver();
        resolver.setName("repository");
        resolver.setM2compatible(true);
        resolver.setUseMavenMetadata(false);
        resolver.setChecksums("sha1");
        resolver.setRoot(mirror.address());
        settings.addResolver(resolver);
        settings.setDefaultResolver("repository");
        return settings;
    }

    /** The name of an archive, from parts that are no path. */
    private static String name(Artifact artifact) throws Refused {
        ModuleRevisionId id = artifact.getModuleRevisionId();
        String classifier = artifact.getExtraAttribute("classifier");
        String name = Stream.of(id.getOrganisation(), artifact.getName(), id.getRevision(), classifier == null ? "" : classifier)
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining("-"));
        if (!name.matches("[A-Za-z0-9_][A-Za-z0-9._+-]*")) {
            throw new Refused("the package " + name + " has a name that is none");
        }
        return name + ".jar";
    }

    private static void remove(Path folder) throws IOException {
        List<Path> all;
        try (Stream<Path> files = Files.walk(folder)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : all) {
            Files.delete(path);
        }
    }

    /** Keeps what Ivy warns of. */
    private static final class Told extends AbstractMessageLogger {
        private final StringBuilder text = new StringBuilder();

        @Override
        public void log(String message, int level) {
            if (level <= Message.MSG_WARN && text.length() < MAX_TOLD) {
                text.append(message).append('\n');
            }
        }

        @Override
        public void rawlog(String message, int level) {
            log(message, level);
        }

        @Override
        protected void doProgress() {}

        @Override
        protected void doEndProgress(String message) {}

        @Override
        public String toString() {
            return text.toString();
        }
    }
}
