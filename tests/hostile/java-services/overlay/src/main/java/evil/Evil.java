package evil;

/** Whoever loads this class as a service lets it end the run. */
public class Evil {
    static {
        System.err.println("BREACH: a service of the submission was loaded");
        Runtime.getRuntime().halt(0);
    }
}
