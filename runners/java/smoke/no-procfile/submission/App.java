public class App {
    public void main(String[] arguments) {}
}
