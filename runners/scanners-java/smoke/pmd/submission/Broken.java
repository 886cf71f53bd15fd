class Broken { int x = ; }
