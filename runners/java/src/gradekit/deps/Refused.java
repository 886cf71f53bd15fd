package gradekit.deps;

/** Something in the submission's file that is not fetched here; the message is for the candidate. */
final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    Refused(String message) {
        super(message);
    }
}
