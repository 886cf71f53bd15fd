require "app"

RSpec.describe("total") { it("adds") { expect(total([1, 2])).to eq(3) } }
