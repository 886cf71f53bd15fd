package gradekit.call;

import java.util.List;

/** What the submission threw, as far as it says; an exception of the platform has it as its cause. */
public final class Raised extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final List<String> classes;

    Raised(List<String> classes, String message) {
        super(message);
        this.classes = List.copyOf(classes);
    }

    /** Its class and those above, such as {@code shop.OutOfStock}. */
    public List<String> classes() {
        return classes;
    }

    @Override
    public String toString() {
        return classes.get(0) + ": " + getMessage();
    }
}
