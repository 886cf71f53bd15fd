public class TooFewCoinsException extends Exception {}
