require "calc"

RSpec.describe "add" do
  it("small") { expect(add(2, 3)).to eq(5) }
  it("negative") { expect(add(-7, 3)).to be(-4) }
end
