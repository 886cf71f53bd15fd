@SuppressWarnings("PMD")
class Bad {
    @\u0053uppressWarnings({"all", "a)", "PMD.UnusedPrivateField"})
    private int unused = 1;

    @java.lang.SuppressWarnings("PMD.UseEqualsToCompareStrings")
    boolean same(String one) {
        try {
            return one == "a"; // NOPMD
        } catch (RuntimeException error) {} // NOPMD
        return false;
    }

    @SuppressWarnings(/* a comment */ "PMD.EmptyCatchBlock")
    int twice(int number) {
        try {
            return number * 2;
        } catch (RuntimeException error) {
        }
        return 0;
    }
}
