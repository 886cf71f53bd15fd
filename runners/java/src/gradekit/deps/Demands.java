package gradekit.deps;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.w3c.dom.Element;

/** Which Java a submission wants: what the compiler refuses, and what merely hints at another one. */
final class Demands {
    private static final Pattern REFERENCE = Pattern.compile("\\$\\{([^{}]{1,100})}");
    private static final Pattern NUMBER = Pattern.compile("(?:1\\.)?([0-9]{1,3})(?:\\.[0-9.]{1,20})?");
    private static final Pattern SCRIPT = Pattern.compile("\\b(?:JavaLanguageVersion\\.of\\(|jvmToolchain\\(|"
            + "(?:sourceCompatibility|targetCompatibility|options\\.release(?:\\.set)?)\\s*+[=(]?\\s*+)"
            + "(?:JavaVersion\\.VERSION_|[\"'])?(?:1[._])?([0-9]{1,3})\\b");
    private static final Pattern COMMENT = Pattern.compile("//[^\n]*|(?s)/\\*.*?\\*/");
    private static final int MOST_REFERENCES = 5;

    private Demands() {}

    /** What a pom.xml demands that this Java is not: by the compiler's settings, else by properties. */
    static Optional<String> ofPom(Element project) {
        Map<String, Element> properties = Pom.named(project, "properties");
        for (Element plugin : Pom.compilers(project)) {
            Map<String, Element> settings = Pom.named(plugin, "configuration");
            Optional<String> found =
                    ofCompiler(name -> number(settings.get(name), properties), name -> name + " of the compiler");
            if (found != null) {
                return found;
            }
        }
        Optional<String> found =
                ofCompiler(name -> number(properties.get("maven.compiler." + name), properties), "maven.compiler."::concat);
        if (found != null) {
            return found;
        }
        // Maven itself knows no such property: the usual parents make the compiler's setting of it.
        boolean inherits = Pom.inherits(project);
        return inherits ? decided("java.version", number(properties.get("java.version"), properties)) : Optional.empty();
    }

    /** What release, else source and target say; null when they say nothing. */
    private static Optional<String> ofCompiler(Function<String, Integer> setting, UnaryOperator<String> place) {
        Integer release = setting.apply("release");
        if (release != null) {
            return decided(place.apply("release"), release);
        }
        Integer source = setting.apply("source");
        Integer target = setting.apply("target");
        if (source == null && target == null) {
            return null;
        }
        return decided(place.apply("source"), source).or(() -> decided(place.apply("target"), target));
    }

    private static Optional<String> decided(String place, Integer feature) {
        return isLater(feature) ? Optional.of(refused("pom.xml: " + place, feature)) : Optional.empty();
    }

    /** What a build script demands that this Java is not, as far as it stands there in plain words. */
    static Optional<String> ofScript(String file, String text) {
        Matcher found = SCRIPT.matcher(COMMENT.matcher(text).replaceAll(""));
        while (found.find()) {
            if (isLater(Integer.valueOf(found.group(1)))) {
                return Optional.of(refused(file, Integer.valueOf(found.group(1))));
            }
        }
        return Optional.empty();
    }

    /** A note, when .java-version has another number. */
    static Optional<String> hint(String text) {
        Matcher found = NUMBER.matcher(text.strip());
        Integer feature = found.matches() ? Integer.valueOf(found.group(1)) : null;
        boolean same = feature == null || feature == Runtime.version().feature();
        return same ? Optional.empty() : Optional.of(another(".java-version", feature, "it was run all the same"));
    }

    /** The version that an element says, by way of properties; null when it says none. */
    private static Integer number(Element value, Map<String, Element> properties) {
        String text = value == null ? "" : value.getTextContent().strip();
        for (int times = 0; times < MOST_REFERENCES; times++) {
            Matcher reference = REFERENCE.matcher(text);
            Element meant = reference.matches() ? properties.get(reference.group(1)) : null;
            text = meant == null ? text : meant.getTextContent().strip();
        }
        Matcher number = NUMBER.matcher(text);
        return number.matches() ? Integer.valueOf(number.group(1)) : null;
    }

    private static boolean isLater(Integer feature) {
        return feature != null && feature > Runtime.version().feature();
    }

    private static String refused(String place, Integer version) {
        return another(place, version, "javac refuses to compile for a later one");
    }

    private static String another(String place, Integer version, String what) {
        return place + ": wants Java " + version + "; this runner has " + Runtime.version().feature() + "; " + what;
    }
}
