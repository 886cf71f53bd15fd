require "onload"

RSpec.describe("never") { it("runs") { nil } }
