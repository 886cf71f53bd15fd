class Fixtures {
    static App app() {
        return new App();
    }
}
