package gradekit.deps;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a build.gradle or build.gradle.kts without running it, as far as that can be done without doubt.
 *
 * <p>It may have one block {@code dependencies}, at the outermost level, with one package a line:
 * {@code implementation "GROUP:NAME:VERSION"}. Anything else in the block is refused, and so is a second block; what
 * stands around it is not looked at.
 */
final class Gradle {
    private static final Pattern COMMENT = Pattern.compile("(?m)^\\s*//.*$|(?s)/\\*.*?\\*/");
    private static final Pattern WORD = Pattern.compile("\\bdependencies\\b");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^dependencies\\s*\\{\\s*\\n(.*?)^\\}\\s*$");
    private static final Pattern LINE = Pattern.compile(
            "(?<kind>[A-Za-z]+)\\s*\\(?\\s*(?<quote>[\"'])(?<group>[A-Za-z0-9._-]+):(?<name>[A-Za-z0-9._-]+)"
                    + ":(?<version>[A-Za-z0-9._+-]+)\\k<quote>\\s*\\)?\\s*;?\\s*(//.*)?");
    private static final Pattern TESTS = Pattern.compile("(test[A-Z][A-Za-z]*)[\\s(].*");
    private static final String HINT = "; packages of a build script are read, it does not run: write each as "
            + "`implementation \"GROUP:NAME:VERSION\"` on a line of one block `dependencies`, or add a pom.xml";

    private Gradle() {}

    /**
     * A pom.xml that wants the same packages.
     *
     * @throws Refused only running the script could tell what it wants
     */
    static String pom(String file, String script) throws Refused {
        String text = COMMENT.matcher(script.replace("\r", "")).replaceAll("");
        StringBuilder wanted = new StringBuilder();
        Matcher block = BLOCK.matcher(text);
        int blocks = 0;
        while (block.find()) {
            blocks++;
            for (String line : block.group(1).split("\n")) {
                wanted.append(dependency(file, line.strip()));
            }
        }
        if (WORD.matcher(text).results().count() != blocks || blocks > 1) {
            throw new Refused(file + ": its dependencies are not one plain block" + HINT);
        }
        return "<project><modelVersion>4.0.0</modelVersion><groupId>submission</groupId>"
                + "<artifactId>submission</artifactId><version>1</version><dependencies>" + wanted
                + "</dependencies></project>";
    }

    private static String dependency(String file, String line) throws Refused {
        if (line.isEmpty() || TESTS.matcher(line).matches()) {
            return "";
        }
        Matcher parts = LINE.matcher(line);
        if (!parts.matches()) {
            throw new Refused(file + ": " + line.substring(0, Math.min(line.length(), 120)) + HINT);
        }
        String scope = switch (parts.group("kind")) {
            case "implementation", "api" -> "compile";
            case "compileOnly" -> "provided";
            case "runtimeOnly" -> "runtime";
            default -> throw new Refused(file + ": " + parts.group("kind")
                    + ": implementation, api, compileOnly or runtimeOnly was expected" + HINT);
        };
        Pom.checkVersion(file + ": " + parts.group("group") + ":" + parts.group("name"), parts.group("version"));
        return "<dependency><groupId>" + parts.group("group") + "</groupId><artifactId>" + parts.group("name")
                + "</artifactId><version>" + parts.group("version") + "</version><scope>" + scope
                + "</scope></dependency>";
    }
}
