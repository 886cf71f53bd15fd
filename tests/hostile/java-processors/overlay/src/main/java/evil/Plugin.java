package evil;

import com.sun.source.util.JavacTask;

public class Plugin implements com.sun.source.util.Plugin {
    static {
        System.err.println("BREACH: a plug-in of the compiler was run");
        Runtime.getRuntime().halt(0);
    }

    @Override
    public String getName() {
        return "evil";
    }

    @Override
    public boolean autoStart() {
        return true;
    }

    @Override
    public void init(JavacTask task, String... arguments) {}
}
