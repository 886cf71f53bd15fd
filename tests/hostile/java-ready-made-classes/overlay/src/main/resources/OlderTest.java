public class OlderTest {}
