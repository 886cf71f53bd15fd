package gradekit.call;

/** A request that cannot be met here; the message says why. */
final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    Refused(String why) {
        super(why, null, false, false);
    }
}
