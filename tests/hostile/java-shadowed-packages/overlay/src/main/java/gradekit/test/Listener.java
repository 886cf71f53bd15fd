package gradekit.test;

final class Listener {}
