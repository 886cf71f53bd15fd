require "slow"

RSpec.describe "slow" do
  it("quick") { quick }
  it("forever") { forever }
end
