public class CalcTest {}
