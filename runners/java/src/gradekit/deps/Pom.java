package gradekit.deps;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/** What a submission's pom.xml may say, seen before anything is fetched. */
final class Pom {
    private static final int MAX_DEPENDENCIES = 500;
    private static final Set<String> SCOPES = Set.of("", "compile", "runtime", "provided", "test");
    private static final Set<String> TYPES = Set.of("", "jar");

    private final boolean wantsNothing;
    private final Element project;

    private Pom(boolean wantsNothing, Element project) {
        this.wantsNothing = wantsNothing;
        this.project = project;
    }

    /** What it demands that this Java is not. */
    Optional<String> otherJava() {
        return Demands.ofPom(project);
    }

    /** The elements of a list such as {@code properties}, by name; the last one counts. */
    static Map<String, Element> named(Element parent, String name) {
        Map<String, Element> found = new HashMap<>();
        for (Element list : children(parent, name)) {
            for (Node at = list.getFirstChild(); at != null; at = at.getNextSibling()) {
                if (at instanceof Element element) {
                    found.put(element.getLocalName(), element);
                }
            }
        }
        return found;
    }

    /** Whether it has a parent. */
    static boolean inherits(Element project) {
        return !children(project, "parent").isEmpty();
    }

    /** The plug-ins that compile. */
    static List<Element> compilers(Element project) {
        List<Element> found = new ArrayList<>();
        for (Element build : children(project, "build")) {
            for (Element plugins : children(build, "plugins")) {
                found.addAll(children(plugins, "plugin"));
            }
        }
        found.removeIf(plugin -> !word(plugin, "artifactId").equals("maven-compiler-plugin"));
        return found;
    }

    /** Whether it is clear from the file alone that nothing has to be fetched. */
    boolean wantsNothing() {
        return wantsNothing;
    }

    /**
     * Look through a file.
     *
     * @throws Refused it is no pom.xml, or has something that is not fetched here
     */
    static Pom read(String text) throws Refused, IOException {
        Element project = parsed(text);
        if (!"project".equals(project.getLocalName())) {
            throw new Refused("pom.xml: it begins with <" + project.getLocalName() + ">; <project> was expected");
        }
        if (!children(project, "repositories").isEmpty()) {
            throw new Refused("pom.xml: repositories: packages come from the repository of the grading system only; "
                    + "remove them and name packages that are there");
        }
        if (!children(project, "modules").isEmpty()) {
            throw new Refused("pom.xml: modules: one module was expected; submit it with a pom.xml of its own");
        }
        List<Element> wanted = new ArrayList<>();
        for (Element list : children(project, "dependencies")) {
            wanted.addAll(children(list, "dependency"));
        }
        if (wanted.size() > MAX_DEPENDENCIES) {
            throw new Refused("pom.xml: it wants " + wanted.size() + " packages; at most " + MAX_DEPENDENCIES
                    + " are fetched");
        }
        boolean tests = true;
        for (Element dependency : wanted) {
            check(dependency);
            tests &= word(dependency, "scope").equals("test");
        }
        return new Pom(tests && !inherits(project), project);
    }

    private static void check(Element dependency) throws Refused {
        String place = "pom.xml: " + word(dependency, "groupId") + ":" + word(dependency, "artifactId");
        String scope = word(dependency, "scope");
        if (!SCOPES.contains(scope) || !children(dependency, "systemPath").isEmpty()) {
            throw new Refused(place + ": the scope " + scope + " is not taken; compile, runtime, provided or test was "
                    + "expected; name a package of the repository");
        }
        if (!TYPES.contains(word(dependency, "type"))) {
            throw new Refused(place + ": the type " + word(dependency, "type") + " is not taken; jar was expected");
        }
        String version = word(dependency, "version");
        if (!version.contains("${")) {
            checkVersion(place, version.isEmpty() ? "managed" : version);
        }
    }

    /**
     * See that a version is a fixed one.
     *
     * @throws Refused it is a range, a snapshot or nothing at all
     */
    static void checkVersion(String place, String version) throws Refused {
        String lower = version.toLowerCase(Locale.ROOT);
        boolean floating = lower.startsWith("latest") || lower.equals("release") || lower.endsWith("-snapshot");
        if (floating || !version.matches("[A-Za-z0-9][A-Za-z0-9._+-]*") || version.endsWith("+")) {
            throw new Refused(place + ": the version " + version + " is not taken; a fixed one was expected, no range, "
                    + "snapshot or property without value; write the version that you tested with");
        }
    }

    private static Element parsed(String text) throws Refused, IOException {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newDefaultInstance();
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            factory.setNamespaceAware(true);
            DocumentBuilder builder = factory.newDocumentBuilder();
            builder.setErrorHandler(new DefaultHandler());
            return builder.parse(new InputSource(new StringReader(text))).getDocumentElement();
        } catch (SAXException error) {
            throw new Refused("pom.xml: it is not XML without a DOCTYPE: " + error.getMessage());
        } catch (ParserConfigurationException error) {
            throw new IllegalStateException(error);
        }
    }

    private static List<Element> children(Element parent, String name) {
        List<Element> found = new ArrayList<>();
        for (Node at = parent.getFirstChild(); at != null; at = at.getNextSibling()) {
            if (at instanceof Element element && name.equals(element.getLocalName())) {
                found.add(element);
            }
        }
        return found;
    }

    private static String word(Element parent, String name) {
        List<Element> found = children(parent, name);
        return found.isEmpty() ? "" : found.get(0).getTextContent().strip();
    }
}
