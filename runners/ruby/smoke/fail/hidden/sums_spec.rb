require "sums"

describe "sums" do
  it("small") { expect(Sums.add(1, 2)).to eq(3) }
  it("right") { expect(Sums.add(1, 2)).to eq(4) }
  it("missing") { Sums.absent }
  it("raises") { expect { Sums.add(1, 2) }.to raise_error(ArgumentError) }
  xit("skipped") { raise "broken" }
  it("leaves") { raise RSpec::Core::Pending::SkipDeclaredInExample, "not now" }
  it("without a block")
  it("skips itself") { skip("not now") }
  it("fails as expected") do
    pending("to be done")
    raise "broken"
  end
  it("passes unexpectedly") { pending("to be done") }
  it("called as promised") { expect(Sums).to receive(:add) }
end

describe "before all" do
  before(:all) { raise "broken" }
  it("one") { nil }
end

describe "before each" do
  before { raise "broken" }
  it("one") { nil }
end

describe "after each" do
  after { raise "broken" }
  it("one") { nil }
end

describe "after all" do
  after(:all) { raise "broken" }
  it("one") { nil }
end
