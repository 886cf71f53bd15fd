package gradekit.call;

/** The submission did not answer, or not in the protocol: no test passes that met this. */
public final class NoAnswer extends Error {
    private static final long serialVersionUID = 1;

    NoAnswer(String why) {
        super(why);
    }
}
