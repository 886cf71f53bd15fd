RSpec.describe("add") { it("small") { nil } }
