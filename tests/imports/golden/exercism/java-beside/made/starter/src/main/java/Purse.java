public class Purse {
    public int take(int held, int wanted) throws TooFewCoinsException {
        throw new UnsupportedOperationException("take is yours to write");
    }
}
