package evil;

public class Listener {
    static {
        Runtime.getRuntime().halt(0);
    }
}
