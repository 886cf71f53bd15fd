require "app"

RSpec.describe "leaves" do
  it("before") { nil }
  it("then") { leave_politely }
  it("after") { nil }
end
