public class Names {
    public static String greet(String name) {
        return "¡Hola, " + name + "!";
    }

    public static int größe(String name) {
        return name.codePointCount(0, name.length());
    }
}
