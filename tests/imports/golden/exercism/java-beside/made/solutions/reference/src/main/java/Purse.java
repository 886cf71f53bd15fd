public class Purse {
    public int take(int held, int wanted) throws TooFewCoinsException {
        return new Coins(held).less(wanted);
    }
}
