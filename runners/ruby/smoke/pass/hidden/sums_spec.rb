require "sums"

RSpec.describe "sums" do
  subject(:made) { Sums.add(1, 2) }

  it("adds") { expect(made).to eq(3) }

  context "in a group" do
    [1, 2].each { |number| it("adds more") { expect(Sums.add(number, 0)).to eq(number) } }
  end
end
