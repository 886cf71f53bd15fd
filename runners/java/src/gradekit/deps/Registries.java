package gradekit.deps;

import gradekit.Json;
import java.util.Map;

/** Says where packages come from; a Maven repository has its files where it has all else. */
public final class Registries {
    private Registries() {}

    /** Without an argument the index, with {@code files} the place of its files. */
    public static void main(String[] arguments) {
        String kind = arguments.length > 0 ? "files" : "index";
        System.out.println(Json.text(Map.of(kind, Mirror.ofSettings().given())));
    }
}
