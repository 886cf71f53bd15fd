class Coins {
    private final int held;

    Coins(int held) {
        this.held = held;
    }

    int less(int wanted) throws TooFewCoinsException {
        if (wanted > held) {
            throw new TooFewCoinsException();
        }
        return held - wanted;
    }
}
