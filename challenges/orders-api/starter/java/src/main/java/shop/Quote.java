package shop;

/** Reads an order as JSON from stdin and prints its quote (section 3 of the brief). */
public final class Quote {
    private Quote() {}

    public static void main(String... arguments) {
        throw new UnsupportedOperationException("not written yet");
    }
}
