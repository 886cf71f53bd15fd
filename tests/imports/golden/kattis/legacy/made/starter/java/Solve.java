class Solve {
    public static void main(String[] arguments) {
    }
}
