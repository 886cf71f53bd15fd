public class Purse {
    public int take(int held, int wanted) throws TooFewCoinsException {
        if (wanted > held) {
            throw new TooFewCoinsException();
        }
        return held - wanted;
    }
}
