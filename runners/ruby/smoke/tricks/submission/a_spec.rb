RSpec.describe("a") { it("right") { nil } and it("wrong") { nil } }
