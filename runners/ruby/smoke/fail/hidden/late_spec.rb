RSpec.describe("late") { it("is not run") { nil } }
raise "after the first test"
