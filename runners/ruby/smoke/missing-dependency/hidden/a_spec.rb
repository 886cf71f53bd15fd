require "frobnicate"

RSpec.describe("never") { it("runs") { nil } }
